#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <string>
#include <vector>

#include "cli/program.h"

// What a user does wrong, and what the records can have wrong: the exit status, a message that names the place and the
// next step, nothing left behind, and never a value of a row.
namespace rift::test {
namespace {

using testing::HasSubstr;
using testing::Not;

constexpr const char* kSecret = "Zanzibar4711";  // stands in rows; must never stand in a message

class BadInput : public testing::Test {
 protected:
  std::string file(const std::string& name, const std::string& text) {
    write_plainly(folder_.path() / name, text);
    return (folder_.path() / name).string();
  }
  /// 60 rows of two columns and a label.
  static std::string rows() {
    std::string text = "income,purpose,bad\n";
    for (int i = 0; i < 60; ++i)
      text += std::to_string(1000 + 37 * (i * 7 % 60)) + "," + (i % 3 == 0 ? "car" : kSecret) + "," +
              (i % 4 == 0 ? "1" : "0") + "\n";
    return text;
  }
  static std::string run_yaml(const std::string& source, const std::string& label = "bad") {
    return "task: binary\ndata: {source: " + source + ", label: " + label +
           ", columns: {income: number, purpose: category}}\nsplit: {kind: stratified}\ncompare: {models: "
           "[scorecard]}\n";
  }
  ProgramRun compare(const std::string& run_file, const std::vector<std::string>& more = {}) {
    std::vector<std::string> arguments = {"compare", run_file, "--out", out().string()};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return run_program(arguments);
  }
  std::filesystem::path out() const { return folder_.path() / "out"; }
  void expect_nothing_published() const { EXPECT_FALSE(std::filesystem::exists(out() / "compare.json")); }

