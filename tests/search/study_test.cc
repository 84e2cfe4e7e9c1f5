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
using testing::AllOf;
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
  study.give_back(first, kInterrupted, kAnyRetries);
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
  plan.holder = [](const Trial&) { return Holder::kGone; };
  std::vector<int64_t> numbers;
  while (const auto trial = study.begin_trial(plan)) numbers.push_back(trial->number);
  EXPECT_THAT(numbers, testing::ElementsAre(0, 1, 2));  // once, and two more times
  for (const Trial& trial : study.trials()) EXPECT_EQ(trial.state, TrialState::kFail);
  EXPECT_TRUE(counts(study.trials().back()));
  EXPECT_FALSE(counts(study.trials().front()));
}

/// The last heartbeat of a trial is a minute ago.
void silence(const std::filesystem::path& file, const Trial& trial) {
  SqliteDatabase(file).execute(
      "UPDATE trial_heartbeats SET heartbeat = datetime('now', '-61 seconds') WHERE trial_id = " +
      std::to_string(trial.id));
}

TEST_F(StudyFile, AHeartbeatThatStoppedIsAProcessThatIsGone) {
  Study study = minimizing(file());
  TrialPlan plan = plan_of(space_, 9);
  plan.claim = [&](const Trial& trial) { study.set_user_attribute(trial.id, kPlace, "elsewhere"); };
  const Trial trial = *study.begin_trial(plan);
  study.begin_trial(plan);
  EXPECT_EQ(study.trial(trial.id).state, TrialState::kRunning);
  silence(file(), trial);
  study.begin_trial(plan);
  EXPECT_EQ(study.trial(trial.id).state, TrialState::kFail);
  EXPECT_FALSE(study.finish(trial.id, TrialState::kComplete, {1.0})) << "another process has taken it over";
}

TEST_F(StudyFile, ASilentTrialIsLeftToItsOwnerWhereThatIsThere) {
  Study study = minimizing(file());
  TrialPlan plan = plan_of(space_, 9);
  const Trial of_optuna = *study.begin_trial(plan);  // without a place: its heartbeats may be rarer than ours
  plan.claim = [&](const Trial& trial) { study.set_user_attribute(trial.id, kPlace, "here"); };
  plan.holder = [](const Trial& trial) {
    return trial.user_attribute(kPlace) == nullptr ? Holder::kUnknown : Holder::kThere;
  };
  const Trial held = *study.begin_trial(plan);
  silence(file(), of_optuna);
  silence(file(), held);
  study.begin_trial(plan);
  EXPECT_EQ(study.trial(of_optuna.id).state, TrialState::kRunning);
  EXPECT_EQ(study.trial(held.id).state, TrialState::kRunning);
}

TEST_F(StudyFile, AnOrphanFailsAlsoWhereNothingIsLeftToTry) {
  Study study = minimizing(file());
  TrialPlan plan = plan_of(space_, 9);
  const Trial orphan = *study.begin_trial(plan);
  plan.most_retries = 0;
  plan.holder = [](const Trial&) { return Holder::kGone; };
  plan.suggest = [](const std::vector<Trial>&, const Trial&) { return std::optional<Assignment>(); };
  EXPECT_FALSE(study.begin_trial(plan));
  ASSERT_EQ(study.trials().size(), 1U);
  EXPECT_EQ(study.trial(orphan.id).state, TrialState::kFail);
}

TEST_F(StudyFile, ATrialThatBreaksIsGivenBackAFewTimesAndInterruptionsDoNotCount) {
  Study study = minimizing(file());
  const TrialPlan plan = plan_of(space_, 1);
  for (int i = 0; i < 5; ++i) study.give_back(*study.begin_trial(plan), kInterrupted, kAnyRetries);
  for (int i = 0; i < 3; ++i) {
    const std::optional<Trial> trial = study.begin_trial(plan);
    ASSERT_TRUE(trial) << i;
    study.give_back(*trial, "out of memory", 2);
  }
  EXPECT_FALSE(study.begin_trial(plan));
  EXPECT_EQ(study.trials().size(), 8U);
  EXPECT_TRUE(counts(study.trials().back()));
  EXPECT_EQ(study.trials().back().user_attribute(kWhyFailed)->as_string(), "out of memory");
  EXPECT_EQ(first_try(study.trials().back()), 0);
}

