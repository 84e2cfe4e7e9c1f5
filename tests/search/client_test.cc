#include "support/client.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <thread>

#include "rift/search/parzen.h"
#include "rift/search/pruner.h"
#include "rift/search/study.h"
#include "rift/search/tpe.h"
#include "search/support.h"
#include "support/temp_directory.h"

// Beside Optuna 5.0.0 and optuna-dashboard on the same database, and scipy on the same densities.
namespace rift::search {
namespace {

using testing::ElementsAre;

const std::string kScripts = "tests/search/clients/";

class BesideOptuna : public testing::Test {
 protected:
  void SetUp() override {
    RIFT_SKIP_WITHOUT_CLIENTS();
    if (test::run_client(kScripts + "optuna_available.py", {}).status != 0) {
      GTEST_SKIP() << "Optuna is not in the clients' environment: run 'make clients'";
    }
  }

  std::filesystem::path file() const { return folder_ / "study.db"; }
  std::string run(const std::string& script, const std::vector<std::filesystem::path>& arguments) const {
    test::ClientRun run = test::run_client(kScripts + script, arguments);
    EXPECT_EQ(run.status, 0) << script << ": " << run.output;
    return run.status == 0 ? std::move(run.output) : std::string("{}");
  }
  Json answer(const std::string& script, const std::vector<std::filesystem::path>& arguments) const {
    const std::string output = run(script, arguments);
    const size_t begin = output.rfind("\n{");  // after what Python warns of
    return parse_json(output.substr(begin == std::string::npos ? 0 : begin + 1), script);
  }

