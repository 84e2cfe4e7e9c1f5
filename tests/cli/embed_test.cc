#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>

#include <filesystem>
#include <string>
#include <vector>

#include "cli/program.h"
#include "cli/tiny_model.h"
#include "rift/base/json.h"

// rift embed as a user runs it; the vectors themselves are compared in tests/study/files/embed_client_test.cc.
namespace rift::test {
namespace {

namespace fs = std::filesystem;
using testing::AllOf;
using testing::HasSubstr;
using testing::StartsWith;

class Embed : public testing::Test {
 protected:
  void SetUp() override {
    write_tiny_model(folder_.folder("model"));
    folder_.write("rows.csv", "key,note,title\nk1,loan paid,late\nk2,,\nk3,the loan,paid\n");
  }
  std::string path(const std::string& name) const { return (folder_ / name).string(); }
  std::vector<std::string> command(const std::string& data, std::vector<std::string> more) const {
    std::vector<std::string> words = {"embed", path("model"), path(data), "--out", path("v.csv")};
    words.insert(words.end(), more.begin(), more.end());
    return words;
  }
  void expect_refused(const ProgramRun& run, int status, const std::string& what) const {
    EXPECT_EQ(run.status, status) << run.err;
    EXPECT_THAT(run.err, HasSubstr(what));
    EXPECT_FALSE(fs::exists(folder_ / "v.csv"));
  }
  TempDirectory folder_;
};

TEST_F(Embed, WritesAVectorForEachRowUnderItsId) {
  const ProgramRun run = run_program(command("rows.csv", {"--columns", "title,note", "--id", "key", "--json"}));
  ASSERT_EQ(run.status, 0) << run.err;
  const Json said = parse_json(run.out, "stdout");
  EXPECT_EQ(said.at("rows").as_int(), 3);
  EXPECT_EQ(said.at("width").as_int(), 32);
  EXPECT_EQ(said.at("pooling").as_string(), "pooler");
  const std::string text = text_of(folder_ / "v.csv");
  EXPECT_THAT(text, AllOf(StartsWith("id,v0,v1,"), HasSubstr(",v31\nk1,"), HasSubstr("\nk2,"), HasSubstr("\nk3,")));
  const ProgramRun again =
      run_program(command("rows.csv", {"--columns", "title,note", "--id", "key", "--threads", "2"}));
  ASSERT_EQ(again.status, 0) << again.err;
  EXPECT_EQ(text_of(folder_ / "v.csv"), text);
}

TEST_F(Embed, BadInputIsNamedAndLeavesNothing) {
  folder_.write("latin.txt", "paid\ntr\xE8s late\n");
  folder_.write("empty.txt", "");
  expect_refused(run_program(command("rows.csv", {})), 2, "--columns: name the columns with the texts");
  expect_refused(run_program(command("rows.csv", {"--columns", "nota"})), 2, "did you mean 'note'");
  expect_refused(run_program(command("rows.csv", {"--columns", "note", "--id", "kay"})), 2, "did you mean 'key'");
  expect_refused(run_program(command("rows.csv", {"--columns", "note", "--id", "note"})), 2,
                 "reads this column as a text");
  expect_refused(run_program(command("rows.csv", {"--columns", "note", "--pooling", "max"})), 2, "--pooling");
  expect_refused(run_program(command("rows.csv", {"--columns", "note", "--max-tokens", "5000"})), 2, "positions");
  expect_refused(run_program(command("latin.txt", {})), 3, "line 2: not UTF-8");
  expect_refused(run_program(command("empty.txt", {})), 3, "the file is empty");
  expect_refused(run_program(command("none.txt", {})), 4, "no such file");
  const ProgramRun ending = run_program({"embed", path("model"), path("latin.txt"), "--out", path("v.xlsx")});
  expect_refused(ending, 2, "give the file such an ending");
}

TEST_F(Embed, AsManyTokensAsSpecialOnesLeaveNoRoom) {
  folder_.write("lines.txt", "paid\n");
  for (const char* tokens : {"1", "2"}) {
    expect_refused(run_program(command("lines.txt", {"--max-tokens", tokens})), 2,
                   "--max-tokens: expected 0 or at least 3 (2 special tokens");
  }
  const ProgramRun run = run_program(command("lines.txt", {"--max-tokens", "3"}));
  EXPECT_EQ(run.status, 0) << run.err;
  const ProgramRun decoder = run_program({"embed", "tests/checkpoint/fixtures/gguf_models/smollm.gguf",
                                          path("lines.txt"), "--out", path("new/folder/v.csv"), "--max-tokens", "1"});
  EXPECT_EQ(decoder.status, 0) << decoder.err;
  EXPECT_TRUE(fs::exists(folder_ / "new/folder/v.csv"));
}

TEST_F(Embed, ADecodersFirstTokenIsRefusedUnderTheFlagsName) {
  folder_.write("lines.txt", "paid\n");
  expect_refused(run_program({"embed", "tests/checkpoint/fixtures/gguf_models/smollm.gguf", path("lines.txt"), "--out",
                              path("v.csv"), "--pooling", "cls"}),
                 2, "--pooling: cls: a decoder has no pooler");
}

TEST_F(Embed, APrecisionThatTheModelIsNotComputedInIsRefused) {
  folder_.write("lines.txt", "paid\n");
  for (const char* precision : {"bf16", "int8"}) {
    expect_refused(run_program(command("lines.txt", {"--precision", precision})), 2,
                   std::string("--precision ") + precision + ": only the fused engine computes in it");
  }
  expect_refused(run_program(command("lines.txt", {"--precision", "f16"})), 2, "expected f32, bf16 or int8");
}

TEST_F(Embed, LongRowsAreCutAndCounted) {
  folder_.write("lines.txt", "paid\npaid late the loan\n");
  const ProgramRun run = run_program(command("lines.txt", {"--max-tokens", "4"}));
  ASSERT_EQ(run.status, 0) << run.err;
  EXPECT_THAT(run.out, HasSubstr("1 rows were longer"));
}

TEST_F(Embed, MemoryDoesNotGrowWithTheRows) {
  const auto write = [&](const std::string& name, int64_t rows) {
    std::string lines;
    for (int64_t i = 0; i < rows; ++i) lines += "the loan " + std::to_string(i) + " was paid late\n";
    folder_.write(name, lines);
  };
  const auto peak_kib = [&](const std::string& data, const std::string& out) {
    const ProgramRun run = run_program({"embed", path("model"), path(data), "--out", path(out), "--max-tokens", "4"});
    EXPECT_EQ(run.status, 0) << run.err;
    return run.peak_kib;
  };
  constexpr int64_t kRows = 150'000, kMore = 600'000;
  write("some.txt", kRows);
  write("more.txt", kRows + kMore);
  constexpr int64_t kKibOfMore = kMore * 32 * static_cast<int64_t>(sizeof(float)) / 1024;  // what they would take
  for (const std::string ending : {"csv", "parquet"}) {
    SCOPED_TRACE(ending);
    const int64_t before = peak_kib("some.txt", "some." + ending);
    const int64_t growth = peak_kib("more.txt", "more." + ending) - before;
    std::cout << ending << ": " << before << " KiB, " << growth << " more\n";
    EXPECT_LT(growth, kKibOfMore / 3);
  }
}

TEST_F(Embed, AfterCtrlCNothingIsLeft) {
  std::string lines;
  for (int i = 0; i < 400'000; ++i) lines += "the loan " + std::to_string(i) + " was paid late\n";
  folder_.write("many.txt", lines);
  const TempDirectory said;
  const pid_t program = start_program(said.path(), command("many.txt", {}));
  const auto begun = [&] { return text_of(said / "stderr").find("\"done\"") != std::string::npos; };
  EXPECT_EQ(stop_program_at(program, begun, SIGINT), 128 + SIGINT) << text_of(said / "stderr");
  std::vector<std::string> left;
  for (const auto& entry : fs::directory_iterator(folder_.path())) left.push_back(entry.path().filename());
  EXPECT_THAT(left, testing::UnorderedElementsAre("model", "rows.csv", "many.txt"));
}

}  // namespace
}  // namespace rift::test
