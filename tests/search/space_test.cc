#include "rift/search/space.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "search/support.h"
#include "support/failure.h"

namespace rift::search {
namespace {

using test::failure;
using testing::ElementsAre;
using testing::HasSubstr;

TEST(Space, ReadsEveryKindOfRange) {
  const Space space = space_of(
      "optim.lr: {log: [1e-6, 1e-3]}\n"
      "optim.batch_rows: {choice: [16, 32]}\n"
      "objective.anchor.lambda: {float: [0, 1], step: 0.25}\n"
      "optim.epochs: {int: [1, 6]}\n"
      "tuning.rank: {log_int: [2, 32]}\n");
  ASSERT_EQ(space.dimensions().size(), 5U);
  EXPECT_TRUE(space.find("optim.lr")->distribution.log);
  EXPECT_EQ(space.find("optim.batch_rows")->distribution.choices[1], Json(32));
  EXPECT_EQ(space.find("objective.anchor.lambda")->distribution.count(), 5);
  EXPECT_EQ(space.find("optim.epochs")->distribution.count(), 6);
  EXPECT_EQ(space.find("tuning.rank")->distribution.step, 1.0);
}

TEST(Space, ConditionsComeAfterWhatTheyDependOn) {
  const Space space = space_of(
      "tuning.rank: {int: [2, 32], when: {tuning.method: lora}}\n"
      "tuning.layers: {int: [1, 4], when: {tuning.method: {any: [top_k, bitfit]}}}\n"
      "tuning.method: {choice: [lora, top_k, head, bitfit]}\n");
  EXPECT_EQ(space.dimensions().front().name, "tuning.method");
  Assignment assignment;
  const auto with = [&](double place) {
    assignment["tuning.method"] = {place, space.find("tuning.method")->distribution};
    return std::pair(space.is_active(*space.find("tuning.rank"), assignment),
                     space.is_active(*space.find("tuning.layers"), assignment));
  };
  EXPECT_EQ(with(0), std::pair(true, false));
  EXPECT_EQ(with(1), std::pair(false, true));
  EXPECT_EQ(with(2), std::pair(false, false));
  EXPECT_EQ(with(3), std::pair(false, true));
}

TEST(Space, GridTakesPointsOfTheScale) {
  const Space space =
      space_of("a: {log: [1, 10000]}\nb: {float: [0, 1], points: 3}\nc: {int: [1, 4]}\nd: {int: [1, 9]}\n");
  EXPECT_THAT(space.find("a")->grid,
              ElementsAre(testing::DoubleNear(1, 1e-9), testing::DoubleNear(10, 1e-9), testing::DoubleNear(100, 1e-9),
                          testing::DoubleNear(1000, 1e-9), testing::DoubleNear(10000, 1e-9)));
  EXPECT_THAT(space.find("b")->grid, ElementsAre(0, 0.5, 1));
  EXPECT_THAT(space.find("c")->grid, ElementsAre(1, 2, 3, 4));
  EXPECT_THAT(space.find("d")->grid, ElementsAre(1, 3, 5, 7, 9));
}

TEST(Space, GridCountsConditionalParametersWhereTheyAreActive) {
  const Space space =
      space_of("m: {choice: [lora, head]}\nr: {choice: [2, 4, 8], when: {m: lora}}\nb: {choice: [16, 32]}\n");
  EXPECT_EQ(grid_assignments(space).size(), (3U + 1U) * 2U);
}

TEST(Space, RefusesRangesByName) {
  const auto refused = [](const std::string& yaml) { return failure([&] { space_of(yaml); }); };
  EXPECT_EQ(refused("a: {}"),
            "configuration: run.yaml: search.space.a: expected one of float, log, int, log_int and choice, got none");
  EXPECT_THAT(refused("a: {int: [1, 2], choice: [1]}"), HasSubstr("got several"));
  EXPECT_THAT(refused("a: {int: [1, 2, 3]}"), HasSubstr("search.space.a: expected [low, high], got a list of 3"));
  EXPECT_THAT(refused("a: {float: [2, 1]}"), HasSubstr("expected low <= high, got [2, 1]"));
  EXPECT_THAT(refused("a: {log: [0, 1]}"), HasSubstr("begins above 0, got 0"));
  EXPECT_THAT(refused("a: {choice: [1, 1.0]}"), HasSubstr("'1.0' stands there twice"));
  EXPECT_THAT(refused("a: {choice: []}"), HasSubstr("a choice among nothing"));
  EXPECT_THAT(refused("a: {log: [1, 2], step: 1}"), HasSubstr("has no step"));
  EXPECT_THAT(refused("a: {int: [1, 5], step: 1.5}"), HasSubstr("expected a whole step"));
  EXPECT_THAT(refused("a: {rnge: [1, 5]}"), HasSubstr("unknown key 'rnge'"));
}

TEST(Space, RefusesConditionsThatCannotHold) {
  const auto refused = [](const std::string& yaml) { return failure([&] { space_of(yaml); }); };
  EXPECT_THAT(refused("a: {int: [1, 2], when: {b: x}}"),
              HasSubstr("search.space.a.when: 'b' is no choice of the space"));
  EXPECT_THAT(refused("a: {int: [1, 2], when: {b: z}}\nb: {choice: [x, y]}"), HasSubstr("b is never 'z'"));
  EXPECT_THAT(refused("a: {choice: [x], when: {b: x}}\nb: {choice: [x], when: {a: x}}"),
              HasSubstr("depends on something that depends on it"));
}

}  // namespace
}  // namespace rift::search