TEST_F(StudyFile, AFailedTrialKeepsItsReason) {
  Study study = minimizing(file());
  const Trial trial = *study.begin_trial(plan_of(space_, 9));
  study.finish(trial.id, TrialState::kFail, {}, "the loss is not finite");
  EXPECT_EQ(study.trial(trial.id).user_attribute(kWhyFailed)->as_string(), "the loss is not finite");
  EXPECT_TRUE(counts(study.trial(trial.id)));
}

TEST_F(StudyFile, GoesByTheMetricThatItWasBegunWith) {
  minimizing(file());
  const auto open = [&](std::vector<std::string> names) {
    Study({.file = file(), .name = "study", .directions = {Direction::kMinimize}, .metric_names = std::move(names)});
  };
  EXPECT_THAT(failure([&] { open({"brier"}); }),
              HasSubstr(R"(the study 'study' goes by ["loss"], search.metric asks for ["brier"])"));
  // One that names none gets a name.
  SqliteDatabase(file()).execute("DELETE FROM study_system_attributes");
  open({"brier"});
  EXPECT_THAT(failure([&] { minimizing(file()); }), HasSubstr(R"(goes by ["brier"])"));
}

TEST_F(StudyFile, EndsOfARangeMayChangeAndChoicesMayNot) {
  Study study = minimizing(file());
  study.begin_trial(plan_of(space_, 9));
  study.require_compatible(space_of("x: {float: [-3, 7]}\nanother: {choice: [1, 2]}\n"));
  EXPECT_THAT(failure([&] { study.require_compatible(space_of("c: {choice: [a, 2]}\n")); }),
              AllOf(HasSubstr("search.space.c: the study 'study' has values out of"), HasSubstr("choices may not")));
  EXPECT_THAT(failure([&] { study.require_compatible(space_of("x: {log: [0.1, 1]}\n")); }),
              HasSubstr("search.space.x"));
}

TEST_F(StudyFile, KnowsFileSystemsThatOthersWriteToAsWell) {
  for (const uint32_t type : {0x6969U, 0x65735546U, 0x00C36400U, 0x47504653U, 0x19830326U}) {
    EXPECT_TRUE(is_network_file_system(type)) << type;
  }
  for (const uint32_t type : {0xEF53U, 0x58465342U, 0x9123683EU, 0x01021994U, 0x794C7630U}) {  // ext4 ... overlay
    EXPECT_FALSE(is_network_file_system(type)) << type;
  }
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

// Each round a fresh file: who finds none asks for the write-ahead log, and that moment is short.
TEST_F(StudyFile, ProcessesThatBeginAtOnceShareOneStudy) {
  for (int round = 0; round < 40; ++round) {
    const std::filesystem::path fresh = folder_ / std::to_string(round) / "study.db";
    std::filesystem::create_directory(fresh.parent_path());
    int gate[2];
    ASSERT_EQ(::pipe(gate), 0);
    std::vector<pid_t> children;
    for (int i = 0; i < 6; ++i) {
      children.push_back(test::start_child([&] {
        ::close(gate[1]);
        char byte = 0;
        if (::read(gate[0], &byte, 1) != 0) return 2;  // until the parent closes it
        Study study = minimizing(fresh);
        return study.id() == 1 ? 0 : 1;
      }));
    }
    ::close(gate[0]);
    ::close(gate[1]);
    for (const pid_t child : children) EXPECT_EQ(test::wait_for(child), 0) << "round " << round;
  }
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
