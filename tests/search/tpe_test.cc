#include "rift/search/tpe.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <map>
#include <optional>
#include <set>

#include "rift/search/parzen.h"
#include "search/support.h"

namespace rift::search {
namespace {

using Kind = Distribution::Kind;

TEST(ParzenDensity, OfDiscreteValuesSumsToOne) {
  const std::vector<Distribution> axes = {
      {.kind = Kind::kInt, .low = 1, .high = 12, .step = 1, .choices = {}},
      {.kind = Kind::kInt, .low = 2, .high = 32, .log = true, .step = 1, .choices = {}},
      {.kind = Kind::kFloat, .low = 0, .high = 1, .step = 0.25, .choices = {}},
      {.kind = Kind::kCategorical, .choices = {Json("a"), Json("b"), Json("c")}}};
  const std::vector<std::vector<double>> seen = {{1, 2, 0, 0}, {12, 30, 0.5, 2}, {7, 8, 1, 2}};
  const ParzenDensity density(axes, seen);
  double sum = 0;
  for (int a = 1; a <= 12; ++a)
    for (int b = 2; b <= 32; ++b)
      for (int c = 0; c <= 4; ++c)
        for (int d = 0; d <= 2; ++d) {
          const std::vector<double> at = {double(a), double(b), 0.25 * c, double(d)};
          sum += std::exp(density.log_density(at));
        }
  EXPECT_NEAR(sum, 1.0, 1e-9);
}

TEST(ParzenDensity, DrawsWhatItSaysItIs) {
  const std::vector<Distribution> axes = {{.kind = Kind::kInt, .low = 1, .high = 6, .step = 1, .choices = {}},
                                          {.kind = Kind::kCategorical, .choices = {Json("a"), Json("b")}}};
  const std::vector<std::vector<double>> seen = {{2, 1}, {2, 1}, {6, 0}};
  const ParzenDensity density(axes, seen);
  constexpr int kDraws = 40'000;
  std::map<std::vector<double>, int> count;
  Draws draws(5, 0);
  for (int i = 0; i < kDraws; ++i) ++count[density.draw(draws)];
  for (int a = 1; a <= 6; ++a)
    for (int b = 0; b <= 1; ++b) {
      const std::vector<double> at = {double(a), double(b)};
      const double p = std::exp(density.log_density(at));
      EXPECT_NEAR(double(count[at]) / kDraws, p, 5 * std::sqrt(p / kDraws)) << a << " " << b;
    }
}

class Tpe : public testing::Test {
 protected:
  /// The best loss after so many trials.
  template <class Loss>
  double best_of(const Space& space, const SamplerOptions& options, uint64_t seed, int64_t count, const Loss& loss) {
    const auto sampler = make_sampler(options, {.space = space, .directions = {Direction::kMinimize}, .seed = seed});
    std::vector<Trial> trials;
    double best = 1e300;
    for (int64_t number = 0; number < count; ++number) {
      const Assignment taken = *sampler->suggest(trials, number);
      const double value = loss(taken);
      best = std::min(best, value);
      trials.push_back(complete(number, taken, value));
    }
    return best;
  }
};

// 20 seeds; random search as good as TPE would win so rarely by chance: P(X >= 15) = .02 for X ~ B(20, 1/2).
TEST_F(Tpe, BeatsRandomSearchOnATiltedValley) {
  const Space space =
      space_of("x: {float: [-5, 5]}\ny: {float: [-5, 5]}\nlr: {log: [1e-6, 1]}\nc: {choice: [a, b, c]}\n");
  const auto loss = [](const Assignment& at) {
    const double x = at.at("x").value, y = at.at("y").value, l = std::log10(at.at("lr").value) + 3;
    return (x - y) * (x - y) + 0.1 * (x + y - 2) * (x + y - 2) + l * l + at.at("c").value;
  };
  int wins = 0;
  for (uint64_t seed = 1; seed <= 20; ++seed) {
    const double tpe = best_of(space, {}, seed, 60, loss);
    const double random = best_of(space, {.kind = RandomOptions{}}, seed + 1000, 60, loss);
    wins += tpe < random;
  }
  EXPECT_GE(wins, 15);
}

TEST_F(Tpe, LearnsConditionalParametersWithinTheirBranch) {
  const Space space = space_of(
      "m: {choice: [lora, head]}\nrank: {float: [0, 1], when: {m: lora}}\nlr: {float: [0, 1], when: {m: head}}\n");
  const auto loss = [](const Assignment& at) {
    if (at.at("m").value == 0) return 1.0 + std::abs(at.at("rank").value - 0.7);
    return 20 * std::abs(at.at("lr").value - 0.3);
  };
  const auto sampler = make_sampler({}, {.space = space, .directions = {Direction::kMinimize}, .seed = 3});
  std::vector<Trial> trials;
  int64_t heads = 0;
  for (int64_t number = 0; number < 60; ++number) {
    const Assignment taken = *sampler->suggest(trials, number);
    EXPECT_EQ(taken.size(), 2U);
    if (number >= 40) heads += taken.at("m").value == 1;
    trials.push_back(complete(number, taken, loss(taken)));
  }
  EXPECT_GE(heads, 15) << "the better branch";
}

// 24 settings, a loss that draws every proposal to one corner: without care the best one would be proposed again and
// again.
TEST_F(Tpe, TriesNoSettingTwice) {
  const Space space = space_of("m: {choice: [a, b, c]}\nn: {int: [1, 4]}\nk: {int: [1, 4], when: {m: b}}\n");
  const auto sampler = make_sampler({}, {.space = space, .directions = {Direction::kMinimize}, .seed = 3});
  std::vector<Trial> trials;
  std::set<std::map<std::string, double>> tried;
  for (int64_t number = 0; number < 20; ++number) {
    const Assignment taken = *sampler->suggest(trials, number);
    std::map<std::string, double> values;
    double loss = taken.at("m").value == 1 ? 0.0 : 5.0;
    for (const auto& [name, parameter] : taken) {
      values[name] = parameter.value;
      if (name != "m") loss += parameter.value;
    }
    const bool fresh = tried.insert(values).second;
    EXPECT_TRUE(fresh || number < 10) << "trial " << number << ", n " << taken.at("n").value;
    trials.push_back(complete(number, taken, loss));
  }
}

TEST_F(Tpe, ProposesWhatWasTriedWhereNothingElseIsLeft) {
  const Space space = space_of("m: {choice: [a, b]}\n");
  const auto sampler = make_sampler({}, {.space = space, .directions = {Direction::kMinimize}, .seed = 3});
  std::vector<Trial> trials;
  for (int64_t number = 0; number < 12; ++number) {
    const std::optional<Assignment> taken = sampler->suggest(trials, number);
    ASSERT_TRUE(taken.has_value()) << "after " << number;
    trials.push_back(complete(number, *taken, taken->at("m").value));
  }
}

TEST_F(Tpe, RanksPrunedTrialsAfterCompleteOnesByHowFarTheyCame) {
  std::vector<Trial> trials;
  for (int64_t i = 0; i < 5; ++i) trials.push_back(complete(i, {}, double(i == 0 ? 3 : 1)));
  for (const int64_t i : {2, 3, 4}) trials[size_t(i)].state = TrialState::kPruned;
  trials[2].intermediate = {{1, 0.1}};
  trials[3].intermediate = {{1, 0.9}, {2, 0.9}};
  trials[4].intermediate = {{1, 0.9}, {2, 0.8}};
  trials.push_back(complete(5, {}, 0));
  trials.back().state = TrialState::kFail;
  std::vector<int64_t> order;
  for (const Trial* trial : ranked(trials, {Direction::kMinimize})) order.push_back(trial->number);
  EXPECT_THAT(order, testing::ElementsAre(1, 0, 4, 3, 2));
}

TEST_F(Tpe, TrialsThatRunKeepOthersAway) {
  const Space space = space_of("x: {float: [0, 1]}");
  std::vector<Trial> trials;
  for (int64_t i = 0; i < 30; ++i) {
    const double x = double(i) / 29;
    trials.push_back(complete(i, {{"x", {x, number_between(0, 1)}}}, std::abs(x - 0.5)));
  }
  const auto sampler = make_sampler({.kind = TpeOptions{.candidates = 200}},
                                    {.space = space, .directions = {Direction::kMinimize}, .seed = 1});
  const double alone = sampler->suggest(trials, 30)->at("x").value;
  for (int64_t i = 0; i < 20; ++i) {
    Trial running = complete(31 + i, {{"x", {alone, number_between(0, 1)}}}, 0);
    running.state = TrialState::kRunning;
    running.values.clear();
    trials.push_back(running);
  }
  EXPECT_GT(std::abs(sampler->suggest(trials, 30)->at("x").value - alone), 0.02);
}

TEST_F(Tpe, TakesTrialsOfOtherRangesWhereTheyFit) {
  const Space space = space_of("x: {float: [0, 1]}\ny: {float: [0, 1]}");
  std::vector<Trial> trials;
  for (int64_t i = 0; i < 20; ++i) {  // an older study without y, partly outside
    trials.push_back(complete(i, {{"x", {double(i) / 5, number_between(0, 4)}}}, double(i)));
  }
  const auto sampler = make_sampler({}, {.space = space, .directions = {Direction::kMinimize}, .seed = 1});
  const Assignment taken = *sampler->suggest(trials, 20);
  EXPECT_TRUE(space.find("x")->distribution.contains(taken.at("x").value));
  EXPECT_TRUE(space.find("y")->distribution.contains(taken.at("y").value));
}

}  // namespace
}  // namespace rift::search
