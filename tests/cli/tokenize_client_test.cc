#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

#include "cli/program.h"
#include "rift/base/json.h"
#include "support/client.h"
#include "support/outside_data.h"

// `rift tokenize` on every kind of tokenizer file beside the libraries: clients/tokenizer_files.py.
namespace rift::test {
namespace {

TEST(TokenizeVerb, GivesTheLibrariesTokensOfEveryKindOfFile) {
  RIFT_SKIP_WITHOUT_CLIENTS();
  RIFT_SKIP_WITHOUT(real_data("financial_phrasebank"));
  RIFT_SKIP_WITHOUT(real_data("finfe_zh"));
  const TempDirectory out;
  const ClientRun made = run_client("tests/cli/clients/tokenizer_files.py", {out.path(), test_data()});
  ASSERT_EQ(made.status, 0) << made.output;
  ASSERT_THAT(made.output, testing::HasSubstr("all written"));
  int kinds = 0;
  for (const auto& entry : std::filesystem::directory_iterator(out.path())) {
    if (!entry.is_directory()) continue;
    SCOPED_TRACE(entry.path().filename().string());
    const ProgramRun run = run_program({"tokenize", entry.path().string(), (out / "lines.txt").string(), "--json"});
    ASSERT_EQ(run.status, 0) << run.err;
    std::istringstream found(run.out);
    std::ifstream expected(entry.path().string() + ".jsonl");
    std::string one, other;
    int64_t lines = 0, wrong = 0;
    for (; std::getline(expected, other); ++lines) {
      ASSERT_TRUE(std::getline(found, one)) << lines;
      wrong += parse_json(one, "rift") == parse_json(other, "library") ? 0 : 1;
    }
    EXPECT_FALSE(std::getline(found, one));
    EXPECT_EQ(wrong, 0) << "of " << lines << " lines";
    EXPECT_GT(lines, 150);
    ++kinds;
  }
  EXPECT_EQ(kinds, 13);
}

}  // namespace
}  // namespace rift::test
