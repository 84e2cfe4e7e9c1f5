#include "rift/study/curve/samples.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "rift/data/load_dataset.h"
#include "support/failure.h"

namespace rift::study {
namespace {

using test::failure;
using testing::ElementsAre;
using testing::HasSubstr;

/// n rows, every fifth bad, in 60 % training, 10 % validation, 10 % calibration and 20 % test rows.
struct Given {
  explicit Given(int64_t n, data::Task task = data::Task::kBinary, bool groups = false) {
    dataset.schema.task = task;
    if (task == data::Task::kBinary) dataset.schema.class_names = {"good", "bad"};
    dataset.table.rows = n;
    for (int64_t i = 0; i < n; ++i) {
      dataset.table.source_row.push_back(i);
      dataset.split_row.push_back(static_cast<uint64_t>(i));
      dataset.label.push_back(task == data::Task::kRegression ? 0.37 * double(i) : double(i % 5 == 0));
      if (groups) dataset.group.push_back(std::to_string(i / 6));
    }
    data::SplitOptions options;
    const data::RandomSplit shares{.test = .2, .calibration = .1, .validation = .1};
    if (groups) {
      options.kind = data::GroupSplit{shares};
    } else {
      options.kind = data::StratifiedSplit{shares};
    }
    dataset.split = data::make_split(dataset, options);
    parts = parts_of(dataset.split);
  }
  data::Dataset dataset;
  Parts parts;
};

std::vector<int64_t> rows_of(const Parts& parts) {
  std::vector<int64_t> rows = parts.known;
  rows.insert(rows.end(), parts.calibration.begin(), parts.calibration.end());
  std::ranges::sort(rows);
  return rows;
}

TEST(LabelSamples, AreNestedInEachPartAndNeverTouchATestRow) {
  const Given given(1000);
  const LabelSamples samples(given.dataset, given.parts, {1, 2, 3});
  EXPECT_EQ(samples.most(), 800);
  for (size_t seed = 0; seed < 3; ++seed) {
    Parts before = samples.sample(10, seed);
    for (const int64_t size : {50, 51, 200, 400, 800}) {
      const Parts sample = samples.sample(size, seed);
      EXPECT_EQ(int64_t(rows_of(sample).size()), size);
      EXPECT_EQ(sample.test, given.parts.test);
      const auto holds = [](const std::vector<int64_t>& all, const std::vector<int64_t>& some) {
        return std::ranges::includes(all, some);
      };
      EXPECT_TRUE(holds(sample.fit.train, before.fit.train) && holds(given.parts.fit.train, sample.fit.train));
      EXPECT_TRUE(holds(sample.fit.validation, before.fit.validation));
      EXPECT_TRUE(holds(given.parts.fit.validation, sample.fit.validation));
      EXPECT_TRUE(holds(sample.calibration, before.calibration) && holds(given.parts.calibration, sample.calibration));
      before = sample;
    }
    EXPECT_EQ(before.known, given.parts.known);
  }
  EXPECT_NE(rows_of(samples.sample(200, 0)), rows_of(samples.sample(200, 1)));
}

TEST(LabelSamples, HoldEachClassAndPartInProportion) {
  const Given given(1000);
  const LabelSamples samples(given.dataset, given.parts, {7});
  for (const int64_t size : {40, 100, 400}) {
    const Parts sample = samples.sample(size, 0);
    EXPECT_NEAR(double(sample.fit.train.size()), .75 * double(size), 1);
    EXPECT_NEAR(double(sample.fit.validation.size()), .125 * double(size), 1);
    EXPECT_NEAR(double(sample.calibration.size()), .125 * double(size), 1);
    const auto bad = std::ranges::count_if(sample.fit.train, [](int64_t row) { return row % 5 == 0; });
    EXPECT_NEAR(double(bad), .15 * double(size), 1);
  }
}

TEST(LabelSamples, GroupsComeWholeAndAreNotOverrun) {
  const Given given(1200, data::Task::kBinary, true);
  const LabelSamples samples(given.dataset, given.parts, {1});
  const std::vector<uint8_t> test = marked(1200, given.parts.test);
  for (const int64_t size : {20, 100, 333}) {
    const std::vector<int64_t> rows = rows_of(samples.sample(size, 0));
    EXPECT_LE(int64_t(rows.size()), size);
    EXPECT_GT(int64_t(rows.size()), size - 6);
    const std::vector<uint8_t> taken = marked(1200, rows);
    for (const int64_t row : rows) {
      for (int64_t i = row / 6 * 6; i < row / 6 * 6 + 6; ++i) EXPECT_TRUE(taken[size_t(i)]) << row;
    }
  }
}

TEST(LabelSamples, RowsOfAllHoldEveryRowThatAnyFitSees) {
  const Given given(500, data::Task::kRegression);
  const LabelSamples samples(given.dataset, given.parts, {1, 2});
  const std::vector<int64_t> all = samples.rows_of_all(100);
  for (size_t seed = 0; seed < 2; ++seed) {
    EXPECT_TRUE(std::ranges::includes(all, rows_of(samples.sample(100, seed))));
    EXPECT_TRUE(std::ranges::includes(all, rows_of(samples.sample(30, seed))));
  }
  EXPECT_TRUE(std::ranges::includes(all, given.parts.test));
  EXPECT_LE(all.size(), 100U + 200U);
  EXPECT_EQ(std::ranges::adjacent_find(all), all.end());
}

TEST(LabelSamples, OneClassIsTooFew) {
  Given given(400);
  for (int64_t i = 0; i < 400; ++i) given.dataset.label[size_t(i)] = i < 30 ? 1.0 : 0.0;
  given.dataset.split = data::make_split(given.dataset, {.kind = data::StratifiedSplit{{.test = .2}}});
  given.parts = parts_of(given.dataset.split);
  const LabelSamples samples(given.dataset, given.parts, {1});
  EXPECT_THAT(failure([&] { samples.sample(5, 0); }), HasSubstr("learning_curve.sizes: with 5 labels"));
  EXPECT_NO_THROW(samples.sample(100, 0));
}

TEST(CurveSizes, AreSortedOrHalvesOfAll) {
  EXPECT_THAT(curve_sizes({400, 100, 200, 100}, 1000), ElementsAre(100, 200, 400));
  EXPECT_THAT(curve_sizes({}, 1811), ElementsAre(113, 226, 452, 905, 1811));
  EXPECT_THAT(curve_sizes({}, 240), ElementsAre(60, 120, 240));
  EXPECT_THAT(curve_sizes({}, 30), ElementsAre(30));
  EXPECT_THAT(failure([] {
                curve_sizes({50, 1001}, 1000);
              }),
              HasSubstr("there are 1000 rows that are not for testing"));
}

}  // namespace
}  // namespace rift::study
