#include "rift/classic/linear_probe.h"

#include <gtest/gtest.h>

#include <cmath>

#include "cases/case_file.h"
#include "cases/feature_case.h"
#include "rift/base/log_odds.h"
#include "rift/base/random.h"

namespace rift::classic {
namespace {

using cases::Case;
using cases::FeatureCase;
using cases::Values;

/// Probabilities of the classes, as scikit-learn's predict_proba.
Values probabilities(const std::vector<double>& outputs, int64_t classes) {
  Values shares;
  if (classes == 2) {
    for (const double z : outputs) shares.insert(shares.end(), {1.0 - sigmoid(z), sigmoid(z)});
    return shares;
  }
  for (size_t begin = 0; begin < outputs.size(); begin += static_cast<size_t>(classes)) {
    double sum = 0.0;
    for (int64_t k = 0; k < classes; ++k) sum += std::exp(outputs[begin + static_cast<size_t>(k)]);
    for (int64_t k = 0; k < classes; ++k) shares.push_back(std::exp(outputs[begin + static_cast<size_t>(k)]) / sum);
  }
  return shares;
}

TEST(LinearProbe, EqualsScikitLearn) {
  int compared = 0;
  for (const Case& one : cases::read_cases("transferability")) {
    if (!one.expect.contains("probe")) continue;
    SCOPED_TRACE(one.name);
    const FeatureCase given(one);
    const std::vector<double> said =
        linear_probe(given.known(), given.label, given.asked(), {.classes = given.classes, .c = given.strength});
    const Values found = given.classes == 0 ? said : probabilities(said, given.classes);
    const Values& expected = one.expect.at("probe");
    ASSERT_EQ(found.size(), expected.size());
    const double unit = given.classes == 0 ? 250 : 1;
    for (size_t i = 0; i < found.size(); ++i) EXPECT_NEAR(found[i], expected[i], 1e-3 * unit);
    ++compared;
  }
  EXPECT_EQ(compared, 6);
}

TEST(LinearProbe, AClassWithoutRowsIsUnlikelyAndNothingElse) {
  const std::vector<float> values = {0, 1, 2, 3, 4, 5, 6, 7};
  const std::vector<double> label = {0, 0, 0, 0, 2, 2, 2, 2};
  const metrics::FeatureRows rows{.values = values, .rows = 8, .width = 1};
  const Values shares = probabilities(linear_probe(rows, label, rows, {.classes = 3, .c = 10}), 3);
  EXPECT_GT(shares[0], 0.9);
  EXPECT_NEAR(shares[1] / (1 - shares[1]), 1.0 / 16, 1e-9);
  EXPECT_GT(shares[3 * 7 + 2], 0.8);
}

TEST(LinearProbe, LittleStrengthIsChosenWhereFeaturesAreNoise) {
  const CounterRandom random(3, 1);
  std::vector<float> noise, signal;
  std::vector<double> label;
  for (uint64_t row = 0; row < 200; ++row) {
    label.push_back(static_cast<double>(row % 2));
    for (uint64_t k = 0; k < 40; ++k) {
      const auto draw = static_cast<float>(random.normal(row * 40 + k));
      noise.push_back(draw);
      signal.push_back(k == 0 ? static_cast<float>(6 * label.back()) + draw : 0.1F * draw);
    }
  }
  const auto strength = [&](const std::vector<float>& values) {
    return choose_probe_strength({.values = values, .rows = 200, .width = 40}, label, 2);
  };
  EXPECT_EQ(strength(noise), 1.0);
  EXPECT_GT(strength(signal), 1.0);
}

TEST(LinearProbe, AFileWithAPeriodDoesNotChooseTheStrength) {
  std::vector<float> values;
  std::vector<double> label;
  const CounterRandom random(4, 1);
  for (uint64_t row = 0; row < 200; ++row) {
    label.push_back(row % 5 == 4 ? 1.0 : 0.0);  // every fifth row, and no other, is bad
    values.push_back(static_cast<float>(label.back()) + 0.1F * static_cast<float>(random.normal(row)));
  }
  EXPECT_GT(choose_probe_strength({.values = values, .rows = 200, .width = 1}, label, 2), 1.0);
}

}  // namespace
}  // namespace rift::classic
