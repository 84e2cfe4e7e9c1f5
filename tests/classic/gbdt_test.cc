#include "rift/classic/gbdt.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <csignal>

#include "classic/small_dataset.h"
#include "rift/base/files.h"
#include "rift/base/interrupt.h"
#include "rift/base/threads.h"
#include "rift/classic/booster.h"
#include "rift/classic/feature_columns.h"
#include "rift/metrics/auc.h"
#include "rift/metrics/classification.h"
#include "rift/metrics/regression.h"
#include "support/failure.h"
#include "support/temp_directory.h"

namespace rift::classic {
namespace {

using data::Part;
using data::Task;

constexpr GbdtOptions kQuick = {.trees = 100, .learning_rate = 0.1, .min_rows_in_leaf = 20};

std::string saved_text(const Gbdt& model) {
  const test::TempDirectory directory;
  model.save(directory.path());
  return read_file(directory / "parts/gbdt.txt");
}

TEST(Gbdt, LearnsEachTask) {
  for (Task task : {Task::kBinary, Task::kMulticlass, Task::kOrdinal, Task::kRegression}) {
    const auto dataset = applicants(3000, task);
    const auto model = Gbdt::fit(dataset, dataset.split.rows(Part::kTrain), kQuick);
    const auto test = dataset.split.rows(Part::kTest);
    const auto raw = model->score(data::take(dataset.table, test));
    const auto label = take_values(dataset.label, test);
    EXPECT_EQ(raw.outputs, data::has_classes(task) ? 3 : 1);
    switch (task) {
      case Task::kBinary:
        EXPECT_GT(*metrics::auc(label, raw.values), 0.74);
        break;
      case Task::kRegression:
        EXPECT_GT(*metrics::r_squared(label, raw.values), 0.9);
        break;
      case Task::kMultilabel:
        break;
      case Task::kMulticlass:
      case Task::kOrdinal: {
        const auto called = metrics::most_likely_class(raw.values, 3);
        EXPECT_GT(*metrics::accuracy(metrics::confusion_matrix(label, called, 3)), 0.6);
      }
    }
  }
}

TEST(Gbdt, LoadsToTheSameBits) {
  for (Task task : {Task::kBinary, Task::kMulticlass, Task::kRegression}) {
    const auto dataset = applicants(1000, task);
    const auto model = Gbdt::fit(dataset, dataset.split.rows(Part::kTrain), kQuick);
    const test::TempDirectory directory;
    const Json part = parse_json(to_json_text(model->save(directory.path())), "rift.json");
    const auto loaded = Gbdt::load(directory.path(), part, dataset.schema);
    EXPECT_EQ(loaded->score(dataset.table).values, model->score(dataset.table).values);
    EXPECT_EQ(loaded->schema().fields.size(), model->schema().fields.size());
    EXPECT_EQ(loaded->importance(), model->importance());
  }
}

TEST(Gbdt, SameSeedSameBytesOnAnyNumberOfThreads) {
  // 120,000 rows of 5 columns: enough cells for two threads.
  const auto dataset = applicants(120'000);
  const auto rows = all_rows(dataset.table);
  const GbdtOptions options = {.trees = 8, .leaves = 15, .learning_rate = 0.1};
  const int64_t before = threads();
  set_threads(1);
  const auto one = Gbdt::fit(dataset, rows, options);
  set_threads(2);
  const auto two = Gbdt::fit(dataset, rows, options);
  EXPECT_EQ(saved_text(*one), saved_text(*two));
  EXPECT_EQ(one->score(dataset.table).values, two->score(dataset.table).values);
  set_threads(before);
  GbdtOptions other = options;
  other.seed = 2;
  EXPECT_NE(saved_text(*Gbdt::fit(dataset, rows, other)), saved_text(*one));
}

TEST(Gbdt, ARowsScoreDoesNotDependOnItsNeighbours) {
  const auto dataset = applicants(600);
  const auto model = Gbdt::fit(dataset, all_rows(dataset.table), kQuick);
  const auto together = model->score(dataset.table).values;
  for (int64_t row : {0, 17, 599})
    EXPECT_EQ(model->score(data::take(dataset.table, std::vector<int64_t>{row})).values[0],
              together[static_cast<size_t>(row)]);
  EXPECT_TRUE(model->score(data::take(dataset.table, std::vector<int64_t>{})).values.empty());
}

TEST(Gbdt, UnseenCategoriesAndMissingOnesScoreAlikeAndInfinitiesAreTaken) {
  const auto dataset = applicants(1500);
  const auto model = Gbdt::fit(dataset, all_rows(dataset.table), kQuick);
  data::Table rows = data::take(dataset.table, std::vector<int64_t>{3, 3, 3});
  data::Texts purpose;
  purpose.append("never seen");
  purpose.append_missing();
  purpose.append("debts");
  for (data::Column& column : rows.columns)
    if (column.name == "purpose") column.values = purpose;
  rows = with_number(rows, "income", 2, std::numeric_limits<double>::infinity());
  const auto scores = model->score(rows).values;
  EXPECT_EQ(scores[0], scores[1]);
  EXPECT_TRUE(std::isfinite(scores[2]));
}

TEST(Gbdt, SplitsMissingValuesFromAllOthers) {
  auto dataset = applicants(400);
  dataset.schema.fields = {dataset.schema.fields[4]};  // noise
  auto& values = std::get<data::Numbers>(dataset.table.columns[4].values).values;
  for (size_t row = 0; row < 400; ++row) {
    if (row % 2 == 0) values[row] = kNaN;
    dataset.label[row] = row % 2 == 0 ? 1.0 : 0.0;
  }
  const auto model = Gbdt::fit(dataset, all_rows(dataset.table), {.trees = 3, .leaves = 2});
  EXPECT_NE(saved_text(*model).find("threshold=inf"), std::string::npos);
  const test::TempDirectory directory;
  const Json part = model->save(directory.path());
  const auto scores = Gbdt::load(directory.path(), part, dataset.schema)->score(dataset.table).values;
  EXPECT_EQ(scores, model->score(dataset.table).values);
  EXPECT_GT(scores[0], scores[1]);
}

TEST(Gbdt, ImportanceFindsTheColumnsThatMatter) {
  const auto dataset = applicants(3000);
  const auto importance = Gbdt::fit(dataset, all_rows(dataset.table), kQuick)->importance();
  ASSERT_EQ(importance.size(), 5u);  // without the text
  EXPECT_EQ(importance[0].first, "income");
  double total = 0.0;
  for (const auto& [name, share] : importance) total += share;
  EXPECT_NEAR(total, 1.0, 1e-12);
}

TEST(Gbdt, ConstantColumnsGiveTheBaseRate) {
  auto dataset = applicants(400);
  dataset.schema.fields = {dataset.schema.fields[0]};
  std::get<data::Numbers>(dataset.table.columns[0].values).values.assign(400, 1.0);
  testing::internal::CaptureStdout();
  const auto model = Gbdt::fit(dataset, all_rows(dataset.table), kQuick);
  EXPECT_EQ(testing::internal::GetCapturedStdout(), "");  // LightGBM warns here, in the log
  double bad = 0.0;
  for (double label : dataset.label) bad += label;
  const double pd = 1.0 / (1.0 + std::exp(-model->score(dataset.table).values[0]));
  EXPECT_NEAR(pd, bad / 400, 1e-3);
  EXPECT_EQ(model->importance()[0].second, 0.0);
}

TEST(Gbdt, WeightsCount) {
  auto dataset = applicants(1000);
  for (double label : dataset.label) dataset.weight.push_back(label > 0.5 ? 10.0 : 1.0);
  const auto weighted = Gbdt::fit(dataset, all_rows(dataset.table), kQuick)->score(dataset.table).values;
  dataset.weight.clear();
  const auto plain = Gbdt::fit(dataset, all_rows(dataset.table), kQuick)->score(dataset.table).values;
  double shift = 0.0;
  for (size_t i = 0; i < plain.size(); ++i) shift += (weighted[i] - plain[i]) / 1000.0;
  EXPECT_GT(shift, 1.0);  // ln 10 = 2.3 for a model of the base rate alone
}

TEST(Gbdt, WhatItCannotDoIsSaid) {
  auto dataset = applicants(100);
  const auto rows = all_rows(dataset.table);
  auto one_class = dataset;
  std::fill(one_class.label.begin(), one_class.label.end(), 0.0);
  test::message_of(Code::kData, [&] { Gbdt::fit(one_class, rows, kQuick); });
  test::message_of(Code::kData, [&] { Gbdt::fit(dataset, {}, kQuick); });
  dataset.schema.fields = {dataset.schema.fields.back()};
  test::message_of(Code::kUnsupported, [&] { Gbdt::fit(dataset, rows, kQuick); });
}

TEST(Gbdt, FilesThatDoNotFitAreRefused) {
  const auto dataset = applicants(400);
  const auto model = Gbdt::fit(dataset, all_rows(dataset.table), kQuick);
  const test::TempDirectory directory;
  const Json part = model->save(directory.path());
  const auto load = [&](const Json& json, const data::Schema& schema) {
    return [&, json, schema] { Gbdt::load(directory.path(), json, schema); };
  };
  data::Schema other = dataset.schema;
  other.fields[1].kind = data::Kind::kNumber;
  EXPECT_NE(test::message_of(Code::kArtefact, load(part, other)).find("purpose"), std::string::npos);
  other = dataset.schema;
  other.task = Task::kMulticlass;
  other.class_names = {"a", "b", "c"};
  test::message_of(Code::kArtefact, load(part, other));
  Json fewer = part;
  fewer["features"].as_array().pop_back();
  EXPECT_NE(test::message_of(Code::kArtefact, load(fewer, dataset.schema)).find("gbdt.txt"), std::string::npos);
  write_file_atomic(directory / "parts/gbdt.txt", "not a model");
  EXPECT_NE(test::message_of(Code::kArtefact, load(part, dataset.schema)).find("gbdt.txt"), std::string::npos);
}

TEST(Gbdt, CtrlCEndsTheFit) {
  const auto dataset = applicants(400);
  install_interrupt_handler();
  std::raise(SIGINT);
  test::message_of(Code::kInterrupted, [&] { Gbdt::fit(dataset, all_rows(dataset.table), kQuick); });
  clear_interrupt();
}

TEST(GbdtChoice, FindsTheNumberOfTreesAndShowsAllTries) {
  const auto dataset = applicants(2000);
  const auto choice =
      choose_gbdt(dataset, dataset.split.rows(Part::kTrain), dataset.split.rows(Part::kValidation), 3, 5);
  ASSERT_EQ(choice.tries.size(), 3u);
  EXPECT_EQ(choice.options.seed, 5);
  EXPECT_GT(choice.options.trees, 5);
  EXPECT_LT(choice.options.trees, 2000);
  for (const Try& item : choice.tries) {
    EXPECT_GT(item.value, 0.7);
    EXPECT_TRUE(!item.chosen || item.settings.at("trees").as_int() == choice.options.trees);
  }
}

TEST(GbdtChoice, TakesClassesAndAmounts) {
  for (Task task : {Task::kMulticlass, Task::kRegression}) {
    const auto dataset = applicants(1500, task);
    const auto choice = choose_gbdt(dataset, dataset.split.rows(Part::kTrain), {}, 2, 1);
    EXPECT_EQ(choice.tries[0].metric, task == Task::kRegression ? "rmse" : "log_loss");
    EXPECT_LT(choice.tries[0].value, task == Task::kRegression ? 700.0 : 1.0);
  }
}

}  // namespace
}  // namespace rift::classic
