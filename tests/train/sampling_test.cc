#include "rift/train/sampling.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <numeric>

#include "rift/base/log_odds.h"
#include "rift/base/progress.h"
#include "rift/base/threads.h"
#include "rift/train/fine_tune.h"
#include "support/failure.h"
#include "train/small_options.h"

namespace rift::train {
namespace {

using test::row_range;

constexpr int64_t kRows = 6000;
constexpr int64_t kTrainingRows = 4000;
// A note that ends in "late" is bad with the first probability, another one with the second.
constexpr double kLateBad = 0.16, kOtherBad = 0.02;

/// Records whose base rate is known: half of them end in "late".
data::Dataset known_rates() {
  data::Dataset dataset = test::small_dataset(kRows);
  const CounterRandom random(17, 9);
  for (int64_t row = 0; row < kRows; ++row) {
    double& label = dataset.label[static_cast<size_t>(row)];
    label = random.uniform(static_cast<uint64_t>(row)) < (label == 1.0 ? kLateBad : kOtherBad) ? 1.0 : 0.0;
  }
  return dataset;
}

TEST(SampleRows, KeepsEveryBadRowAndAsManyGoodOnesAsAsked) {
  const data::Dataset dataset = known_rates();
  const std::vector<int64_t> rows = row_range(0, kTrainingRows);
  const Sample sample = sample_rows(dataset, rows, 3.0, 1);
  const auto bad = static_cast<int64_t>(std::count_if(
      rows.begin(), rows.end(), [&](int64_t row) { return dataset.label[static_cast<size_t>(row)] == 1.0; }));
  EXPECT_EQ(static_cast<int64_t>(sample.rows.size()), 4 * bad);
  EXPECT_TRUE(std::ranges::is_sorted(sample.rows));
  EXPECT_NEAR(sample.sampled_rate, 0.25, 1e-12);
  EXPECT_NEAR(sample.base_rate, static_cast<double>(bad) / static_cast<double>(kTrainingRows), 1e-12);
  // King and Zeng (2001), eq. 7: b0 - ln(((1 - tau) / tau) (y / (1 - y)))
  const double tau = sample.base_rate, y = sample.sampled_rate;
  EXPECT_NEAR(sample.shift(), -std::log(((1 - tau) / tau) * (y / (1 - y))), 1e-12);
  EXPECT_EQ(sample_rows(dataset, rows, 3.0, 1).rows, sample.rows);
  EXPECT_NE(sample_rows(dataset, rows, 3.0, 2).rows, sample.rows);
}

TEST(SampleRows, RefusesWhatWouldLeaveNothingOut) {
  const data::Dataset dataset = known_rates();
  const std::vector<int64_t> rows = row_range(0, kTrainingRows);
  const auto message = [&](double good_per_bad, Code code) {
    return test::message_of(code, [&] { sample_rows(dataset, rows, good_per_bad, 1); });
  };
  EXPECT_THAT(message(50, Code::kConfig), testing::HasSubstr("nothing would be left out"));
  EXPECT_THAT(message(1e-6, Code::kConfig), testing::HasSubstr("are none"));
}

TEST(SampleRows, NeedsWeightInBothClassesOfTheSample) {
  data::Dataset dataset = known_rates();
  const std::vector<int64_t> rows = row_range(0, kTrainingRows);
  const auto message = [&](double weightless) {
    dataset.weight.assign(kRows, 1.0);
    for (int64_t row = 0; row < kRows; ++row) {
      const auto at = static_cast<size_t>(row);
      if (dataset.label[at] == weightless) dataset.weight[at] = 0.0;
    }
    return test::message_of(Code::kData, [&] { sample_rows(dataset, rows, 3.0, 1); });
  };
  EXPECT_THAT(message(1.0), testing::HasSubstr("the bad rows of the sample have no weight together"));
  EXPECT_THAT(message(0.0), testing::HasSubstr("the good rows of the sample have no weight together"));
}

/// The mean probability of rows that the training has not seen, after `shift` is taken away from their log-odds.
double mean_probability(const score::Scorer& scorer, const data::Dataset& dataset, double shift) {
  const std::vector<double> said = scorer.score(dataset.table).values;
  double sum = 0.0;
  for (int64_t row = kTrainingRows; row < kRows; ++row) sum += sigmoid(said[static_cast<size_t>(row)] - shift);
  return sum / static_cast<double>(kRows - kTrainingRows);
}

TEST(SampleRows, CorrectedProbabilitiesMeetTheKnownBaseRateAndUncorrectedOnesDoNot) {
  set_progress_style(ProgressStyle::kSilent);
  set_threads(1);
  const test::TempDirectory folder;
  const data::Dataset dataset = known_rates();
  FineTuneOptions options = test::small_options(test::small_backbone(folder));
  options.train.good_per_bad = 1.0;
  const FineTuned tuned =
      fine_tune({.dataset = dataset, .train = row_range(0, kTrainingRows), .validation = {}, .options = options});
  const double shift = tuned.summary.at("sample").at("shift").as_double();
  EXPECT_LT(shift, -2.0);
  // Three standard errors of a bad rate of as many rows as the training part has.
  const double known = 0.5 * (kLateBad + kOtherBad);
  const double within = 3.0 * std::sqrt(known * (1.0 - known) / static_cast<double>(kTrainingRows));
  EXPECT_NEAR(mean_probability(*tuned.scorer, dataset, 0.0), known, within);
  EXPECT_GT(mean_probability(*tuned.scorer, dataset, shift), known + 10 * within) << "as the sample has it";
}

TEST(SampleRows, IsForBinaryTasks) {
  const test::TempDirectory folder;
  set_progress_style(ProgressStyle::kSilent);
  FineTuneOptions options = test::small_options(test::small_backbone(folder));
  options.train.good_per_bad = 1.0;
  const data::Dataset dataset = test::small_dataset(60, data::Task::kMulticlass);
  EXPECT_THAT(test::failure([&] {
                fine_tune({.dataset = dataset, .train = row_range(0, 40), .validation = {}, .options = options});
              }),
              testing::HasSubstr("train.good_per_bad"));
}

}  // namespace
}  // namespace rift::train
