#include "rift/search/pruner.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>

#include "search/support.h"
#include "support/temp_directory.h"

namespace rift::search {
namespace {

class PrunedStudy : public testing::Test {
 protected:
  /// Reports the values one after the other; the step after which the trial was stopped, 0 when it came to its end.
  int64_t run(const Pruner& pruner, const std::vector<double>& values) {
    const Trial trial = *study_.begin_trial(plan_of(space_, 1000));
    for (size_t i = 0; i < values.size(); ++i) {
      const auto step = static_cast<int64_t>(i) + 1;
      study_.report(trial.id, step, values[i]);
      if (pruner.stops(study_, trial.id)) {
        study_.finish(trial.id, TrialState::kPruned, {values[i]});
        return step;
      }
    }
    study_.finish(trial.id, TrialState::kComplete, {values.back()});
    return 0;
  }

  test::TempDirectory folder_;
  Space space_ = space_of("x: {float: [0, 1]}");
  Study study_ = minimizing(folder_ / "study.db");
};

TEST_F(PrunedStudy, AshaLetsTheBestShareOfEachRungGoOn) {
  const auto pruner = make_pruner({.kind = AshaOptions{.reduction = 2, .first_evaluation = 1}});
  // Rungs at 1, 2, 4. Of the first trial each rung is its own.
  EXPECT_EQ(run(*pruner, {0.50, 0.40, 0.35, 0.30}), 0);
  EXPECT_EQ(run(*pruner, {0.60, 0.50, 0.40, 0.30}), 1);  // 1 of 2 goes on: .50
  EXPECT_EQ(run(*pruner, {0.45, 0.45, 0.45, 0.45}), 2);  // first rung: 1 of 3, the best; second: .40 is better
  EXPECT_EQ(run(*pruner, {0.48, 0.10, 0.10, 0.20}), 0);  // first rung: 2 of 4
  EXPECT_EQ(run(*pruner, {0.90, 0.10, 0.10, 0.10}), 1);
  const Trial best = study_.trials()[3];
  EXPECT_EQ(best.system_attribute("completed_rung_0")->as_double(), 0.48);
  EXPECT_EQ(best.system_attribute("completed_rung_1")->as_double(), 0.10);
  EXPECT_EQ(best.system_attribute("completed_rung_2")->as_double(), 0.20);
}

// What a killed try has reported is reported again by the next: it must not stand beside itself.
TEST_F(PrunedStudy, AshaCountsSeveralTriesOfOneSettingOnce) {
  const auto pruner = make_pruner({.kind = AshaOptions{.reduction = 2, .first_evaluation = 1}});
  EXPECT_EQ(run(*pruner, {0.50}), 0);
  EXPECT_EQ(run(*pruner, {0.45}), 0);
  const Trial killed = *study_.begin_trial(plan_of(space_, 1000));
  study_.report(killed.id, 1, 0.40);
  EXPECT_FALSE(pruner->stops(study_, killed.id));
  study_.give_back(killed, "killed", 2);
  EXPECT_EQ(run(*pruner, {0.40}), 0);
  EXPECT_EQ(run(*pruner, {0.42}), 0);  // 2 of 4 go on: .40 and this one; counted twice .40 were both
}

TEST_F(PrunedStudy, AshaStopsAtNan) {
  const auto pruner = make_pruner({.kind = AshaOptions{}});
  EXPECT_EQ(run(*pruner, {std::numeric_limits<double>::quiet_NaN()}), 1);
}

TEST_F(PrunedStudy, MedianStopsWhatIsBelowTheMiddleOfTheCompleteTrials) {
  const auto pruner = make_pruner({.kind = MedianOptions{.startup_trials = 3, .warmup_evaluations = 1}});
  EXPECT_EQ(run(*pruner, {9, 9, 9}), 0);
  EXPECT_EQ(run(*pruner, {5, 4, 3}), 0);
  EXPECT_EQ(run(*pruner, {6, 5, 4}), 0);
  // Medians by now: 6, 5, 4. The first evaluation stops nothing; what counts is a trial's best so far.
  EXPECT_EQ(run(*pruner, {8, 5.5, 1}), 2);
  EXPECT_EQ(run(*pruner, {8, 5.0, 3.9}), 0);
  EXPECT_EQ(run(*pruner, {3, 9, 9}), 0);
}

TEST_F(PrunedStudy, NoPrunerStopsNothing) { EXPECT_EQ(run(*make_pruner({}), {1, 2, 3, 4, 5, 6}), 0); }

}  // namespace
}  // namespace rift::search
