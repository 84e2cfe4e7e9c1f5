#include "rift/metrics/label_scale.h"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

namespace rift::metrics {
namespace {

TEST(LabelScale, IsTheMeanAndThePopulationsDeviation) {
  const auto scale = label_scale(std::vector<double>{1, 2, 3, 6});
  ASSERT_TRUE(scale);
  EXPECT_DOUBLE_EQ(scale->mean, 3.0);
  EXPECT_DOUBLE_EQ(scale->deviation, std::sqrt(3.5));  // (4 + 1 + 0 + 9) / 4
  EXPECT_DOUBLE_EQ(scale->scaled(3.0 + std::sqrt(3.5)), 1.0);
}

TEST(LabelScale, AWeightOfTwoIsTheRowTwice) {
  const auto weighted = label_scale(std::vector<double>{1, 2, 3, 6}, std::vector<double>{2, 0, 1, 1});
  const auto repeated = label_scale(std::vector<double>{1, 1, 3, 6});
  EXPECT_DOUBLE_EQ(weighted->mean, 2.75);
  EXPECT_DOUBLE_EQ(weighted->deviation, repeated->deviation);
  EXPECT_DOUBLE_EQ(weighted->deviation, std::sqrt(4.1875));
}

TEST(LabelScale, EqualLabelsKeepTheirUnitAndNoWeightIsNothing) {
  EXPECT_EQ(label_scale(std::vector<double>{5, 5, 5})->deviation, 1.0);
  EXPECT_FALSE(label_scale(std::vector<double>{}));
  EXPECT_FALSE(label_scale(std::vector<double>{1, 2}, std::vector<double>{0, 0}));
}

}  // namespace
}  // namespace rift::metrics
