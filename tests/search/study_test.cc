#include "rift/search/study.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <csignal>
#include <limits>
#include <set>
#include <thread>

#include "rift/search/heartbeat.h"
#include "search/support.h"
#include "support/child.h"
#include "support/failure.h"
#include "support/temp_directory.h"

namespace rift::search {
namespace {

using test::failure;
using testing::HasSubstr;

class StudyFile : public testing::Test {
 protected:
  std::filesystem::path file() const { return folder_ / "study.db"; }
  test::TempDirectory folder_;
  Space space_ = space_of("x: {float: [0, 1]}\nc: {choice: [a, 2, true]}\n");
};

TEST_F(StudyFile, HoldsTrialsAsTheyWereWritten) {
  {
    Study study = minimizing(file());
    const Trial trial = *study.begin_trial(plan_of(space_, 5));
    study.report(trial.id, 1, 0.5);
    study.report(trial.id, 2, std::numeric_limits<double>::quiet_NaN());
    study.set_user_attribute(trial.id, "note", Json{{"rows", 3}});
    EXPECT_TRUE(study.finish(trial.id, TrialState::kComplete, {-std::numeric_limits<double>::infinity()}));
  }
  Study study = minimizing(file());
  const std::vector<Trial> trials = study.trials();
  ASSERT_EQ(trials.size(), 1U);
  EXPECT_EQ(trials[0].state, TrialState::kComplete);
  EXPECT_EQ(trials[0].parameters.at("x").value, random_assignment(space_, 1, 0).at("x").value);
  EXPECT_EQ(trials[0].parameters.at("c").external(), random_assignment(space_, 1, 0).at("c").external());
  EXPECT_EQ(trials[0].values.at(0), -std::numeric_limits<double>::infinity());
  EXPECT_EQ(trials[0].intermediate.at(1), 0.5);
  EXPECT_TRUE(std::isnan(trials[0].intermediate.at(2)));
  EXPECT_EQ(*trials[0].user_attribute("note"), (Json{{"rows", 3}}));
}

TEST_F(StudyFile, StopsAtTheNumberThatWasAskedFor) {
  Study study = minimizing(file());
  for (int i = 0; i < 3; ++i) {
    const auto trial = study.begin_trial(plan_of(space_, 3));
    ASSERT_TRUE(trial);
    EXPECT_EQ(trial->number, i);
    study.finish(trial->id, i == 1 ? TrialState::kPruned : TrialState::kComplete, {1.0});
  }
  EXPECT_FALSE(study.begin_trial(plan_of(space_, 3)));
  EXPECT_TRUE(study.begin_trial(plan_of(space_, 4)));
}

TEST_F(StudyFile, RefusesOtherObjectivesAndOtherDatabases) {
  minimizing(file());
  EXPECT_THAT(failure([&] {
                Study({.file = file(), .name = "study", .directions = {Direction::kMaximize}, .metric_names = {}});
              }),
              HasSubstr("the study 'study' has other objectives than search.metric (MINIMIZE)"));
  folder_.write("text.db", "not a database at all, only a text that is long enough to be looked at as a header");
  EXPECT_THAT(failure([&] { minimizing(folder_ / "text.db"); }), HasSubstr("expected an SQLite database"));
  SqliteDatabase(folder_ / "other.db").execute("CREATE TABLE customers (id INTEGER)");
  EXPECT_THAT(failure([&] { minimizing(folder_ / "other.db"); }), HasSubstr("a database of something else"));
  SqliteDatabase newer(file());
  newer.execute("UPDATE alembic_version SET version_num = 'v9.0.0.a'");
  EXPECT_THAT(failure([&] { minimizing(file()); }), HasSubstr("tables of Optuna's revision 'v9.0.0.a'"));
}

TEST_F(StudyFile, StorageIsAFileOfSqlite) {
  EXPECT_EQ(storage_file("sqlite:///a/study.db"), "a/study.db");
  EXPECT_EQ(storage_file("sqlite:////a/study.db"), "/a/study.db");
  EXPECT_EQ(storage_file("study.db"), "study.db");
  EXPECT_EQ(failure([] { storage_file("mysql://host/db"); }),
            "unsupported: --storage: studies are kept in SQLite (sqlite:///FILE), got 'mysql://host/db'");
}

TEST_F(StudyFile, AnInterruptedTrialWaitsAndIsTakenUpWithItsValues) {
  Study study = minimizing(file());
  const Trial first = *study.begin_trial(plan_of(space_, 2));
  study.interrupt(first, 2);
  EXPECT_EQ(study.trial(first.id).state, TrialState::kFail);
  EXPECT_EQ(study.trial(first.id).user_attribute(kWhyFailed)->as_string(), "interrupted");
  TrialPlan plan = plan_of(space_, 2);
  Json fixed;
  plan.suggest = [&](const std::vector<Trial>&, const Trial& trial) {
    fixed = *trial.system_attribute(kFixedParameters);
    return std::optional(random_assignment(space_, 1, 0));
  };
  const Trial again = *study.begin_trial(plan);
  EXPECT_EQ(fixed.at("x").as_double(), first.parameters.at("x").value);
  EXPECT_EQ(again.system_attribute(kFailedTrial)->as_int(), 0);
  EXPECT_EQ(again.state, TrialState::kRunning);
  // The interrupted one does not count: with the one that took its place there is room for one more.
  EXPECT_TRUE(study.begin_trial(plan_of(space_, 2)));
  EXPECT_FALSE(study.begin_trial(plan_of(space_, 2)));
}

TEST_F(StudyFile, ATrialWhoseProcessIsGoneIsRetriedAFewTimes) {
  Study study = minimizing(file());
  TrialPlan plan = plan_of(space_, 1);
  plan.is_orphan = [](const Trial&) { return true; };
  std::vector<int64_t> numbers;
  while (const auto trial = study.begin_trial(plan)) numbers.push_back(trial->number);
  EXPECT_THAT(numbers, testing::ElementsAre(0, 1, 2));  // once, and two more times
  for (const Trial& trial : study.trials()) EXPECT_EQ(trial.state, TrialState::kFail);
  EXPECT_TRUE(counts(study.trials().back()));
  EXPECT_FALSE(counts(study.trials().front()));
}

TEST_F(StudyFile, AHeartbeatThatStoppedIsAProcessThatIsGone) {
  Study study = minimizing(file());
  const Trial trial = *study.begin_trial(plan_of(space_, 9));
  study.begin_trial(plan_of(space_, 9));
  EXPECT_EQ(study.trial(trial.id).state, TrialState::kRunning);
  SqliteDatabase(file()).execute(
      "UPDATE trial_heartbeats SET heartbeat = datetime('now', '-61 seconds') WHERE trial_id = " +
      std::to_string(trial.id));
  study.begin_trial(plan_of(space_, 9));
  EXPECT_EQ(study.trial(trial.id).state, TrialState::kFail);
  EXPECT_FALSE(study.finish(trial.id, TrialState::kComplete, {1.0})) << "another process has taken it over";
}

TEST_F(StudyFile, AnEntryWithImpossibleValuesFailsAlone) {
  Study study = minimizing(file());
  TrialPlan plan = plan_of(space_, 2);
  bool first = true;
  plan.suggest = [&](const std::vector<Trial>&, const Trial& trial) {
    RIFT_REQUIRE(!std::exchange(first, false), Code::kData, "no such value");
    return std::optional(random_assignment(space_, 1, trial.number));
  };
  const Trial begun = *study.begin_trial(plan);
  EXPECT_EQ(begun.number, 1);
  EXPECT_EQ(study.trials().front().state, TrialState::kFail);
  EXPECT_EQ(study.trials().front().user_attribute(kWhyFailed)->as_string(), "no such value");
}

TEST_F(StudyFile, AnExhaustedSamplerLeavesNoTrialBehind) {
  Study study = minimizing(file());
  TrialPlan plan = plan_of(space_, 2);
  plan.suggest = [](const std::vector<Trial>&, const Trial&) { return std::optional<Assignment>(); };
  EXPECT_FALSE(study.begin_trial(plan));
  EXPECT_TRUE(study.trials().empty());
}

TEST_F(StudyFile, ProcessesSideBySideTakeDifferentTrials) {
  constexpr int kProcesses = 4;
  constexpr int64_t kTrials = 60;
  std::vector<pid_t> children;
  for (int p = 0; p < kProcesses; ++p) {
    children.push_back(test::start_child([&] {
      Study study = minimizing(file());
      while (const auto trial = study.begin_trial(plan_of(space_, kTrials))) {
        study.report(trial->id, 1, trial->parameters.at("x").value);
        const Heartbeat heartbeat(file(), trial->id);
        if (!study.finish(trial->id, TrialState::kComplete, {trial->parameters.at("x").value})) return 1;
      }
      return 0;
    }));
  }
  for (const pid_t child : children) EXPECT_EQ(test::wait_for(child), 0);
  Study study = minimizing(file());
  std::set<int64_t> numbers;
  for (const Trial& trial : study.trials()) {
    numbers.insert(trial.number);
    EXPECT_EQ(trial.state, TrialState::kComplete);
    EXPECT_EQ(trial.values.at(0), random_assignment(space_, 1, trial.number).at("x").value);
  }
  EXPECT_EQ(numbers.size(), static_cast<size_t>(kTrials));
  EXPECT_EQ(*numbers.rbegin(), kTrials - 1);
}

TEST_F(StudyFile, AProcessKilledInTheMiddleLeavesAWholeDatabase) {
  const pid_t child = test::start_child([&] {
    Study study = minimizing(file());
    for (;;) {
      const auto trial = study.begin_trial(plan_of(space_, 1'000'000));
      study.finish(trial->id, TrialState::kComplete, {1.0});
    }
    return 0;
  });
  std::this_thread::sleep_for(std::chrono::milliseconds(400));
  ::kill(child, SIGKILL);
  EXPECT_EQ(test::wait_for(child), 128 + SIGKILL);
  Study study = minimizing(file());
  const std::vector<Trial> trials = study.trials();
  ASSERT_FALSE(trials.empty());
  for (size_t i = 0; i < trials.size(); ++i) {
    EXPECT_EQ(trials[i].number, static_cast<int64_t>(i));
    EXPECT_EQ(trials[i].parameters.size(), 2U);
  }
  SqliteDatabase database(file());
  SqliteStatement check = database.prepare("PRAGMA integrity_check");
  ASSERT_TRUE(check.step());
  EXPECT_EQ(check.text(0), "ok");
}

}  // namespace
}  // namespace rift::search
