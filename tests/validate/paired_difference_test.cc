#include <gtest/gtest.h>

#include <cmath>

#include "cases/case_file.h"
#include "rift/base/random.h"
#include "rift/validate/evaluation.h"

namespace rift::validate {
namespace {

using cases::Case;
using cases::Values;

PairedDifference of_case(const Case& one) {
  const Values label = one.column("label");
  const Values a = one.column("a");
  const Values b = one.column("b");
  const Values weight = one.column("weight");
  return compare_pair({.label = label, .weight = weight, .score = a}, {.label = label, .weight = weight, .score = b});
}

TEST(PairedDifference, BinaryIsDeLongsTest) {
  cases::expect_cases("paired",
                      {{"difference", [](const Case& one) { return Values{*of_case(one).difference}; }},
                       {"p", [](const Case& one) { return Values{of_case(one).noise->p}; }},
                       {"interval",
                        [](const Case& one) {
                          const PairedDifference d = of_case(one);
                          return Values{d.noise->low, d.noise->high};
                        }},
                       {"error",
                        [](const Case& one) {
                          const PairedDifference d = of_case(one);
                          return Values{(d.noise->high - d.noise->low) / 2.0 / 1.959963984540054};
                        }},
                       {"z", [](const Case& one) {
                          const PairedDifference d = of_case(one);
                          return Values{*d.difference / ((d.noise->high - d.noise->low) / 2.0 / 1.959963984540054)};
                        }}});
}

TEST(PairedDifference, OneBadRowDecidesNothing) {
  const Values label = {0, 0, 1};
  const Values a = {1, 2, 3};
  const Values b = {3, 2, 1};
  const PairedDifference d = compare_pair({.label = label, .score = a}, {.label = label, .score = b});
  EXPECT_DOUBLE_EQ(*d.difference, 1.0);
  EXPECT_FALSE(d.noise.has_value()) << "one row shows no spread";
  const Values all_good = {0, 0, 0};
  EXPECT_FALSE(compare_pair({.label = all_good, .score = a}, {.label = all_good, .score = b}).difference.has_value());
}

TEST(PairedDifference, SeveralClassesAreJudgedByLogLossAndTheBetterIsPositive) {
  Values label, good, poor;
  const CounterRandom random(3, 1);
  for (uint64_t i = 0; i < 200; ++i) {
    const auto outcome = random.below(i, 3);
    label.push_back(static_cast<double>(outcome));
    for (uint64_t k = 0; k < 3; ++k) {
      good.push_back(k == outcome ? 0.6 : 0.2);
      poor.push_back(k == outcome ? 0.4 : 0.3);
    }
  }
  const JudgedRows a{.task = data::Task::kMulticlass, .classes = 3, .label = label, .probability = good};
  JudgedRows b = a;
  b.probability = poor;
  const PairedDifference d = compare_pair(a, b);
  EXPECT_EQ(d.metric, "log_loss");
  EXPECT_NEAR(*d.difference, std::log(0.6 / 0.4), 1e-12);
  EXPECT_GT(d.noise->low, 0.0);
  EXPECT_LT(d.noise->p, 0.01);
  EXPECT_NEAR(*compare_pair(b, a).difference, -*d.difference, 1e-12);
}

TEST(PairedDifference, RegressionIsJudgedBySquaredError) {
  const Values label = {1, 2, 3, 4};
  const Values exact = label;
  const Values off = {2, 3, 4, 5};
  const PairedDifference d = compare_pair({.task = data::Task::kRegression, .label = label, .score = exact},
                                          {.task = data::Task::kRegression, .label = label, .score = off});
  EXPECT_EQ(d.metric, "mse");
  EXPECT_DOUBLE_EQ(*d.difference, 1.0);
}

}  // namespace
}  // namespace rift::validate
