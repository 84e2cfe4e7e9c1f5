#include "rift/score/isotonic.h"

#include <gtest/gtest.h>

#include "rift/base/files.h"
#include "rift/base/json.h"

namespace rift::score {
namespace {

std::vector<double> doubles(const Json& list) {
  std::vector<double> values;
  for (const Json& item : list.as_array()) values.push_back(item.as_double());
  return values;
}

void expect_near(const std::vector<double>& got, const std::vector<double>& expected) {
  ASSERT_EQ(got.size(), expected.size());
  for (size_t i = 0; i < got.size(); ++i) EXPECT_NEAR(got[i], expected[i], 1e-12) << i;
}

TEST(Isotonic, PointsAreScikitLearns) {
  const Json golden = parse_json(read_file("tests/score/fixtures/calibration_golden.json"), "golden");
  const auto x = doubles(golden.at("log_odds")), y = doubles(golden.at("labels"));
  const auto plain = fit_isotonic(x, y, {}), weighted = fit_isotonic(x, y, doubles(golden.at("weights")));
  expect_near(plain.x, doubles(golden.at("isotonic").at("x")));
  expect_near(plain.y, doubles(golden.at("isotonic").at("y")));
  expect_near(weighted.x, doubles(golden.at("isotonic_weighted").at("x")));
  expect_near(weighted.y, doubles(golden.at("isotonic_weighted").at("y")));
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

}  // namespace
}  // namespace rift::score
