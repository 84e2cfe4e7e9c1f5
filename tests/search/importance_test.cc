#include "rift/search/importance.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "search/support.h"

namespace rift::search {
namespace {

template <class Value>
std::vector<Trial> random_trials(const Space& space, int64_t count, const Value& value) {
  std::vector<Trial> trials;
  for (int64_t number = 0; number < count; ++number) {
    const Assignment drawn = random_assignment(space, 4, number);
    trials.push_back(complete(number, drawn, value(drawn)));
  }
  return trials;
}

double share_of(const std::vector<Importance>& all, const std::string& name) {
  for (const Importance& one : all) {
    if (one.parameter == name) return one.share;
  }
  return -1.0;
}

TEST(Importance, GoesByTheShareOfTheVariance) {
  const Space space =
      space_of("a: {float: [0, 1]}\nb: {float: [0, 1]}\nlr: {log: [1e-4, 1]}\nnoise: {float: [0, 1]}\n");
  // Variances 9 / 12, 1 / 12 and 4 / 12 of a, b and the logarithm of lr.
  const auto all = importance_of(space,
                                 random_trials(space, 150,
                                               [](const Assignment& at) {
                                                 return 3 * at.at("a").value - at.at("b").value +
                                                        0.5 * std::log10(at.at("lr").value);
                                               }),
                                 0);
  ASSERT_EQ(all.size(), 4U);
  EXPECT_EQ(all[0].parameter, "a");
  EXPECT_NEAR(share_of(all, "a"), 9.0 / 14, 0.1);
  EXPECT_NEAR(share_of(all, "lr"), 4.0 / 14, 0.1);
  EXPECT_LT(share_of(all, "b"), 0.12);
  EXPECT_LT(share_of(all, "noise"), 0.03);
  double sum = 0;
  for (const Importance& one : all) sum += one.share;
  EXPECT_NEAR(sum, 1.0, 1e-12);
}

TEST(Importance, ChoicesAndConditionsCount) {
  const Space space = space_of("m: {choice: [a, b, c]}\nr: {int: [1, 9], when: {m: b}}\nx: {float: [0, 1]}\n");
  const auto all = importance_of(
      space,
      random_trials(space, 150,
                    [](const Assignment& at) { return at.at("m").value == 1 ? 5.0 + at.at("r").value : 0.0; }),
      0);
  EXPECT_GT(share_of(all, "m") + share_of(all, "r"), 0.95);
  EXPECT_GT(share_of(all, "m"), 0.1);
  EXPECT_LT(share_of(all, "x"), 0.02);
}

TEST(Importance, SaysNothingOfFewTrialsAndNothingMattersWhereAllAreEqual) {
  const Space space = space_of("a: {float: [0, 1]}\nb: {float: [0, 1]}\n");
  EXPECT_TRUE(importance_of(space, random_trials(space, 9, [](const Assignment&) { return 1.0; }), 0).empty());
  for (const Importance& one :
       importance_of(space, random_trials(space, 20, [](const Assignment&) { return 1.0; }), 0)) {
    EXPECT_EQ(one.share, 0.0);
  }
}

TEST(Importance, IsTheSameEachTime) {
  const Space space = space_of("a: {float: [0, 1]}\nb: {float: [0, 1]}\n");
  const auto trials = random_trials(space, 40, [](const Assignment& at) { return at.at("a").value; });
  EXPECT_EQ(importance_of(space, trials, 0)[0].share, importance_of(space, trials, 0)[0].share);
}

}  // namespace
}  // namespace rift::search
