#include "rift/metrics/folds.h"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

namespace rift::metrics {
namespace {

TEST(Folds, StudentsQuantilesAreScipys) {  // scipy.stats.t.ppf(.975 and .95)
  EXPECT_NEAR(student_width(1, 0.95), 12.706204736174694, 1e-10);
  EXPECT_NEAR(student_width(2, 0.95), 4.302652729749462, 1e-11);
  EXPECT_NEAR(student_width(3, 0.95), 3.1824463052837078, 1e-11);
  EXPECT_NEAR(student_width(4, 0.95), 2.7764451051977934, 1e-11);
  EXPECT_NEAR(student_width(9, 0.90), 1.833112932656237, 1e-11);
  EXPECT_NEAR(student_width(30, 0.90), 1.697260886593957, 1e-11);
}

TEST(Folds, TheMeanKnowsThatFoldsShareTheirTrainingRows) {
  const std::vector<double> values = {0.7, 0.8, 0.75, 0.65, 0.85};  // s^2 = 0.00625
  const Estimate found = mean_over_folds(values);
  EXPECT_NEAR(found.value, 0.75, 1e-12);
  const double half = 2.7764451051977934 * std::sqrt((1.0 / 5 + 1.0 / 4) * 0.00625);
  EXPECT_NEAR(found.high - found.value, half, 1e-12);
  EXPECT_NEAR(found.value - found.low, half, 1e-12);
}

TEST(Folds, TheJackknifeOfAMeanIsItsStandardError) {
  // Leaving one of n values out of their mean gives back the usual s / sqrt(n).
  const std::vector<double> values = {1, 4, 2, 8, 5};
  std::vector<double> without;
  for (const double value : values) without.push_back((20.0 - value) / 4);
  const double s = std::sqrt((9 + 0 + 4 + 16 + 1) / 4.0);
  const Estimate found = jackknife(4.0, without);
  EXPECT_NEAR(found.high, 4.0 + 2.7764451051977934 * s / std::sqrt(5.0), 1e-11);
}

}  // namespace
}  // namespace rift::metrics
