#include "rift/metrics/stability_index.h"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

namespace rift::metrics {
namespace {

using Rows = std::vector<double>;

TEST(StabilityIndexOfCounts, IsTheSumOverTheBins) {
  const double expected = (0.4 - 0.5) * std::log(0.4 / 0.5) + (0.6 - 0.5) * std::log(0.6 / 0.5);
  EXPECT_NEAR(*stability_index_of_counts(Rows{50, 50}, Rows{4, 6}), expected, 1e-12);
  EXPECT_EQ(*stability_index_of_counts(Rows{30, 60, 10}, Rows{3, 6, 1}), 0.0);
}

TEST(StabilityIndexOfCounts, NothingCountsAsHalfARowUnlessBothSidesHaveNone) {
  const double expected = (0.5 - 1.0) * std::log(0.5 / 1.0) + (0.5 - 0.05) * std::log(0.5 / 0.05);
  EXPECT_NEAR(*stability_index_of_counts(Rows{10, 0, 0}, Rows{5, 5, 0}), expected, 1e-12);
}

TEST(StabilityIndexOfCounts, ASideWithoutRowsHasNone) {
  EXPECT_FALSE(stability_index_of_counts(Rows{0, 0}, Rows{1, 1}));
  EXPECT_FALSE(stability_index_of_counts(Rows{1, 1}, Rows{0, 0}));
}

}  // namespace
}  // namespace rift::metrics
