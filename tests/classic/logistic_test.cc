#include "rift/classic/logistic.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "classic/small_dataset.h"
#include "rift/base/files.h"
#include "rift/classic/feature_columns.h"
#include "rift/metrics/auc.h"
#include "rift/metrics/probability.h"
#include "rift/metrics/regression.h"
#include "rift/score/calibrator.h"
#include "support/failure.h"
#include "support/temp_directory.h"

namespace rift::classic {
namespace {

using data::Task;
using encode::tabular::NumberTransform;

std::vector<double> scores_of(const data::Dataset& dataset, const LogisticOptions& options = {}) {
  return Logistic::fit(dataset, all_rows(dataset.table), options)->score(dataset.table).values;
}

data::Dataset with_every(data::Dataset dataset, std::string_view column, double (*change)(double)) {
  for (data::Column& item : dataset.table.columns) {
    if (item.name != column) continue;
    for (double& value : std::get<data::Numbers>(item.values).values) value = change(value);
  }
  return dataset;
}

TEST(Logistic, LearnsEachTaskAndLoadsToTheSameBits) {
  for (const Task task : {Task::kBinary, Task::kMulticlass, Task::kRegression}) {
    const auto dataset = applicants(800, task);
    const auto model = Logistic::fit(dataset, all_rows(dataset.table), {});
    const auto raw = model->score(dataset.table);
    ASSERT_EQ(raw.values.size(), static_cast<size_t>(800 * (task == Task::kMulticlass ? 3 : 1)));
    if (task == Task::kBinary) {
      EXPECT_GT(*metrics::auc(dataset.label, raw.values), 0.75);  // the true risk has about .80
    } else if (task == Task::kMulticlass) {
      EXPECT_LT(*metrics::log_loss(dataset.label, score::softmax(raw.values, 3), 3, {}), 0.8);  // ln 3 = 1.10
    } else {
      EXPECT_GT(*metrics::r_squared(dataset.label, raw.values), 0.8);
    }
    const test::TempDirectory directory;
    const Json part = model->save(directory.path());
    EXPECT_EQ(part.at("kind").as_string(), "logistic");
    const auto loaded = Logistic::load(directory.path(), part, dataset.schema);
    EXPECT_EQ(loaded->score(dataset.table).values, raw.values);
    EXPECT_EQ(loaded->schema().fields.size(), 5u);
  }
}

TEST(Logistic, TheUnitOfANumberDoesNotMatter) {
  const auto dataset = applicants(400);
  const auto cents = with_every(dataset, "income", [](double value) { return 100.0 * value; });
  const auto expected = scores_of(dataset), got = scores_of(cents);
  for (size_t i = 0; i < got.size(); ++i) EXPECT_NEAR(got[i], expected[i], 1e-4) << i;
}

TEST(Logistic, ByQuantilesOnlyTheOrderOfANumberMatters) {
  const auto dataset = applicants(400);
  const auto logs = with_every(dataset, "income", [](double value) { return std::log(value); });
  const LogisticOptions quantile{.numbers = {.transform = NumberTransform::kQuantile}};
  const auto expected = scores_of(dataset, quantile), got = scores_of(logs, quantile);
  // Between two points a number counts by its distance, so the tails alone tell the unit.
  for (size_t i = 0; i < got.size(); ++i) EXPECT_NEAR(got[i], expected[i], 0.1) << i;
  const auto plain = scores_of(dataset), plain_logs = scores_of(logs);
  double furthest = 0.0;
  for (size_t i = 0; i < got.size(); ++i) furthest = std::max(furthest, std::abs(plain[i] - plain_logs[i]));
  EXPECT_GT(furthest, 0.5) << "the standard transform sees the difference";
}

TEST(Logistic, ItsFileHoldsNoNumberOfASingleRow) {
  const auto dataset = applicants(400);
  const test::TempDirectory directory;
  const LogisticOptions quantile{.numbers = {.transform = NumberTransform::kQuantile}};
  Logistic::fit(dataset, all_rows(dataset.table), quantile)->save(directory.path());
  const std::string file = read_file(directory / "parts/logistic.json");
  ASSERT_NE(file.find("\"quantile\""), std::string::npos);
  for (const double income : dataset.table.at("income").numbers()) {
    EXPECT_TRUE(std::isnan(income) || file.find(to_json_text(Json(income))) == std::string::npos);
  }
}

TEST(Logistic, EncodersAreFittedOnTheTrainingRowsOnly) {
  auto dataset = applicants(400);
  std::vector<int64_t> train;
  for (int64_t row = 0; row < 300; ++row) train.push_back(row);
  const auto before = Logistic::fit(dataset, train, {})->score(dataset.table).values;
  dataset.table = with_number(dataset.table, "income", 399, 1e9);
  const auto after = Logistic::fit(dataset, train, {})->score(dataset.table).values;
  EXPECT_EQ(std::vector(before.begin(), before.end() - 1), std::vector(after.begin(), after.end() - 1));
}

TEST(Logistic, MissingAndUnseenValuesAreScored) {
  const auto dataset = applicants(600);
  const auto model = Logistic::fit(dataset, all_rows(dataset.table), {});
  auto odd = data::take(dataset.table, std::vector<int64_t>{0, 0, 0});
  data::Texts purposes;
  purposes.append("never seen");
  purposes.append("nor this");
  purposes.append_missing();
  for (data::Column& column : odd.columns) {
    if (column.name == "purpose") column.values = purposes;
  }
  const auto scores = model->score(odd).values;
  EXPECT_EQ(scores[0], scores[1]) << "unknown names are one";
  for (const double score : scores) EXPECT_TRUE(std::isfinite(score));
  // Higher income is better, so a missing one lies between a very low and a very high one.
  const auto income = [&](double value) {
    return model->score(with_number(dataset.table, "income", 0, value)).values[0];
  };
  EXPECT_GT(income(1.0), income(kNaN));
  EXPECT_GT(income(kNaN), income(1e6));
}

TEST(Logistic, ChoosesAmongEightSettings) {
  const auto dataset = applicants(400);
  const auto choice =
      choose_logistic(dataset, dataset.split.rows(data::Part::kTrain), dataset.split.rows(data::Part::kValidation), 8);
  ASSERT_EQ(choice.tries.size(), 8u);
  double best = 0.0, chosen = 0.0;
  for (const Try& one : choice.tries) {
    best = std::max(best, one.value);
    if (one.chosen) chosen = one.value;
  }
  EXPECT_EQ(chosen, best);
  EXPECT_GT(best, 0.75);
  EXPECT_EQ(choice.judges.rows, Judges::Rows::kInnerFolds);
  EXPECT_EQ(choice.judges.folds, 5);
}

TEST(Logistic, WhatItCannotReadOrLoadIsSaid) {
  auto dataset = applicants(100);
  const test::TempDirectory directory;
  const Json part = Logistic::fit(dataset, all_rows(dataset.table), {})->save(directory.path());
  auto renamed = dataset.schema;
  renamed.fields[0].name = "wage";
  EXPECT_NE(test::message_of(Code::kArtefact, [&] { Logistic::load(directory.path(), part, renamed); }).find("income"),
            std::string::npos);
  Json json = parse_json(read_file(directory / "parts/logistic.json"), "logistic.json");
  json["coefficients"].as_array().pop_back();
  directory.write("parts/logistic.json", to_json_text(json));
  test::message_of(Code::kArtefact, [&] { Logistic::load(directory.path(), part, dataset.schema); });
  dataset.schema.fields = {field("story", data::Kind::kText)};
  test::message_of(Code::kUnsupported, [&] { Logistic::fit(dataset, all_rows(dataset.table), {}); });
}

}  // namespace
}  // namespace rift::classic
