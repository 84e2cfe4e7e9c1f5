#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <string>

#include "cli/program.h"

namespace rift::test {
namespace {

using testing::HasSubstr;
using testing::Not;

constexpr const char* kSecret = "Zanzibar4711";

/// A scorecard's package of 60 made-up rows, made once.
class BadPackage : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    folder_ = new TempDirectory;
    std::string text = "income,purpose,bad\n";
    for (int i = 0; i < 60; ++i)
      text += std::to_string(1000 + 37 * (i * 7 % 60)) + "," + (i % 3 == 0 ? "car" : kSecret) + "," +
              (i % 4 == 0 ? "1" : "0") + "\n";
    write_plainly(folder_->path() / "rows.csv", text);
    write_plainly(folder_->path() / "run.yaml",
                  "data: {source: rows.csv, label: bad, columns: {income: number, purpose: category}}\n"
                  "compare: {models: [scorecard]}\n");
    const ProgramRun run =
        run_program({"compare", (folder_->path() / "run.yaml").string(), "--out", (folder_->path() / "run").string()});
    ASSERT_EQ(run.status, 0) << run.err;
  }
  static void TearDownTestSuite() {
    delete folder_;
    folder_ = nullptr;
  }

  void SetUp() override {
    std::filesystem::copy(folder_->path() / "run/models/scorecard/package", package(),
                          std::filesystem::copy_options::recursive);
  }
  void TearDown() override { std::filesystem::remove_all(package()); }

  static std::filesystem::path package() { return folder_->path() / "package"; }
  static std::filesystem::path scores() { return folder_->path() / "scores.csv"; }
  static ProgramRun score(const std::string& data, const ProgramLimits& limits = {}) {
    std::filesystem::remove(scores());
    return run_program({"score", package().string(), data, "--out", scores().string()}, limits);
  }
  static std::string rows() { return (folder_->path() / "rows.csv").string(); }

  static TempDirectory* folder_;
};
TempDirectory* BadPackage::folder_ = nullptr;

TEST_F(BadPackage, AsPublishedItScores) {
  const ProgramRun run = score(rows());
  ASSERT_EQ(run.status, 0) << run.err;
  const std::string text = text_of(scores());
  EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 61);
  EXPECT_THAT(text, testing::StartsWith("id,score,pd,points,decision\n0,"));
}

TEST_F(BadPackage, EveryFlippedByteIsFound) {
  for (const auto& entry : std::filesystem::recursive_directory_iterator(package())) {
    if (!entry.is_regular_file()) continue;
    const std::string whole = text_of(entry.path());
    std::string changed = whole;
    changed[changed.size() / 2] ^= 1;
    write_plainly(entry.path(), changed);
    const ProgramRun run = score(rows());
    EXPECT_EQ(run.status, 4) << entry.path() << run.err;
    EXPECT_FALSE(std::filesystem::exists(scores())) << entry.path();
    write_plainly(entry.path(), whole);
  }
  EXPECT_EQ(score(rows()).status, 0);
}

TEST_F(BadPackage, TruncatedAndMissingFilesAreNamed) {
  const std::filesystem::path part = package() / "parts/scorecard.json";
  const std::string whole = text_of(part);
  write_plainly(part, whole.substr(0, whole.size() / 2));
  ProgramRun run = score(rows());
  EXPECT_EQ(run.status, 4);
  EXPECT_THAT(run.err, HasSubstr("parts/scorecard.json"));
  std::filesystem::remove(part);
  run = score(rows());
  EXPECT_EQ(run.status, 4);
  EXPECT_THAT(run.err, HasSubstr("parts/scorecard.json"));
}

TEST_F(BadPackage, NoPackageAtAll) {
  const ProgramRun run =
      run_program({"score", (folder_->path() / "nothing").string(), rows(), "--out", scores().string()});
  EXPECT_EQ(run.status, 4);
  EXPECT_THAT(run.err, HasSubstr("nothing"));
}

TEST_F(BadPackage, MissingColumnIsNamed) {
  write_plainly(folder_->path() / "few.csv", "purpose\ncar\n");
  const ProgramRun run = score((folder_->path() / "few.csv").string());
  EXPECT_EQ(run.status, 3);
  EXPECT_THAT(run.err, HasSubstr("income"));
}