  TempDirectory folder_;
};

TEST_F(BadInput, GoodRowsPass) {
  file("rows.csv", rows());
  const ProgramRun run = compare(file("run.yaml", run_yaml("rows.csv")));
  ASSERT_EQ(run.status, 0) << run.err;
  EXPECT_TRUE(std::filesystem::exists(out() / "compare.json"));
  EXPECT_TRUE(std::filesystem::exists(out() / "report.html"));
}

TEST_F(BadInput, MissingConfigurationIsNamed) {
  const ProgramRun run = compare("no/such/run.yaml");
  EXPECT_EQ(run.status, 4);
  EXPECT_THAT(run.err, HasSubstr("no/such/run.yaml"));
}

TEST_F(BadInput, UnknownKeyNamesLineAndNearest) {
  const ProgramRun run = compare(file("run.yaml", "task: binary\noptim:\n  lern_rate: 1\n"));
  EXPECT_EQ(run.status, 2);
  EXPECT_THAT(run.err, HasSubstr("run.yaml:3"));
  EXPECT_THAT(run.err, HasSubstr("lern_rate"));
}

TEST_F(BadInput, SetOfAnUnknownKeyIsNamed) {
  file("rows.csv", rows());
  const ProgramRun run = compare(file("run.yaml", run_yaml("rows.csv")), {"--set", "optim.lrr=1"});
  EXPECT_EQ(run.status, 2);
  EXPECT_THAT(run.err, HasSubstr("lr"));
}

TEST_F(BadInput, MissingDataFileIsNamed) {
  const ProgramRun run = compare(file("run.yaml", run_yaml("gone.csv")));
  EXPECT_EQ(run.status, 4);
  EXPECT_THAT(run.err, HasSubstr("gone.csv"));
  expect_nothing_published();
}

TEST_F(BadInput, WrongLabelColumnNamesTheNearest) {
  file("rows.csv", rows());
  const ProgramRun run = compare(file("run.yaml", run_yaml("rows.csv", "bda")));
  EXPECT_EQ(run.status, 2);
  EXPECT_THAT(run.err, HasSubstr("bda"));
  EXPECT_THAT(run.err, HasSubstr("bad"));
  EXPECT_THAT(run.err, Not(HasSubstr(kSecret)));
}

TEST_F(BadInput, LabelWithThreeValuesInABinaryTask) {
  std::string text = rows();
  text += "1000,car,2\n1001,car,2\n";
  file("rows.csv", text);
  const ProgramRun run = compare(file("run.yaml", run_yaml("rows.csv")));
  EXPECT_EQ(run.status, 3);
  EXPECT_THAT(run.err, HasSubstr("multiclass"));
  EXPECT_THAT(run.err, Not(HasSubstr(kSecret)));
  expect_nothing_published();
}

TEST_F(BadInput, EmptyFileAndHeaderAlone) {
  file("rows.csv", "");
  EXPECT_EQ(compare(file("run.yaml", run_yaml("rows.csv"))).status, 3);
  file("rows.csv", "income,purpose,bad\n");
  const ProgramRun run = compare(file("run.yaml", run_yaml("rows.csv")));
  EXPECT_EQ(run.status, 3);
  EXPECT_THAT(run.err, HasSubstr("no rows"));
}

TEST_F(BadInput, BrokenLineIsNamedByItsNumber) {
  std::string text = rows();
  text += std::string(kSecret) + ",a,b,c,d,e,1\n";
  file("rows.csv", text);
  const ProgramRun run = compare(file("run.yaml", run_yaml("rows.csv")));
  EXPECT_EQ(run.status, 3);
  EXPECT_THAT(run.err, HasSubstr("62"));
  EXPECT_THAT(run.err, Not(HasSubstr(kSecret)));
}

TEST_F(BadInput, TextInANumberColumnIsNamedByRowAndColumn) {
  std::string text = rows();
  text += std::string(kSecret) + ",car,1\n";
  file("rows.csv", text);
  const ProgramRun run = compare(file("run.yaml", run_yaml("rows.csv")));
  EXPECT_EQ(run.status, 3);
  EXPECT_THAT(run.err, HasSubstr("income"));
  EXPECT_THAT(run.err, Not(HasSubstr(kSecret)));
}

TEST_F(BadInput, OneClassOnlyIsSaid) {
  file("rows.csv", "income,purpose,bad\n1,car,0\n2,car,0\n3,car,0\n4,car,0\n5,car,0\n");
  const ProgramRun run = compare(file("run.yaml", run_yaml("rows.csv")));
  EXPECT_EQ(run.status, 3);
  expect_nothing_published();
}

TEST_F(BadInput, OutputThatCannotBeWrittenIsFoundBeforeTheWork) {
  file("rows.csv", rows());
  const std::string run_file = file("run.yaml", run_yaml("rows.csv"));
  const ProgramRun run = run_program({"compare", run_file, "--out", "/proc/rift-cannot-write-here"});
  EXPECT_EQ(run.status, 6);
  EXPECT_THAT(run.err, HasSubstr("/proc/rift-cannot-write-here"));
}

TEST_F(BadInput, EveryVerbThatWritesNamesThePlaceItCannotWriteTo) {
  const std::string data = file("rows.csv", rows());
  const std::string run_file = file("run.yaml", run_yaml("rows.csv"));
  ASSERT_EQ(compare(run_file).status, 0);
  const std::string package = (out() / "models" / "scorecard" / "package").string();
  const std::string blocked = file("a_file", "no folder") + "/below";
  for (const std::string& place : {blocked, std::string("/proc/rift-cannot-write-here")}) {
    const std::vector<std::vector<std::string>> commands = {
        {"init", data, "--label", "bad", "--out", place},
        {"compare", run_file, "--out", place},
        {"train", run_file, "--out", place},
        {"report", out().string(), "--out", place},
        {"score", package, data, "--out", place + ".csv"},
        {"score", package, data, "--out", (folder_.path() / "scores.csv").string(), "--rejects", place + ".csv"}};
    for (const auto& command : commands) {
      const ProgramRun run = run_program(command);
      EXPECT_EQ(run.status, 6) << command[0] << " " << place << run.err;
      EXPECT_THAT(run.err, HasSubstr(place == blocked ? "a_file" : place)) << command[0];
    }
  }
  EXPECT_EQ(text_of(folder_.path() / "a_file"), "no folder");
}

TEST_F(BadInput, AFileWhereAFolderIsNeededIsNamed) {
  file("rows.csv", rows());
  std::filesystem::create_directories(out());
  file("out/models", "no folder");
  const ProgramRun run = compare(file("run.yaml", run_yaml("rows.csv")));
  EXPECT_EQ(run.status, 6);
  EXPECT_THAT(run.err, HasSubstr((out() / "models").string()));
  EXPECT_THAT(run.err, Not(HasSubstr("filesystem error")));
  expect_nothing_published();
}

TEST_F(BadInput, FullDiskLeavesNothing) {
  file("rows.csv", rows());
  const std::string run_file = file("run.yaml", run_yaml("rows.csv"));
  const ProgramRun run = run_program({"compare", run_file, "--out", out().string()}, {.file_bytes = 2048});
  EXPECT_EQ(run.status, 6) << run.err;
  expect_nothing_published();
  EXPECT_FALSE(std::filesystem::exists(out() / "models" / "scorecard" / "package"));
}

TEST_F(BadInput, InitRefusesToReplaceAFile) {
  const std::string data = file("rows.csv", rows());
  const std::string run_file = file("run.yaml", "task: binary\n");
  const ProgramRun run = run_program({"init", data, "--label", "bad", "--out", run_file});
  EXPECT_EQ(run.status, 2);
  EXPECT_THAT(run.err, HasSubstr("--force"));
  EXPECT_EQ(text_of(run_file), "task: binary\n");
}

TEST_F(BadInput, InitOnAMissingColumnNamesIt) {
  const std::string data = file("rows.csv", rows());
  const ProgramRun run = run_program({"init", data, "--label", "bed", "--out", (folder_.path() / "run.yaml").string()});
  EXPECT_EQ(run.status, 2);
  EXPECT_THAT(run.err, HasSubstr("'bad'"));
}

TEST_F(BadInput, ModelDirectoryWithoutAModel) {
  const ProgramRun run = run_program({"models", "inspect", folder_.path().string()});
  EXPECT_EQ(run.status, 4);
  EXPECT_THAT(run.err, HasSubstr("config.json"));
}

}  // namespace
}  // namespace rift::test
