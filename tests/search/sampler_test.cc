#include "rift/search/sampler.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <map>
#include <set>

#include "search/support.h"
#include "support/failure.h"

namespace rift::search {
namespace {

const std::vector<Direction> kDown = {Direction::kMinimize};

TEST(RandomSampler, IsUniformOnEachScale) {
  const Space space =
      space_of("x: {float: [2, 4]}\nlr: {log: [1e-4, 1]}\nk: {int: [1, 3]}\nc: {choice: [a, b, c, d]}\n");
  constexpr int64_t kDraws = 20'000;
  double x = 0, lr = 0;
  std::map<double, int64_t> k, c;
  for (int64_t number = 0; number < kDraws; ++number) {
    const Assignment drawn = random_assignment(space, 7, number);
    x += drawn.at("x").value / kDraws;
    lr += std::log10(drawn.at("lr").value) / kDraws;
    ++k[drawn.at("k").value];
    ++c[drawn.at("c").value];
  }
  EXPECT_NEAR(x, 3.0, 5 * 2 / std::sqrt(12.0 * kDraws));
  EXPECT_NEAR(lr, -2.0, 5 * 4 / std::sqrt(12.0 * kDraws));
  ASSERT_EQ(k.size(), 3U);
  for (const auto& [value, count] : k) EXPECT_NEAR(static_cast<double>(count) / kDraws, 1.0 / 3, 0.02) << value;
  ASSERT_EQ(c.size(), 4U);
  for (const auto& [value, count] : c) EXPECT_NEAR(static_cast<double>(count) / kDraws, 0.25, 0.02) << value;
}

TEST(RandomSampler, DrawsConditionalParametersOnlyWhereTheyAreActive) {
  const Space space = space_of("m: {choice: [lora, head]}\nr: {int: [2, 32], when: {m: lora}}\n");
  std::set<std::pair<double, bool>> seen;
  for (int64_t number = 0; number < 50; ++number) {
    const Assignment drawn = random_assignment(space, 1, number);
    seen.emplace(drawn.at("m").value, drawn.contains("r"));
  }
  EXPECT_EQ(seen, (std::set<std::pair<double, bool>>{{0.0, true}, {1.0, false}}));
}

TEST(RandomSampler, FollowsFromSeedAndNumber) {
  const Space space = space_of("x: {float: [0, 1]}");
  EXPECT_EQ(random_assignment(space, 1, 5).at("x").value, random_assignment(space, 1, 5).at("x").value);
  EXPECT_NE(random_assignment(space, 1, 5).at("x").value, random_assignment(space, 1, 6).at("x").value);
  EXPECT_NE(random_assignment(space, 1, 5).at("x").value, random_assignment(space, 2, 5).at("x").value);
}

TEST(GridSampler, TriesEachSettingOnceAndThenNothing) {
  const Space space = space_of("m: {choice: [lora, head]}\nr: {choice: [2, 4, 8], when: {m: lora}}\n");
  SamplerOptions options{.kind = GridOptions{}};
  const auto sampler = make_sampler(options, {.space = space, .directions = kDown});
  std::vector<Trial> trials;
  std::set<std::string> seen;
  for (int64_t number = 0;; ++number) {
    const auto next = sampler->suggest(trials, number);
    if (!next) break;
    std::string setting;
    for (const auto& [name, parameter] : *next) setting += name + "=" + parameter.external().written() + " ";
    seen.insert(setting);
    trials.push_back(complete(number, *next, 0.0));
  }
  EXPECT_EQ(trials.size(), 4U);
  EXPECT_EQ(seen, (std::set<std::string>{"m=head ", "m=lora r=2 ", "m=lora r=4 ", "m=lora r=8 "}));
}

TEST(FixedValues, AreTakenAndTheRestIsSuggested) {
  const Space space = space_of("x: {float: [0, 1]}\ny: {float: [0, 1]}\n");
  const auto sampler = make_sampler({.kind = RandomOptions{}}, {.space = space, .directions = kDown});
  const Json fixed = {{"x", 0.25}, {"unknown", 3}};
  const auto taken = with_fixed(*sampler, space, &fixed, {}, 3);
  ASSERT_TRUE(taken);
  EXPECT_EQ(taken->at("x").value, 0.25);
  EXPECT_EQ(taken->at("y").value, sampler->suggest({}, 3)->at("y").value);
  EXPECT_EQ(taken->size(), 2U);
  const Json outside = {{"x", 2.0}};
  EXPECT_EQ(test::failure([&] { with_fixed(*sampler, space, &outside, {}, 3); }),
            "data: trial 3 waits with a value of x that is none of the space's; delete the trial or widen the space");
}

TEST(FixedValues, OpenOtherConditions) {
  const Space space = space_of("m: {choice: [lora, head]}\nr: {int: [2, 32], when: {m: lora}}\n");
  const auto sampler = make_sampler({.kind = RandomOptions{}}, {.space = space, .directions = kDown});
  const Json fixed = {{"m", "lora"}};
  for (int64_t number = 0; number < 20; ++number) {
    const auto taken = with_fixed(*sampler, space, &fixed, {}, number);
    EXPECT_EQ(taken->at("m").value, 0.0);
    EXPECT_TRUE(taken->at("r").distribution.contains(taken->at("r").value));
  }
}

}  // namespace
}  // namespace rift::search