  test::TempDirectory folder_;
  Space space_ = space_of(
      "x: {float: [0, 1]}\nlr: {log: [1e-6, 1e-2]}\nrank: {log_int: [2, 32]}\nrows: {int: [8, 64], step: 8}\n"
      "q: {float: [0, 1], step: 0.25}\nmethod: {choice: [lora, 3, true, 1.5]}\n");
};

TEST_F(BesideOptuna, ReadsOurStudyWhileItRuns) {
  Study study = minimizing(file());
  const TrialPlan plan = plan_of(space_, 10);
  const Trial done = *study.begin_trial(plan);
  study.report(done.id, 1, 0.75);
  study.finish(done.id, TrialState::kComplete, {0.5});
  const Trial pruned = *study.begin_trial(plan);
  study.report(pruned.id, 1, 0.9);
  study.finish(pruned.id, TrialState::kPruned, {0.9});
  study.give_back(*study.begin_trial(plan), kInterrupted, kAnyRetries);
  study.begin_trial(plan);  // it goes on with the one that waits
  const Trial running = *study.begin_trial(plan);
  study.report(running.id, 3, 0.25);

  const Json read = answer("read_study.py", {file(), "study"});
  const Json::Array& trials = read.at("trials").as_array();
  std::vector<std::string> states;
  for (const Json& trial : trials) states.push_back(trial.at("state").as_string());
  EXPECT_THAT(states, ElementsAre("COMPLETE", "PRUNED", "FAIL", "RUNNING", "RUNNING"));
  EXPECT_EQ(read.at("best"), (Json(Json::Array{0})));
  EXPECT_EQ(read.at("metric_names"), (Json(Json::Array{"loss"})));
  EXPECT_EQ(trials[4].at("intermediate").at("3").as_double(), 0.25);
  EXPECT_FALSE(trials[0].at("took_s").is_null());  // both times can be read; which clock they are of is no matter here
  const std::vector<Trial> ours = study.trials();
  for (size_t i = 0; i < ours.size(); ++i) {
    for (const auto& [name, parameter] : ours[i].parameters) {
      const Json& theirs = trials[i].at("params").at(name);
      if (parameter.distribution.is_categorical()) {
        EXPECT_EQ(theirs, parameter.external()) << name;
      } else {
        EXPECT_EQ(theirs.as_double(), parameter.value) << name;
      }
      EXPECT_EQ(to_optuna_json(parse_optuna_json(trials[i].at("distributions").at(name).as_string(), name)),
                to_optuna_json(parameter.distribution));
    }
  }
}

TEST_F(BesideOptuna, OurSearchGoesOnWithAStudyThatOptunaBegan) {
  run("write_study.py", {file(), "begun", "12"});
  const Space space = space_of(
      "x: {float: [-5, 5]}\nlr: {log: [1e-6, 1e-2]}\nrank: {log_int: [2, 32]}\nrows: {int: [8, 64], step: 8}\n"
      "method: {choice: [lora, head, 3, true]}\n");
  Study study = minimizing(file(), "begun");
  const std::vector<Trial> before = study.trials();
  ASSERT_EQ(before.size(), 13U);
  EXPECT_EQ(before[2].state, TrialState::kFail);
  EXPECT_EQ(before[12].state, TrialState::kWaiting);
  const TpeSampler sampler({.startup_trials = 5}, {.space = space, .directions = study.directions(), .seed = 1});
  TrialPlan plan = plan_of(space, 30);
  plan.suggest = [&](const std::vector<Trial>& trials, const Trial& trial) {
    return with_fixed(sampler, space, trial.system_attribute(kFixedParameters), trials, trial.number);
  };
  const auto pruner = make_pruner({.kind = AshaOptions{.reduction = 2}});
  bool first = true;
  int64_t begun = 0;
  while (const auto trial = study.begin_trial(plan)) {
    ++begun;
    if (std::exchange(first, false)) {  // what Optuna's enqueue_trial() left comes first
      EXPECT_EQ(trial->number, 12);
      EXPECT_EQ(trial->parameters.at("x").value, 0.125);
      EXPECT_EQ(trial->parameters.at("method").external(), Json("lora"));
    }
    const double x = trial->parameters.at("x").value;
    bool stopped = false;
    for (int64_t step = 1; step <= 4 && !stopped; ++step) {
      study.report(trial->id, step, x * x / double(step));
      stopped = pruner->stops(study, trial->id);
    }
    study.finish(trial->id, stopped ? TrialState::kPruned : TrialState::kComplete, {x * x});
  }
  EXPECT_EQ(begun, 30 - 11) << "12 trials of Optuna, of which one failed without a word of why";
  run("write_study.py", {file(), "begun", "3"});  // and Optuna goes on with ours
  const Json read = answer("read_study.py", {file(), "begun"});
  EXPECT_EQ(read.at("trials").size(), 13U + 18U + 3U + 1U);
  const size_t best = static_cast<size_t>(read.at("best").at(size_t{0}).as_int());
  EXPECT_EQ(read.at("trials").at(best).at("state").as_string(), "COMPLETE");
}

TEST_F(BesideOptuna, BothWorkOnOneStudyAtOnce) {
  constexpr int64_t kTrials = 40;
  const Space space = space_of("x: {float: [0, 1]}\nc: {choice: [a, 2, true]}\n");
  Study study = minimizing(file());
  std::thread optuna([&] { run("mixed_study.py", {file(), "study", std::to_string(kTrials)}); });
  TrialPlan plan = plan_of(space, kTrials);
  const auto by_optuna = [&] {
    int64_t count = 0;
    for (const Trial& trial : study.trials()) count += trial.user_attribute("by") != nullptr;
    return count;
  };
  int64_t ours = 0;
  while (study.trials().size() < kTrials) {
    // Slowly until Optuna is there, so that both have trials.
    std::this_thread::sleep_for(std::chrono::milliseconds(by_optuna() > 0 ? 1 : 500));
    const auto trial = study.begin_trial(plan);
    if (!trial) break;
    ++ours;
    EXPECT_TRUE(study.finish(trial->id, TrialState::kComplete, {trial->parameters.at("x").value}));
  }
  optuna.join();
  const int64_t theirs = by_optuna();
  EXPECT_GT(ours, 0);
  EXPECT_GT(theirs, 0);
  const Json read = answer("read_study.py", {file(), "study"});
  EXPECT_EQ(static_cast<int64_t>(read.at("trials").size()), ours + theirs);
  for (const Json& trial : read.at("trials").as_array()) {
    EXPECT_EQ(trial.at("state").as_string(), "COMPLETE");
    EXPECT_EQ(trial.at("params").at("x").as_double(), trial.at("values").at(size_t{0}).as_double());
  }
}

TEST_F(BesideOptuna, SeesTheFrontOfTwoObjectives) {
  Study study({.file = file(),
               .name = "two",
               .directions = {Direction::kMaximize, Direction::kMinimize},
               .metric_names = {"auc", "brier"}});
  for (const std::vector<double>& values : std::vector<std::vector<double>>{{0.8, 0.3}, {0.9, 0.35}, {0.7, 0.3}}) {
    study.finish(study.begin_trial(plan_of(space_, 9))->id, TrialState::kComplete, values);
  }
  const Json read = answer("read_study.py", {file(), "two"});
  EXPECT_EQ(read.at("best"), Json(Json::Array{0, 1}));
  EXPECT_EQ(read.at("directions"), Json(Json::Array{"MAXIMIZE", "MINIMIZE"}));
}

TEST_F(BesideOptuna, DashboardShowsOurStudyWhileItRuns) {
  Study study = minimizing(file());
  const Trial done = *study.begin_trial(plan_of(space_, 9));
  study.finish(done.id, TrialState::kComplete, {0.5});
  study.begin_trial(plan_of(space_, 9));
  const Json shown = answer("dashboard.py", {file(), "study"});
  EXPECT_EQ(shown.at("states"), Json(Json::Array{"Complete", "Running"}));
  EXPECT_EQ(shown.at("values").at(size_t{0}), Json(Json::Array{0.5}));
  EXPECT_EQ(shown.at("objective_names"), Json(Json::Array{"loss"}));
  EXPECT_EQ(shown.at("params").at(size_t{0}).size(), space_.dimensions().size());
}

// Continuous, logarithmic, in steps, whole numbers on a logarithmic scale; observations at the ends too.
TEST_F(BesideOptuna, DensityIsScipysMixtureOfCutNormals) {
  using Kind = Distribution::Kind;
  const std::vector<Distribution> axes = {
      {.kind = Kind::kFloat, .low = -5, .high = 10, .choices = {}},
      {.kind = Kind::kFloat, .low = 1e-6, .high = 1e-2, .log = true, .choices = {}},
      {.kind = Kind::kFloat, .low = 0, .high = 1, .step = 0.25, .choices = {}},
      {.kind = Kind::kInt, .low = 2, .high = 32, .log = true, .step = 1, .choices = {}}};
  Json cases = Json::array();
  std::vector<std::vector<double>> ours;
  for (const Distribution& axis : axes) {
    for (const int64_t count : {0, 1, 2, 7, 150}) {
      Draws draws(11, count);
      const auto some = [&](int64_t n) {
        std::vector<double> values;
        for (int64_t i = 0; i < n; ++i) {
          const double share = draws.uniform();
          values.push_back(axis.nearest(axis.log ? axis.low * std::pow(axis.high / axis.low, share)
                                                 : std::lerp(axis.low, axis.high, share)));
        }
        return values;
      };
      std::vector<double> seen = some(count), points = some(8);
      if (count > 2) seen.front() = axis.low;
      points.insert(points.end(), {axis.low, axis.high});
      std::vector<std::vector<double>> observations;
      for (const double value : seen) observations.push_back({value});
      const ParzenDensity density(std::span(&axis, 1), observations);
      ours.emplace_back();
      for (const double& point : points) ours.back().push_back(density.log_density(std::span(&point, 1)));
      cases.push_back({{"low", axis.low},
                       {"high", axis.high},
                       {"step", axis.step},
                       {"log", axis.log},
                       {"observations", Json(seen)},
                       {"points", Json(points)}});
    }
  }
  folder_.write("cases.json", to_json_text(cases));
  const Json theirs = parse_json(run("parzen_density.py", {folder_ / "cases.json"}), "scipy");
  ASSERT_EQ(theirs.size(), ours.size());
  for (size_t i = 0; i < ours.size(); ++i) {
    EXPECT_THAT(ours[i], testing::Pointwise(testing::DoubleNear(1e-8), theirs.at(i).as_doubles())) << "case " << i;
  }
}

}  // namespace
}  // namespace rift::search