TEST_F(BadPackage, RowThatCannotBeScoredIsAnErrorOrARejectedRow) {
  write_plainly(folder_->path() / "odd.csv", std::string("income,purpose\n1000,car\n") + kSecret + ",car\n1200,car\n");
  const std::string odd = (folder_->path() / "odd.csv").string();
  const ProgramRun stopped = score(odd);
  EXPECT_EQ(stopped.status, 3);
  EXPECT_THAT(stopped.err, HasSubstr("--rejects"));
  EXPECT_THAT(stopped.err, Not(HasSubstr(kSecret)));
  EXPECT_FALSE(std::filesystem::exists(scores()));

  const std::filesystem::path rejects = folder_->path() / "rejects.csv";
  const ProgramRun went_on =
      run_program({"score", package().string(), odd, "--out", scores().string(), "--rejects", rejects.string()});
  EXPECT_EQ(went_on.status, 0) << went_on.err;
  const std::string text = text_of(scores());
  EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 3);
  EXPECT_THAT(text, HasSubstr("\n0,"));
  EXPECT_THAT(text, HasSubstr("\n2,"));
  EXPECT_THAT(text_of(rejects), HasSubstr("1,"));
  EXPECT_THAT(text_of(rejects), HasSubstr("income"));
  EXPECT_THAT(text_of(rejects), Not(HasSubstr(kSecret)));
}

TEST_F(BadPackage, AnOpenQuoteIsNotToldAsOneLostRow) {
  std::string text = "income,purpose\n";
  for (int i = 0; i < 500; ++i) text += std::to_string(1000 + i) + (i == 20 ? ",\"" : ",") + kSecret + "\n";
  write_plainly(folder_->path() / "open.csv", text);
  const std::string open = (folder_->path() / "open.csv").string();
  const std::filesystem::path rejects = folder_->path() / "rejects.csv";
  const ProgramRun run =
      run_program({"score", package().string(), open, "--out", scores().string(), "--rejects", rejects.string()});
  ASSERT_EQ(run.status, 0) << run.err;
  EXPECT_THAT(run.out, HasSubstr("480 rows could not be read"));
  EXPECT_THAT(run.out, HasSubstr("479 of them"));
  EXPECT_THAT(text_of(rejects), HasSubstr("lines 22 to 501"));
  EXPECT_THAT(text_of(rejects), Not(HasSubstr(kSecret)));
  EXPECT_THAT(score(open).err, HasSubstr("lines 22 to 501"));
}

TEST_F(BadPackage, ScoresNeverReplaceTheRowsTheyComeFrom) {
  const std::filesystem::path mine = folder_->path() / "mine.csv";
  write_plainly(mine, "income,purpose\n1000,car\n");
  const ProgramRun run = run_program({"score", package().string(), mine.string(), "--out", mine.string()});
  EXPECT_EQ(run.status, 2) << run.err;
  EXPECT_THAT(run.err, HasSubstr("mine.csv"));
  EXPECT_EQ(text_of(mine), "income,purpose\n1000,car\n");
}

TEST_F(BadPackage, NothingIsWrittenIntoAPackage) {
  const std::string inside = (package() / "parts/new").string();
  const std::vector<std::vector<std::string>> calls = {
      {"score", package().string(), rows(), "--out", inside + ".csv"},
      {"score", package().string(), rows(), "--out", scores().string(), "--rejects", inside + ".csv"},
      {"report", package().string(), "--out", inside + ".html"},
      {"export", package().string(), "--format", "hf", "--out", inside},
      {"export", package().string(), "--format", "gguf", "--out", inside + ".gguf"},
      {"embed", package().string(), rows(), "--out", inside + ".csv"},
      {"compare", (folder_->path() / "run.yaml").string(), "--out", inside}};
  for (const auto& words : calls) {
    const ProgramRun run = run_program(words);
    EXPECT_EQ(run.status, 2) << words.front();
    EXPECT_THAT(run.err, HasSubstr("lies inside of the package")) << words.front();
  }
  EXPECT_EQ(score(rows()).status, 0);
}

TEST_F(BadPackage, FullDiskLeavesNoScores) {
  std::string text = "income,purpose\n";
  for (int i = 0; i < 20000; ++i) text += std::to_string(1000 + i) + ",car\n";
  write_plainly(folder_->path() / "many.csv", text);
  const ProgramRun run = score((folder_->path() / "many.csv").string(), {.file_bytes = 8192});
  EXPECT_EQ(run.status, 6) << run.err;
  EXPECT_FALSE(std::filesystem::exists(scores()));
}

TEST_F(BadPackage, UnknownEndingOfTheOutputIsAnErrorOfTheCommandLine) {
  const ProgramRun run =
      run_program({"score", package().string(), rows(), "--out", (folder_->path() / "scores.xlsx").string()});
  EXPECT_EQ(run.status, 2);
  EXPECT_THAT(run.err, HasSubstr(".parquet"));
}

}  // namespace
}  // namespace rift::test
