#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "cli/program.h"
#include "rift/base/json.h"

namespace rift::test {
namespace {

using testing::HasSubstr;

TEST(CommandLine, WithoutArgumentsShowsTheVerbsAndFails) {
  const ProgramRun run = run_program({});
  EXPECT_EQ(run.status, 2);
  for (const char* verb : {"init", "train", "compare", "evaluate", "score", "report", "tokenize", "models", "export",
                           "bench", "schema", "doctor", "version"})
    EXPECT_THAT(run.err, HasSubstr(verb));
  EXPECT_EQ(run.out, "");
}

TEST(CommandLine, HelpOfProgramAndOfAVerbGoesToStdout) {
  EXPECT_EQ(run_program({"--help"}).status, 0);
  const ProgramRun run = run_program({"compare", "--help"});
  EXPECT_EQ(run.status, 0);
  EXPECT_THAT(run.out, HasSubstr("--set"));
  EXPECT_THAT(run.out, HasSubstr("optim.lr"));
}

TEST(CommandLine, UnknownVerbNamesTheNearest) {
  const ProgramRun run = run_program({"compair", "run.yaml"});
  EXPECT_EQ(run.status, 2);
  EXPECT_THAT(run.err, HasSubstr("unknown verb 'compair'"));
  EXPECT_THAT(run.err, HasSubstr("'compare'"));
}

TEST(CommandLine, UnknownFlagNamesTheNearest) {
  const ProgramRun run = run_program({"compare", "--thread", "2", "run.yaml"});
  EXPECT_EQ(run.status, 2);
  EXPECT_THAT(run.err, HasSubstr("unknown option '--thread'"));
  EXPECT_THAT(run.err, HasSubstr("'--threads'"));
}

TEST(CommandLine, VerbsAndFlagsOfLaterVersionsSaySo) {
  for (const char* verb : {"explain", "serve", "monitor"}) {
    const ProgramRun run = run_program({verb, "x"});
    EXPECT_EQ(run.status, 2) << verb;
    EXPECT_THAT(run.err, HasSubstr("does not have it yet")) << verb;
  }
  const ProgramRun reasons = run_program({"score", "p", "d.csv", "--out", "s.csv", "--reasons", "4"});
  EXPECT_EQ(reasons.status, 2);
  EXPECT_THAT(reasons.err, HasSubstr("--reasons: this version of rift does not have it yet"));
}

TEST(CommandLine, MissingArgumentIsNamed) {
  const ProgramRun run = run_program({"compare"});
  EXPECT_EQ(run.status, 2);
  EXPECT_THAT(run.err, HasSubstr("run.yaml"));
}

TEST(CommandLine, WithJsonEveryLineOfStderrIsJsonToo) {
  const TempDirectory folder;
  const auto lines_of = [](const std::string& text) {
    std::vector<Json> lines;
    std::stringstream stream(text);
    for (std::string line; std::getline(stream, line);) lines.push_back(parse_json(line, "stderr"));
    return lines;
  };
  const ProgramRun made = run_program({"init", "examples/german_credit/german.csv", "--label", "A5", "--out",
                                       (folder / "run.yaml").string(), "--json"});
  ASSERT_EQ(made.status, 0) << made.err;
  const ProgramRun compared =
      run_program({"compare", (folder / "run.yaml").string(), "--out", (folder / "run").string(), "--json", "--set",
                   "compare.models=[scorecard, logistic]", "--set", "compare.tries=1"});
  ASSERT_EQ(compared.status, 0) << compared.err;
  bool has_event = false;
  for (const Json& line : lines_of(compared.err)) has_event = has_event || line.contains("event");
  EXPECT_TRUE(has_event) << compared.err;  // amounts have no scorecard, and that is logged
  const ProgramRun failed = run_program({"compare", "nowhere.yaml", "--json"});
  const std::vector<Json> said = lines_of(failed.err);
  ASSERT_EQ(said.size(), 1u);
  EXPECT_EQ(said[0].at("level").as_string(), "error");
}

TEST(CommandLine, VersionAsTextAndAsJson) {
  EXPECT_THAT(run_program({"version"}).out, testing::StartsWith("rift "));
  const Json json = parse_json(run_program({"version", "--json"}).out, "stdout");
  EXPECT_TRUE(json.at("rift").is_string());
}

TEST(CommandLine, ResultsSpeakTheLanguageThatIsAskedFor) {
  EXPECT_THAT(run_program({"version", "--lang", "zh"}).out, HasSubstr("编译器"));
  EXPECT_THAT(run_program({"doctor", "--lang", "zh"}).out, HasSubstr("数据表"));
  EXPECT_THAT(run_program({"doctor"}).out, HasSubstr("tables           a Parquet file"));
}

TEST(CommandLine, SchemaIsTheCommittedReference) {
  const Json schema = parse_json(run_program({"schema"}).out, "stdout");
  EXPECT_TRUE(schema.at("properties").contains("optim"));
  EXPECT_EQ(run_program({"schema", "--markdown"}).out, text_of("docs/config.md"))
      << "docs/config.md is made by: rift schema --markdown > docs/config.md";
}

TEST(CommandLine, ModelsSupportIsTheCommittedMatrix) {
  EXPECT_EQ(run_program({"models", "support", "--markdown"}).out, text_of("docs/models.md"))
      << "docs/models.md is made by: rift models support --markdown > docs/models.md";
  const Json json = parse_json(run_program({"models", "support", "--json"}).out, "stdout");
  EXPECT_EQ(json.at("tables").at("tuning").at("bert").at("full").as_string(), "yes");
  EXPECT_GT(json.at("refusals").size(), 20u);
  EXPECT_THAT(run_program({"models", "support"}).out, HasSubstr("Tuning methods\n"));
  EXPECT_THAT(run_program({"models", "support", "--lang", "zh"}).out, HasSubstr("微调方法"));
}

}  // namespace
}  // namespace rift::test
