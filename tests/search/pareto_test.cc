#include "rift/search/pareto.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "rift/base/random.h"
#include "search/support.h"

namespace rift::search {
namespace {

using testing::ElementsAre;

TEST(Pareto, FrontsPeelOffOneAfterTheOther) {
  EXPECT_THAT(fronts({{1, 5}, {2, 2}, {5, 1}, {3, 3}, {6, 6}, {2, 2}}), ElementsAre(0, 0, 0, 1, 2, 0));
}

TEST(Pareto, FirstFrontIsWhatNothingDominates) {
  const CounterRandom random(3, 1);
  std::vector<std::vector<double>> points;
  for (uint64_t i = 0; i < 200; ++i) points.push_back({random.uniform(2 * i), random.uniform(2 * i + 1)});
  const std::vector<int64_t> front = fronts(points);
  for (size_t i = 0; i < points.size(); ++i) {
    bool dominated = false;
    for (const auto& other : points) dominated = dominated || (other[0] < points[i][0] && other[1] < points[i][1]);
    EXPECT_EQ(front[i] != 0, dominated) << i;
  }
}

TEST(Pareto, EmptierNeighbourhoodsComeFirstWithinAFront) {
  // Ends first (in their order), then the point whose neighbours are farthest.
  EXPECT_THAT(best_first({{0, 10}, {1, 9}, {2, 8}, {8, 2}, {10, 0}}), ElementsAre(0, 4, 3, 2, 1));
  EXPECT_THAT(best_first({{3}, {1}, {2}, {1}}), ElementsAre(1, 3, 2, 0));
}

TEST(Pareto, DirectionsTurnAndNanIsWorst) {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  std::vector<Trial> trials;
  const std::vector<std::vector<double>> values = {{0.8, 0.3}, {0.9, 0.2}, {0.7, 0.1}, {nan, 0.3}};
  for (size_t i = 0; i < values.size(); ++i) {
    trials.push_back(complete(static_cast<int64_t>(i), {}, 0));
    trials.back().values = values[i];
  }
  std::vector<int64_t> front;
  for (const Trial* trial : pareto_front(trials, {Direction::kMaximize, Direction::kMinimize}))
    front.push_back(trial->number);
  EXPECT_THAT(front, ElementsAre(1, 2));
}

}  // namespace
}  // namespace rift::search
