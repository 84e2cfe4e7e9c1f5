#include "rift/base/normal.h"

#include <gtest/gtest.h>

#include <cmath>

#include "rift/base/files.h"
#include "rift/base/json.h"

namespace rift {
namespace {

TEST(NormalQuantile, EqualsScipy) {
  const Json golden = parse_json(read_file("tests/base/fixtures/normal_golden.json"), "normal_golden.json");
  const auto p = golden.at("probabilities").as_doubles(), expected = golden.at("quantiles").as_doubles();
  for (size_t i = 0; i < p.size(); ++i)
    EXPECT_NEAR(normal_quantile(p[i]), expected[i], 1e-14 * std::abs(expected[i]) + 1e-15) << p[i];
}

TEST(NormalQuantile, IsOddAboutTheMedian) {
  for (const double p : {0.25, 0.125, 0x1p-20}) EXPECT_EQ(normal_quantile(p), -normal_quantile(1 - p));
  EXPECT_EQ(normal_quantile(0.5), 0.0);
}

}  // namespace
}  // namespace rift
