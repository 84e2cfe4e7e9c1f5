#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "cli/program.h"
#include "cli/tiny_model.h"
#include "rift/base/json.h"

// rift models: its actions and what each prints.
namespace rift::test {
namespace {

using testing::HasSubstr;

TEST(Models, EveryActionHasItsOwnHelpAndErrors) {
  EXPECT_THAT(run_program({"models", "--help"}).out, HasSubstr("inspect"));
  for (const char* action : {"list", "fetch", "inspect"}) {
    const ProgramRun help = run_program({"models", action, "--help"});
    EXPECT_EQ(help.status, 0) << action;
    EXPECT_THAT(help.out, HasSubstr(std::string("rift models ") + action));
    const ProgramRun unknown = run_program({"models", action, "--jsn"});
    EXPECT_EQ(unknown.status, 2) << action;
    EXPECT_THAT(unknown.err, HasSubstr(std::string("rift models ") + action + ": unknown option '--jsn'"));
    EXPECT_THAT(unknown.err, HasSubstr("'--json'"));
  }
}

TEST(Models, AnUnknownOrMissingActionIsNamed) {
  const ProgramRun unknown = run_program({"models", "inspekt", "x"});
  EXPECT_EQ(unknown.status, 2);
  EXPECT_THAT(unknown.err, HasSubstr("unknown action 'inspekt'; did you mean 'inspect'?"));
  for (const std::vector<std::string>& words : {std::vector<std::string>{"models"}, {"models", "--json", "list"}}) {
    const ProgramRun missing = run_program(words);
    EXPECT_EQ(missing.status, 2);
    EXPECT_THAT(missing.err, HasSubstr("an action comes first"));
  }
  const ProgramRun later = run_program({"models", "rank", "data.csv"});
  EXPECT_EQ(later.status, 2);
  EXPECT_THAT(later.err, HasSubstr("rift models rank: this version of rift does not have it yet"));
}

TEST(Models, ListShowsWhatIsThereAndWhatIsBroken) {
  const TempDirectory folder;
  write_tiny_model(folder / "place/tiny");
  folder.write("place/broken/config.json", "{");
  const std::string place = (folder / "place").string();
  const ProgramRun table = run_program({"models", "list", place});
  EXPECT_EQ(table.status, 0) << table.err;
  EXPECT_THAT(table.out, HasSubstr("tiny"));
  EXPECT_THAT(table.out, HasSubstr("no: "));
  const ProgramRun run = run_program({"models", "list", place, "--json"});
  ASSERT_EQ(run.status, 0) << run.err;
  const Json models = parse_json(run.out, "stdout").at("models");
  ASSERT_EQ(models.size(), 2u);
  EXPECT_FALSE(models.at(size_t{0}).at("runs").as_bool());
  EXPECT_TRUE(models.at(size_t{1}).at("runs").as_bool());
  EXPECT_EQ(models.at(size_t{1}).at("architecture").as_string(), "bert");
  EXPECT_THAT(run_program({"models", "list", place, "--lang", "zh"}).out, HasSubstr("不能"));
  EXPECT_EQ(run_program({"models", "list", (folder / "nowhere").string()}).status, 4);
}

}  // namespace
}  // namespace rift::test
