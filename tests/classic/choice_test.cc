#include "rift/classic/choice.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "classic/small_dataset.h"
#include "rift/classic/feature_columns.h"

namespace rift::classic {
namespace {

using data::Part;

TEST(ChoiceFolds, ALargeValidationPartJudgesAlone) {
  const auto dataset = applicants(8000);
  const auto train = dataset.split.rows(Part::kTrain), validation = dataset.split.rows(Part::kValidation);
  const auto folds = choice_folds(dataset, train, validation, 100'000);
  ASSERT_EQ(folds.size(), 1u);
  EXPECT_EQ(folds[0].train, train);
  EXPECT_EQ(folds[0].validation, validation);
}

TEST(ChoiceFolds, OfFewRowsEachJudgesOnceAndNoTestRowIsSeen) {
  const auto dataset = applicants(500);
  const auto train = dataset.split.rows(Part::kTrain);
  for (const auto& validation : {dataset.split.rows(Part::kValidation), std::vector<int64_t>{}}) {
    const auto folds = choice_folds(dataset, train, validation, 100'000);
    ASSERT_EQ(folds.size(), 5u);
    std::multiset<int64_t> judges;
    for (const ChoiceFold& fold : folds) {
      judges.insert(fold.validation.begin(), fold.validation.end());
      EXPECT_EQ(fold.train.size() + fold.validation.size(), train.size() + validation.size());
      for (int64_t row : fold.validation) EXPECT_FALSE(std::binary_search(fold.train.begin(), fold.train.end(), row));
    }
    std::multiset<int64_t> expected(train.begin(), train.end());
    expected.insert(validation.begin(), validation.end());
    EXPECT_EQ(judges, expected);
  }
}

TEST(ChoiceFolds, WhereFitsAreNotCheapOneFoldJudges) {
  const auto dataset = applicants(1000);
  const auto train = dataset.split.rows(Part::kTrain), validation = dataset.split.rows(Part::kValidation);
  const auto inner = choice_folds(dataset, train, {}, 100);
  ASSERT_EQ(inner.size(), 1u);
  EXPECT_NEAR(static_cast<double>(inner[0].validation.size()), 0.2 * static_cast<double>(train.size()), 2.0);
  EXPECT_EQ(choice_folds(dataset, train, validation, 100)[0].validation, validation);
}

TEST(Judges, AreNamedAsTheyAre) {
  const auto dataset = applicants(8000);
  const auto train = dataset.split.rows(Part::kTrain), validation = dataset.split.rows(Part::kValidation);
  const auto judges = [&](std::span<const int64_t> part, size_t cheap_rows) {
    return to_json_text(to_json(judges_of(choice_folds(dataset, train, part, cheap_rows), part)));
  };
  EXPECT_EQ(judges(validation, 100'000), R"({"rows":"validation part","folds":1})");
  EXPECT_EQ(judges(std::span(validation).first(100), 100'000), R"({"rows":"inner folds","folds":5})");
  EXPECT_EQ(judges({}, 100), R"({"rows":"inner folds","folds":1})");
  EXPECT_EQ(to_json_text(to_json(judges_of({}, validation))), R"({"rows":"none","folds":0})");
}

TEST(ChoiceFolds, AValidationPartOfOneClassIsNotUsed) {
  auto dataset = applicants(1000);
  const auto validation = dataset.split.rows(Part::kValidation);
  for (int64_t row : validation) dataset.label[static_cast<size_t>(row)] = 0.0;
  const auto folds = choice_folds(dataset, dataset.split.rows(Part::kTrain), validation, 100);
  ASSERT_EQ(folds.size(), 1u);
  EXPECT_NE(folds[0].validation, validation);
}

TEST(ChoiceFolds, GroupsStayTogether) {
  auto dataset = applicants(600);
  for (int64_t row = 0; row < 600; ++row) dataset.group.push_back("customer " + std::to_string(row / 6));
  for (const ChoiceFold& fold : choice_folds(dataset, all_rows(dataset.table), {}, 100'000)) {
    std::set<std::string> judged;
    for (int64_t row : fold.validation) judged.insert(dataset.group[static_cast<size_t>(row)]);
    for (int64_t row : fold.train) EXPECT_FALSE(judged.contains(dataset.group[static_cast<size_t>(row)]));
  }
}

TEST(ChooseBest, TakesTheFirstOfEqualsInTheDirectionOfTheTask) {
  const double values[] = {0.6, 0.8, 0.8, 0.5};
  const auto judge = [&](size_t setting, size_t fold) { return values[setting] + (fold == 0 ? 0.1 : -0.1); };
  std::vector<Try> tries(4);
  EXPECT_EQ(choose_best(data::Task::kBinary, 2, tries, "test", judge), 1u);
  EXPECT_NEAR(tries[1].value, 0.8, 1e-12);
  EXPECT_TRUE(tries[1].chosen && !tries[2].chosen);
  std::vector<Try> losses(4);
  EXPECT_EQ(choose_best(data::Task::kMulticlass, 1, losses, "test", judge), 3u);
  EXPECT_EQ(losses[0].metric, "log_loss");
}

TEST(ChoiceValue, IsTheMetricOfTheTask) {
  data::Dataset dataset = applicants(4);
  dataset.label = {0, 1, 0, 1};
  const std::vector<int64_t> rows = {0, 1, 2, 3};
  EXPECT_EQ(choice_value(dataset, rows, {4, 1, {0.1, 0.9, 0.2, 0.1}}), 0.625);
  EXPECT_EQ(choice_value(dataset, std::vector<int64_t>{0, 2}, {2, 1, {0.1, 0.9}}), 0.5);
  dataset.schema.task = data::Task::kRegression;
  EXPECT_EQ(choice_value(dataset, std::vector<int64_t>{0, 1}, {2, 1, {3, 1}}), std::sqrt(4.5));
  dataset.schema.task = data::Task::kMulticlass;
  EXPECT_NEAR(choice_value(dataset, std::vector<int64_t>{1}, {1, 2, {0.0, std::log(3.0)}}), -std::log(0.75), 1e-12);
}

}  // namespace
}  // namespace rift::classic
