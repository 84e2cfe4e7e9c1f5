#include "rift/score/isotonic.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "rift/base/files.h"
#include "rift/base/json.h"

namespace rift::score {
namespace {

void expect_near(const std::vector<double>& got, const std::vector<double>& expected) {
  ASSERT_EQ(got.size(), expected.size());
  for (size_t i = 0; i < got.size(); ++i) EXPECT_NEAR(got[i], expected[i], 1e-12) << i;
}

TEST(Isotonic, PointsAreScikitLearns) {
  const Json golden = parse_json(read_file("tests/score/fixtures/calibration_golden.json"), "golden");
  const auto x = golden.at("log_odds").as_doubles(), y = golden.at("labels").as_doubles();
  const auto plain = fit_isotonic(x, y, {}), weighted = fit_isotonic(x, y, golden.at("weights").as_doubles());
  expect_near(plain.x, golden.at("isotonic").at("x").as_doubles());
  expect_near(plain.y, golden.at("isotonic").at("y").as_doubles());
  expect_near(weighted.x, golden.at("isotonic_weighted").at("x").as_doubles());
  expect_near(weighted.y, golden.at("isotonic_weighted").at("y").as_doubles());
}

TEST(Isotonic, TiedRowsAreOneAndRowsWithoutWeightDoNotCount) {
  const auto fitted =
      fit_isotonic(std::vector<double>{2, 1, 2, 3}, std::vector<double>{1, 0, 0, 0}, std::vector<double>{1, 1, 1, 0});
  EXPECT_EQ(fitted.x, (std::vector<double>{1, 2}));
  EXPECT_EQ(fitted.y, (std::vector<double>{0, 0.5}));
  EXPECT_EQ(fitted.at(1.5), 0.25);
  EXPECT_EQ(fitted.at(99), 0.5);
}

TEST(Isotonic, FallingValuesBecomeOneBlock) {
  const auto fitted = fit_isotonic(std::vector<double>{1, 2, 3}, std::vector<double>{3, 2, 1}, {});
  EXPECT_EQ(fitted.x, (std::vector<double>{1, 3}));
  EXPECT_EQ(fitted.y, (std::vector<double>{2, 2}));
}

TEST(Isotonic, AValueThatIsNoNumberStaysNone) {
  const Isotonic fitted{.x = {1, 2}, .y = {0.25, 0.75}};
  EXPECT_TRUE(std::isnan(fitted.at(std::nan(""))));
  EXPECT_EQ(fitted.at(-std::numeric_limits<double>::infinity()), 0.25);
  EXPECT_EQ(fitted.at(std::numeric_limits<double>::infinity()), 0.75);
}

}  // namespace
}  // namespace rift::score
