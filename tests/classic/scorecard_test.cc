#include "rift/classic/scorecard.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "classic/small_dataset.h"
#include "rift/base/files.h"
#include "rift/base/log_odds.h"
#include "rift/classic/feature_columns.h"
#include "rift/metrics/auc.h"
#include "rift/score/policy.h"
#include "support/failure.h"
#include "support/temp_directory.h"

namespace rift::classic {
namespace {

using data::Part;

std::unique_ptr<Scorecard> reload(const Scorecard& card, const data::Schema& schema) {
  const test::TempDirectory directory;
  const Json part = card.save(directory.path());
  EXPECT_EQ(part.at("kind").as_string(), "scorecard");
  return Scorecard::load(directory.path(), part, schema);
}

Json plain_card(const Scorecard& card) { return card.card({}, score::Calibrator::identity(data::Task::kBinary)); }

/// Weights of evidence summed by hand from the public parts.
double by_hand(const Scorecard& card, const data::Table& table, size_t row) {
  double log_odds = card.intercept();
  for (const auto& variable : card.variables()) {
    const data::Column& column = table.at(variable.column);
    size_t bin = 0;
    switch (column.storage()) {
      case data::Storage::kNumber:
        bin = variable.bins.bin_of(column.numbers()[row]);
        break;
      case data::Storage::kText:
        bin = variable.bins.bin_of(column.texts().get(static_cast<int64_t>(row)));
        break;
      case data::Storage::kTime:
        bin = variable.bins.bin_of(static_cast<double>(column.times()[row] / kDay));
        break;
    }
    log_odds -= variable.coefficient * variable.bins.woe(bin);
  }
  return log_odds;
}

TEST(Scorecard, IsALogisticRegressionOnWeightsOfEvidence) {
  const auto dataset = applicants(3000);
  const auto card = Scorecard::fit(dataset, dataset.split.rows(Part::kTrain), {});
  const auto raw = card->score(dataset.table);
  ASSERT_EQ(raw.rows, 3000);
  for (size_t row = 0; row < 50; ++row) EXPECT_NEAR(raw.values[row], by_hand(*card, dataset.table, row), 1e-12);
  const auto test = dataset.split.rows(Part::kTest);
  const double auc = *metrics::auc(take_values(dataset.label, test), take_values(raw.values, test));
  EXPECT_GT(auc, 0.75);  // the true risk has about .80
}

TEST(Scorecard, NoiseIsLeftOutAndCodesHaveABin) {
  const auto dataset = applicants(3000);
  const auto card = Scorecard::fit(dataset, dataset.split.rows(Part::kTrain), {});
  std::vector<std::string> names;
  for (const auto& variable : card->variables()) names.push_back(variable.column);
  EXPECT_EQ(names, (std::vector<std::string>{"income", "purpose", "employed since", "count"}));
  EXPECT_EQ(card->schema().fields.size(), 4u);
  const auto& count = card->variables()[3].bins;
  EXPECT_EQ(count.bins()[count.bin_of(-9.0)].kind, BinKind::kSpecial);
  EXPECT_GT(count.woe(count.bin_of(-9.0)), count.woe(count.bin_of(7.0)));
}

TEST(Scorecard, LoadsToTheSameBits) {
  const auto dataset = applicants(2000);
  const auto card = Scorecard::fit(dataset, dataset.split.rows(Part::kTrain), {});
  const auto loaded = reload(*card, dataset.schema);
  EXPECT_EQ(loaded->score(dataset.table).values, card->score(dataset.table).values);
  EXPECT_EQ(to_json_text(plain_card(*loaded)), to_json_text(plain_card(*card)));
  EXPECT_EQ(to_json_text(data::to_json(loaded->schema())), to_json_text(data::to_json(card->schema())));
}

/// Points of the row's bins, summed over the card.
double summed_points(const Scorecard& card, const Json& json, const data::Table& table, int64_t row) {
  double points = 0.0;
  for (const Json& variable : json.at("variables").as_array()) {
    const auto& own = *std::find_if(card.variables().begin(), card.variables().end(),
                                    [&](const auto& item) { return item.column == variable.at("column").as_string(); });
    const data::Column& column = table.at(own.column);
    const auto at = static_cast<size_t>(row);
    const size_t bin = column.storage() == data::Storage::kText ? own.bins.bin_of(column.texts().get(row))
                       : column.storage() == data::Storage::kTime
                           ? own.bins.bin_of(static_cast<double>(column.times()[at] / kDay))
                           : own.bins.bin_of(column.numbers()[at]);
    points += variable.at("bins").at(bin).at("points").as_double();
  }
  return points;
}

TEST(Scorecard, PointsOfTheBinsSumToThePointsColumnOfTheRow) {
  const auto dataset = applicants(2000);
  const auto card = Scorecard::fit(dataset, dataset.split.rows(Part::kTrain), {});
  const auto raw = card->score(dataset.table);
  score::PolicyOptions policy{.approve_below = 0.2, .refuse_from = 0.2};
  policy.points = {.base = 500, .base_odds = 20, .pdo = 40};
  for (const auto method : {score::CalibrationMethod::kNone, score::CalibrationMethod::kPlatt}) {
    // Half of the labels turned: a calibrator that changes the points for sure.
    std::vector<double> labels = dataset.label;
    for (size_t row = 0; row < labels.size(); row += 2) labels[row] = 1.0;
    const auto calibrator = score::Calibrator::fit(data::Task::kBinary, method, raw, labels, {});
    const Json json = card->card(policy.points, calibrator);
    EXPECT_TRUE(json.at("calibrated").as_bool());
    const std::vector<std::string> id(2000, "x");
    const data::Table scores = score::decision_table(dataset.schema, id, raw, calibrator, policy);
    for (int64_t row = 0; row < 200; ++row) {
      EXPECT_EQ(std::round(summed_points(*card, json, dataset.table, row)),
                scores.at("points").numbers()[static_cast<size_t>(row)])
          << row;
    }
  }
}

TEST(Scorecard, WhereTheCalibrationIsIsotonicTheCardSaysThatItIsNotInThePoints) {
  const auto dataset = applicants(2000);
  const auto card = Scorecard::fit(dataset, dataset.split.rows(Part::kTrain), {});
  const auto raw = card->score(dataset.table);
  const auto calibrator =
      score::Calibrator::fit(data::Task::kBinary, score::CalibrationMethod::kIsotonic, raw, dataset.label, {});
  const Json json = card->card({}, calibrator);
  EXPECT_FALSE(json.at("calibrated").as_bool());
  for (int64_t row = 0; row < 20; ++row) {
    EXPECT_NEAR(summed_points(*card, json, dataset.table, row),
                score::PointsOptions{}.points(sigmoid(raw.values[static_cast<size_t>(row)])), 1e-8);
  }
}

TEST(Scorecard, CardListsTheBestVariableFirstAndItsShares) {
  const auto dataset = applicants(2000);
  const Json json = plain_card(*Scorecard::fit(dataset, dataset.split.rows(Part::kTrain), {}));
  double before = std::numeric_limits<double>::infinity();
  for (const Json& variable : json.at("variables").as_array()) {
    EXPECT_LE(variable.at("information_value").as_double(), before);
    before = variable.at("information_value").as_double();
    double share = 0.0;
    for (const Json& bin : variable.at("bins").as_array()) share += bin.at("share").as_double();
    EXPECT_NEAR(share, 1.0, 1e-12);
  }
}

TEST(Scorecard, MissingUnseenAndInfiniteValuesHaveAScore) {
  const auto dataset = applicants(2000);
  const auto card = Scorecard::fit(dataset, dataset.split.rows(Part::kTrain), {});
  const std::vector<int64_t> first = {0};
  data::Table row = data::take(dataset.table, first);
  row = with_number(row, "income", 0, std::numeric_limits<double>::infinity());
  row = with_number(row, "count", 0, kNaN);  // never missing in training: neutral
  for (data::Column& column : row.columns) {
    if (column.name == "purpose") {
      data::Texts texts;
      texts.append("never seen");
      column.values = texts;
    }
    if (column.name == "employed since") column.values = data::Times{{data::kMissingTime}};
  }
  EXPECT_TRUE(std::isfinite(card->score(row).values[0]));
  EXPECT_EQ(card->variables()[3].bins.woe(card->variables()[3].bins.bin_of(kNaN)), 0.0);
}

TEST(Scorecard, SignsAreCorrected) {
  auto dataset = applicants(3000);
  // A copy of the income with a little noise: without the rule one of the two would get a negative coefficient.
  data::Numbers copy = std::get<data::Numbers>(dataset.table.columns[0].values);
  const CounterRandom random(9, 9);
  for (size_t i = 0; i < copy.values.size(); ++i) copy.values[i] *= 1.0 + 0.3 * random.normal(i);
  dataset.table.add({"income again", std::move(copy)});
  dataset.schema.fields.push_back(field("income again", data::Kind::kNumber));
  const auto rows = dataset.split.rows(Part::kTrain);
  const auto corrected = Scorecard::fit(dataset, rows, {.l2 = 0.0});
  for (const auto& variable : corrected->variables()) EXPECT_GT(variable.coefficient, 0.0) << variable.column;
}

TEST(Scorecard, WithoutVariablesItIsTheBaseRate) {
  const auto dataset = applicants(500);
  const auto rows = all_rows(dataset.table);
  const auto card = Scorecard::fit(dataset, rows, {.min_information_value = 100});
  double bad = 0.0;
  for (double label : dataset.label) bad += label;
  EXPECT_TRUE(card->variables().empty());
  EXPECT_NEAR(sigmoid(card->score(dataset.table).values[0]), bad / 500, 1e-12);
  EXPECT_TRUE(plain_card(*card).at("points").is_number());
  EXPECT_EQ(reload(*card, dataset.schema)->score(dataset.table).values, card->score(dataset.table).values);
}

TEST(Scorecard, ConstantColumnsAreLeftOut) {
  auto dataset = applicants(500);
  std::get<data::Numbers>(dataset.table.columns[0].values).values.assign(500, 3.0);
  std::get<data::Numbers>(dataset.table.columns[3].values).values.assign(500, kNaN);
  const auto card = Scorecard::fit(dataset, all_rows(dataset.table), {.min_information_value = 0});
  for (const auto& variable : card->variables()) EXPECT_TRUE(variable.column != "income" && variable.column != "count");
}

TEST(Scorecard, WeightsCountAsRows) {
  auto dataset = applicants(600);
  auto twice = all_rows(dataset.table);
  for (int64_t row = 0; row < 600; row += 2) twice.push_back(row);
  const auto repeated = Scorecard::fit(dataset, twice, {});
  for (int64_t row = 0; row < 600; ++row) dataset.weight.push_back(row % 2 == 0 ? 2.0 : 1.0);
  const auto weighted = Scorecard::fit(dataset, all_rows(dataset.table), {});
  const auto a = repeated->score(dataset.table).values, b = weighted->score(dataset.table).values;
  for (size_t i = 0; i < a.size(); ++i) EXPECT_NEAR(a[i], b[i], 1e-9);
}

TEST(Scorecard, WhatItCannotDoIsSaid) {
  auto dataset = applicants(200);
  const auto rows = all_rows(dataset.table);
  const auto amounts = applicants(200, data::Task::kRegression);
  test::message_of(Code::kUnsupported, [&] { Scorecard::fit(amounts, rows, {}); });
  const auto card = Scorecard::fit(dataset, rows, {.min_information_value = 0});
  data::Table narrow = data::take(dataset.table, std::vector<int64_t>{0, 1});
  std::erase_if(narrow.columns, [](const data::Column& column) { return column.name == "income"; });
  EXPECT_NE(test::message_of(Code::kData, [&] { card->score(narrow); }).find("income"), std::string::npos);
  std::get<data::Texts>(narrow.columns[0].values);
  narrow.columns.push_back({"income", data::Texts{"", {0, 0, 0}, {1, 1}}});
  EXPECT_NE(test::message_of(Code::kData, [&] { card->score(narrow); }).find("income"), std::string::npos);

  std::fill(dataset.label.begin(), dataset.label.end(), 1.0);
  test::message_of(Code::kData, [&] { Scorecard::fit(dataset, rows, {}); });
  dataset.schema.fields = {dataset.schema.fields.back()};
  test::message_of(Code::kUnsupported, [&] { Scorecard::fit(dataset, rows, {}); });
}

TEST(Scorecard, FilesOfAnotherSchemaAreRefused) {
  const auto dataset = applicants(500);
  const auto card = Scorecard::fit(dataset, all_rows(dataset.table), {});
  const test::TempDirectory directory;
  const Json part = card->save(directory.path());
  data::Schema other = dataset.schema;
  other.fields[0].kind = data::Kind::kCategory;
  EXPECT_NE(test::message_of(Code::kArtefact, [&] { Scorecard::load(directory.path(), part, other); }).find("income"),
            std::string::npos);
  other.fields.erase(other.fields.begin());
  test::message_of(Code::kArtefact, [&] { Scorecard::load(directory.path(), part, other); });
  write_file_atomic(directory / "parts/scorecard.json", "{\"intercept\": 1}");
  test::message_of(Code::kArtefact, [&] { Scorecard::load(directory.path(), part, dataset.schema); });
}

TEST(ScorecardChoice, TriesAreShownAndTheBestIsChosen) {
  const auto dataset = applicants(2000);
  const auto choice =
      choose_scorecard(dataset, dataset.split.rows(Part::kTrain), dataset.split.rows(Part::kValidation), 8);
  ASSERT_EQ(choice.tries.size(), 8u);
  double best = 0.0;
  for (const Try& item : choice.tries) best = std::max(best, item.value);
  int chosen = 0;
  for (const Try& item : choice.tries) {
    EXPECT_EQ(item.metric, "auc");
    if (!item.chosen) continue;
    ++chosen;
    EXPECT_EQ(item.value, best);
    EXPECT_EQ(to_json_text(item.settings), to_json_text(write_options(choice.options)));
  }
  EXPECT_EQ(chosen, 1);
  EXPECT_EQ(choose_scorecard(dataset, dataset.split.rows(Part::kTrain), {}, 2).tries.size(), 2u);
  EXPECT_EQ(to_json(choice.tries).size(), 8u);
}

}  // namespace
}  // namespace rift::classic
