#include "rift/study/run/template.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "rift/base/files.h"
#include "rift/base/sentences.h"
#include "rift/study/run/options.h"
#include "support/temp_directory.h"

namespace rift::study {
namespace {

data::Proposal proposal(const std::string& name) {
  data::Proposal proposal;
  proposal.rows = 100;
  proposal.data.source = "loans.csv";
  proposal.data.label = {.column = "bad", .positive = {"1"}};
  proposal.data.columns = {{name, data::Kind::kNumber}, {"paid", data::Kind::kIgnore}};
  proposal.columns = {{.name = name, .missing_share = 0.25},
                      {.name = "paid", .why = "a part of " + name, .suspected_leak = true}};
  proposal.notes = {"Something about " + name};
  return proposal;
}

TEST(RunTemplate, ReadsBackWhateverColumnsAreCalled) {
  for (const std::string name :
       {"income", "a: b # c", "two\nlines\r: x", "- {[\"'", "\xE6\x94\xB6\xE5\x85\xA5", "yes"}) {
    SCOPED_TRACE(name);
    const test::TempDirectory directory;
    const auto file = directory.path() / "run.yaml";
    write_file_atomic(file, run_template(proposal(name), file));
    const RunOptions options = read_run(file, {});
    ASSERT_EQ(options.data.columns.size(), 2u);
    EXPECT_EQ(options.data.columns.front().first, name);
    EXPECT_EQ(options.data.label.positive, std::vector<std::string>{"1"});
  }
}

TEST(RunTemplate, DatesAloneAreATableAsTheyAreForTheModels) {
  const test::TempDirectory directory;
  const auto file = directory.path() / "run.yaml";
  data::Proposal dates = proposal("since");
  dates.data.columns = {{"since", data::Kind::kDate}};
  write_file_atomic(file, run_template(dates, file));
  const std::vector<ModelKind> models = read_run(file, {}).compare.models;
  EXPECT_NE(std::ranges::find(models, ModelKind::kGbdt), models.end());
}

TEST(RunTemplate, ARunElsewhereFindsTheFilesOfAQuery) {
  const test::TempDirectory directory;
  data::Proposal of_query = proposal("income");
  of_query.data.source = "sql: SELECT * FROM 'loans.csv'";
  const auto file = directory.path() / "run.yaml";
  write_file_atomic(file, run_template(of_query, file));
  const RunOptions options = read_run(file, {});
  ASSERT_TRUE(options.data.folder);
  EXPECT_TRUE(std::filesystem::equivalent(directory.path() / *options.data.folder, std::filesystem::current_path()));
  EXPECT_EQ(run_template(of_query, "run.yaml").find("folder:"), std::string::npos) << "its own folder needs no word";
}

TEST(RunTemplate, FoldsComeWithWhatEachVerbMakesOfThem) {
  data::Proposal folds = proposal("income");
  EXPECT_EQ(run_template(folds, "run.yaml").find("rift train"), std::string::npos);
  folds.split.kind = data::KFoldSplit{};
  EXPECT_NE(run_template(folds, "run.yaml").find("rift train fits one model: fold 0"), std::string::npos);
}

TEST(RunTemplate, TheSummaryIsInTheLanguageOfTheResults) {
  data::Proposal two = proposal("income");
  two.columns[0].kind = data::Kind::kNumber;
  two.columns[1].kind = data::Kind::kIgnore;
  EXPECT_NE(proposal_text(two).find("Features: 1 number."), std::string::npos) << proposal_text(two);
  set_language(Language::kChinese);
  const std::string chinese = proposal_text(two);
  set_language(Language::kEnglish);
  EXPECT_NE(chinese.find("特征：数值 1 列。"), std::string::npos) << chinese;
}

TEST(RunTemplate, CommentsSayWhatWasFound) {
  const test::TempDirectory directory;
  const std::string text = run_template(proposal("income"), directory.path() / "run.yaml");
  EXPECT_NE(text.find("income: number  # 25.0 % missing"), std::string::npos) << text;
  EXPECT_NE(text.find("paid: ignore  # suspected outcome, left out; a part of income"), std::string::npos) << text;
  EXPECT_NE(text.find("# Something about income"), std::string::npos) << text;
}

}  // namespace
}  // namespace rift::study
