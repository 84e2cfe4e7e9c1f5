#include "rift/study/scoring.h"

#include <gtest/gtest.h>

#include <limits>

#include "classic/small_dataset.h"
#include "support/failure.h"

namespace rift::study {
namespace {

/// Four rows, the first of which is bad.
data::Dataset four_rows() {
  data::Dataset dataset;
  dataset.schema.class_names = {"good", "bad"};
  dataset.label = {1, 0, 0, 0};
  dataset.table.rows = 4;
  return dataset;
}

TEST(ResolvedPolicy, TheTrainingRowsBadRateIsTheLimitThatIsLeftOut) {
  const data::Dataset dataset = four_rows();
  const std::vector<int64_t> training = {0, 1, 2};
  const score::PolicyOptions open = resolved_policy({}, dataset, training);
  EXPECT_DOUBLE_EQ(*open.approve_below, 1.0 / 3.0) << "the fourth row is no training row";
  EXPECT_DOUBLE_EQ(*open.refuse_from, 1.0 / 3.0) << "nothing is reviewed";
  const score::PolicyOptions low = resolved_policy({.refuse_from = 0.1}, dataset, training);
  EXPECT_DOUBLE_EQ(*low.approve_below, 0.1) << "never above the limit of refusal";
  const score::PolicyOptions given = resolved_policy({.approve_below = 0.05, .refuse_from = 0.4}, dataset, training);
  EXPECT_DOUBLE_EQ(*given.approve_below, 0.05);
  EXPECT_DOUBLE_EQ(*given.refuse_from, 0.4);
}

TEST(ResolvedPolicy, WeightsCount) {
  data::Dataset dataset = four_rows();
  dataset.weight = {3, 1, 1, 1};
  EXPECT_DOUBLE_EQ(*resolved_policy({}, dataset, std::vector<int64_t>{0, 1, 2, 3}).approve_below, 0.5);
}

TEST(ScoreRows, AreInTheOrderAskedForWhateverTheBatches) {
  const data::Dataset dataset = classic::applicants(300);
  struct RowNumbers final : score::Scorer {
    data::Schema columns;
    const data::Schema& schema() const override { return columns; }
    score::RawScores score(const data::Table& rows) const override {
      score::RawScores raw{.rows = rows.rows};
      for (const int64_t row : rows.source_row) raw.values.push_back(static_cast<double>(row));
      return raw;
    }
    std::string name() const override { return "row numbers"; }
    Json save(const std::filesystem::path&) const override { return {}; }
  };
  std::vector<int64_t> rows;
  for (int64_t i = 0; i < 9000; ++i) rows.push_back(i * 7 % dataset.rows());  // more than a batch
  const score::RawScores raw = score_rows(RowNumbers(), dataset, rows);
  ASSERT_EQ(raw.rows, 9000);
  for (size_t i = 0; i < rows.size(); ++i) {
    const auto place = static_cast<size_t>(rows[i]);
    const int64_t number = dataset.table.source_row.empty() ? rows[i] : dataset.table.source_row[place];
    ASSERT_EQ(raw.values[i], static_cast<double>(number)) << i;
  }
}

TEST(ScoreRows, AScoreThatIsNoNumberNamesTheModelAndTheRowOfTheFile) {
  struct Odd final : score::Scorer {
    data::Schema columns;
    const data::Schema& schema() const override { return columns; }
    score::RawScores score(const data::Table& rows) const override {
      score::RawScores raw{.rows = rows.rows, .outputs = 2};
      for (const int64_t row : rows.source_row) {
        raw.values.push_back(0.0);
        raw.values.push_back(row == 1017 ? std::numeric_limits<double>::quiet_NaN() : 1.0);
      }
      return raw;
    }
    std::string name() const override { return "odd"; }
    Json save(const std::filesystem::path&) const override { return {}; }
  };
  data::Dataset dataset = classic::applicants(300);
  dataset.table.source_row.clear();
  for (int64_t i = 0; i < 300; ++i) dataset.table.source_row.push_back(1000 + i);
  EXPECT_EQ(score_rows(Odd(), dataset, std::vector<int64_t>{3, 299, 1}).rows, 3);
  const std::string message = test::message_of(Code::kData, [&] {
    score_rows(Odd(), dataset, std::vector<int64_t>{3, 299, 17, 1});
  });
  EXPECT_NE(message.find("odd: its score of row 1017"), std::string::npos) << message;
}

}  // namespace
}  // namespace rift::study
