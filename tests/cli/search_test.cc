#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <csignal>
#include <set>
#include <string>
#include <vector>

#include "cli/program.h"
#include "cli/tiny_model.h"
#include "rift/base/json.h"

// rift search as a user runs it, on a BERT of width 32 and sentences of its own words.
namespace rift::test {
namespace {

namespace fs = std::filesystem;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

class Search : public testing::Test {
 protected:
  void SetUp() override {
    write_tiny_model(folder_ / "model");
    folder_.write("train.csv", rows(0, 90, false));
    folder_.write("validation.csv", rows(90, 60, false));
    folder_.write("test.csv", rows(150, 60, false));
    write_run(kSpace);
  }

  /// Late loans speak of word20 to word29 more often, not always.
  static std::string rows(int first, int count, bool turned) {
    std::string csv = "note,outcome\n";
    for (int row = first; row < first + count; ++row) {
      const bool late = (row * 7) % 5 < 2;
      const bool hint = (row * 11) % 6 != 0 ? late : !late;
      csv += "the loan word" + std::to_string(hint ? 20 + row % 10 : 40 + row % 10) + " paid word" +
             std::to_string(10 + row % 7) + (late != turned ? ",late\n" : ",good\n");
    }
    return csv;
  }

  static constexpr const char* kSpace =
      "  space:\n"
      "    optim.lr: {log: [1.0e-4, 1.0e-1]}\n"
      "    optim.batch_rows: {choice: [8, 16]}\n"
      "    tuning.method: {choice: [lora, head]}\n"
      "    tuning.rank: {int: [1, 4], when: {tuning.method: lora}}\n";

  void write_run(const std::string& search, const std::string& epochs = "2") {
    folder_.write("run.yaml",
                  "data: {source: train.csv, label: {column: outcome, positive: [late]}, columns: {note: text}}\n"
                  "split: {kind: files, validation: validation.csv, test: test.csv}\n"
                  "model: {text: {backbone: model, columns: [note], max_tokens: 16}}\n"
                  "optim: {epochs: " +
                      epochs +
                      "}\n"
                      "train: {precision: f32, early_stopping: {patience: 0}}\n"
                      "search:\n" +
                      search);
  }

  std::vector<std::string> words(const std::string& out, int trials, std::vector<std::string> more = {}) const {
    std::vector<std::string> all = {"search", path("run.yaml"), "--out", path(out), "--trials", std::to_string(trials),
                                    "--json", "--threads",      "1",     "--quiet"};
    all.insert(all.end(), more.begin(), more.end());
    return all;
  }
  Json search(const std::string& out, int trials, std::vector<std::string> more = {}) const {
    const ProgramRun run = run_program(words(out, trials, std::move(more)));
    EXPECT_EQ(run.status, 0) << run.err;
    return run.status == 0 ? parse_json(run.out, "search") : Json();
  }
  /// With the log of what is done.
  static std::vector<std::string> aloud(std::vector<std::string> words) {
    std::erase(words, "--quiet");
    return words;
  }
  static std::string trials_of(const Json& search) { return to_json_text(search.at("trials"), 1); }
  std::string path(const std::string& name) const { return (folder_ / name).string(); }
  TempDirectory folder_;
};

TEST_F(Search, FindsTrainsAndPublishesTheWinner) {
  const Json found = search("out", 14);
  EXPECT_EQ(found.at("counts").at("complete").as_int(), 14);
  EXPECT_EQ(found.at("saw_validation").as_int(), 14);
  EXPECT_EQ(found.at("validation_rows").as_int(), 60);
  double best = 0;
  std::set<std::string> seen;
  for (const Json& trial : found.at("trials").as_array()) {
    best = std::max(best, trial.at("values").at(size_t{0}).as_double());
    EXPECT_EQ(trial.at("settings").contains("tuning.rank"), trial.at("settings").at("tuning.method") == Json("lora"));
    seen.insert(to_json_text(trial.at("settings")));
  }
  EXPECT_EQ(seen.size(), 14U);
  const Json& winner = found.at("trials").at(static_cast<size_t>(found.at("winner").as_int()));
  EXPECT_EQ(winner.at("values").at(size_t{0}).as_double(), best);
  // Trained again it is the same model: its validation rows say the same.
  const Json metrics = parse_json(text_of(folder_ / "out/metrics.json"), "metrics.json");
  EXPECT_NEAR(metrics.at("validation").at("auc").at("value").as_double(), best, 1e-12);
  EXPECT_EQ(found.at("test"), metrics.at("test"));
  EXPECT_EQ(found.at("optimism").at("apparent").as_double(), best);
  EXPECT_EQ(found.at("optimism").at("trials").as_int(), 14);
  double sum = 0;
  for (const Json& parameter : found.at("parameters").as_array()) sum += parameter.at("importance").as_double();
  EXPECT_NEAR(sum, 1.0, 1e-9);
  EXPECT_TRUE(fs::exists(folder_ / "out/package/rift.json"));
  const std::string page = text_of(folder_ / "out/report.html");
  EXPECT_THAT(page, AllOf(HasSubstr("id=\"search\""), HasSubstr("optim.batch_rows"), HasSubstr("is too good by")));
  EXPECT_FALSE(fs::exists(folder_ / "out/trials/rift/000000/checkpoints"));
  EXPECT_TRUE(fs::exists(folder_ / "out/trials/rift/000000/log.jsonl"));
  // A trial's run.yaml is a run: it gives the trial's figure.
  const ProgramRun again = run_program(
      {"train", path("out/trials/rift/000003/run.yaml"), "--out", path("again"), "--threads", "1", "--json"});
  ASSERT_EQ(again.status, 0) << again.err;
  EXPECT_NEAR(parse_json(again.out, "train").at("validation").at("auc").at("value").as_double(),
              found.at("trials").at(size_t{3}).at("values").at(size_t{0}).as_double(), 1e-12);
}

TEST_F(Search, TrialsShareTheirRowsUnlessTheyReadThemOtherwise) {
  const ProgramRun shared = run_program(aloud(words("out", 5)));
  ASSERT_EQ(shared.status, 0) << shared.err;
  // Each trial asks for 90 and 60 to train, and for 60 to be judged.
  EXPECT_THAT(shared.err, HasSubstr(R"("rows of all trials","encoded":150,"used":1050)"));
  write_run("  space:\n    model.text.max_tokens: {choice: [4, 16]}\n    optim.lr: {log: [1.0e-4, 1.0e-1]}\n");
  const ProgramRun apart = run_program(aloud(words("apart", 5)));
  ASSERT_EQ(apart.status, 0) << apart.err;
  EXPECT_THAT(apart.err, Not(HasSubstr("rows of all trials")));
}

TEST_F(Search, NoTrialDependsOnATestRow) {
  const Json found = search("out", 5);
  folder_.write("test.csv", rows(150, 60, true));
  const Json turned = search("turned", 5);
  EXPECT_EQ(trials_of(found), trials_of(turned));
  EXPECT_EQ(found.at("optimism"), turned.at("optimism"));
  EXPECT_NE(found.at("test"), turned.at("test"));
}

TEST_F(Search, TheSameCommandGoesOnAndMoreTrialsAreAdded) {
  const std::string whole = trials_of(search("whole", 6));
  search("parts", 2);
  const Json four = search("parts", 4);
  EXPECT_EQ(four.at("counts").at("complete").as_int(), 4);
  EXPECT_EQ(trials_of(search("parts", 6)), whole);
  const Json same = search("parts", 6);
  EXPECT_EQ(trials_of(same), whole);
  EXPECT_FALSE(same.at("optimism").is_null());
  // Of another trial than the winner nothing is said in its place.
  fs::remove(folder_ / fmt::format("parts/trials/rift/{:06}/validation_scores.parquet", same.at("winner").as_int()));
  EXPECT_TRUE(search("parts", 6).at("optimism").is_null());
}

TEST_F(Search, AKilledTrialIsTakenUpAgainWhereItWas) {
  write_run(kSpace, "20");
  const auto say = words("out", 3, {"--set", "train.checkpoint_every_steps=30"});
  const int status = stop_program_at(
      start_program(folder_.path(), say),
      [&] { return fs::exists(folder_ / "out/trials/rift/000001/checkpoints/step-000030/state.json"); }, SIGKILL);
  EXPECT_EQ(status, 128 + SIGKILL);
  const ProgramRun again = run_program(aloud(say));
  ASSERT_EQ(again.status, 0) << again.err;
  EXPECT_THAT(again.err, HasSubstr("going on from a checkpoint"));
  const Json found = parse_json(again.out, "search");
  EXPECT_EQ(found.at("counts").at("complete").as_int(), 3);
  EXPECT_EQ(found.at("saw_validation").as_int(), 3);
  EXPECT_EQ(found.at("counts").at("failed").as_int(), 1);
  EXPECT_EQ(found.at("trials").at(size_t{1}).at("why").as_string(), "killed");
  EXPECT_EQ(found.at("trials").at(size_t{2}).at("settings"), found.at("trials").at(size_t{1}).at("settings"));
  EXPECT_FALSE(fs::exists(folder_ / "out/trials/rift/000002")) << "it went on in the directory of the first try";
  const Json whole = search("whole", 2, {"--set", "train.checkpoint_every_steps=30"});
  EXPECT_EQ(found.at("trials").at(size_t{2}).at("values"), whole.at("trials").at(size_t{1}).at("values"));
}

TEST_F(Search, AKilledTrialUnderAPrunerIsTakenUpAgainToo) {
  write_run(std::string(kSpace) + "  pruner: {kind: asha, reduction: 2}\n", "12");
  const std::vector<std::string> often = {"--set", "train.checkpoint_every_steps=10"};
  const int status = stop_program_at(
      start_program(folder_.path(), words("out", 4, often)),
      [&] { return fs::exists(folder_ / "out/trials/rift/000000/checkpoints/step-000020/state.json"); }, SIGKILL);
  EXPECT_EQ(status, 128 + SIGKILL);
  const ProgramRun again = run_program(aloud(words("out", 4, often)));
  ASSERT_EQ(again.status, 0) << again.err;
  EXPECT_THAT(again.err, HasSubstr("going on from a checkpoint"));
  const Json found = parse_json(again.out, "search");
  // The same trials as without the kill, of which one took two tries.
  const Json whole = search("whole", 4, often);
  ASSERT_EQ(found.at("trials").size(), 5U);
  EXPECT_EQ(found.at("trials").at(size_t{0}).at("why").as_string(), "killed");
  EXPECT_EQ(found.at("saw_validation").as_int(), 4);
  std::multiset<std::string> ours, theirs;
  for (const Json& trial : found.at("trials").as_array()) {
    if (trial.at("state").as_string() != "FAIL") ours.insert(to_json_text(trial.at("values")));
  }
  for (const Json& trial : whole.at("trials").as_array()) theirs.insert(to_json_text(trial.at("values")));
  EXPECT_EQ(ours.size(), theirs.size());
  EXPECT_EQ(to_json_text(found.at("trials").at(size_t{1}).at("values")),
            to_json_text(whole.at("trials").at(size_t{0}).at("values")));
}

TEST_F(Search, AKilledTrialCountsAsFailedWhereItIsNotTriedAgain) {
  write_run(std::string(kSpace) + "  most_retries: 0\n  metric: ks\n", "20");  // which evaluations do not tell
  const int status = stop_program_at(
      start_program(folder_.path(), words("out", 2)),
      [&] { return text_of(folder_ / "out/trials/rift/000000/log.jsonl").size() > 8000; }, SIGKILL);
  EXPECT_EQ(status, 128 + SIGKILL);
  const Json found = search("out", 2);
  ASSERT_EQ(found.at("trials").size(), 2U);
  EXPECT_EQ(found.at("trials").at(size_t{0}).at("why").as_string(), "killed");
  EXPECT_EQ(found.at("counts").at("failed").as_int(), 1);
  EXPECT_EQ(found.at("counts").at("complete").as_int(), 1);
  EXPECT_EQ(found.at("saw_validation").as_int(), 2) << "the killed one was evaluated, too";
}

TEST_F(Search, ATrialThatBreaksTheProcessIsTriedAFewTimesAndNoMore) {
  write_run(std::string(kSpace) + "  most_retries: 1\n");
  fs::create_directories(folder_ / "out/trials/rift/000000/run.yaml/in the way");  // as a full disk would
  for (int i = 0; i < 2; ++i) EXPECT_EQ(run_program(words("out", 2)).status, 6) << i;
  const Json found = search("out", 2);
  EXPECT_EQ(found.at("counts").at("complete").as_int(), 1);
  EXPECT_EQ(found.at("counts").at("failed").as_int(), 2);
  EXPECT_THAT(found.at("trials").at(size_t{1}).at("why").as_string(), HasSubstr("run.yaml"));
}

TEST_F(Search, WhereAllTrialsFailTheSearchFails) {
  write_run("  space:\n    optim.lr: {float: [1.0e+30, 2.0e+30]}\n");
  const ProgramRun two = run_program(words("out", 2));
  EXPECT_EQ(two.status, 3) << two.out << two.err;
  EXPECT_THAT(two.err, HasSubstr("none of 2 trials is complete; trial 0 failed: "));
  const ProgramRun three = run_program(words("out", 9));
  EXPECT_EQ(three.status, 3);
  EXPECT_THAT(three.err, HasSubstr("the first 3 trials failed: "));
}

TEST_F(Search, ANewWinnerTakesTheEarlierOnesPlace) {
  const std::vector<std::string> often = {"--set", "train.checkpoint_every_steps=1"};
  const Json first = search("out", 1, often);
  EXPECT_EQ(first.at("winner").as_int(), 0);
  ASSERT_TRUE(fs::exists(folder_ / "out/checkpoints"));
  const Json found = search("out", 14, often);
  ASSERT_NE(found.at("winner").as_int(), 0);
  const Json& winner = found.at("trials").at(static_cast<size_t>(found.at("winner").as_int()));
  EXPECT_NEAR(parse_json(text_of(folder_ / "out/metrics.json"), "m").at("validation").at("auc").at("value").as_double(),
              winner.at("values").at(size_t{0}).as_double(), 1e-12);
}

TEST_F(Search, OverwriteReplacesATrainingAndItsCheckpoints) {
  const ProgramRun train = run_program(
      {"train", path("run.yaml"), "--out", path("out"), "--threads", "1", "--set", "train.checkpoint_every_steps=1"});
  ASSERT_EQ(train.status, 0) << train.err;
  EXPECT_TRUE(search("out", 2, {"--overwrite"}).contains("test"));
}

TEST_F(Search, AStopBeforeTheReportDoesNotKeepTheSameCommandOut) {
  fs::create_directories(folder_ / "out/metrics.json/in the way");
  EXPECT_EQ(run_program(words("out", 1)).status, 6);
  EXPECT_TRUE(fs::exists(folder_ / "out/search.json"));
  fs::remove_all(folder_ / "out/metrics.json");
  folder_.write("out/metrics.json", "{}");  // without a manifest: the kill came right after it
  EXPECT_TRUE(search("out", 1).contains("test"));
}

TEST_F(Search, CtrlCKeepsTheTrialAndSaysHowToGoOn) {
  write_run(kSpace, "20");
  const int status = stop_program_at(
      start_program(folder_.path(), words("out", 2)),
      [&] { return text_of(folder_ / "out/trials/rift/000000/log.jsonl").size() > 2000; }, SIGINT);
  EXPECT_EQ(status, 130);
  EXPECT_THAT(text_of(folder_ / "stderr"),
              AllOf(HasSubstr("Go on with"), HasSubstr("rift search"), Not(HasSubstr("--resume"))));
  const Json found = search("out", 2);
  EXPECT_EQ(found.at("trials").at(size_t{0}).at("why").as_string(), "interrupted");
  EXPECT_EQ(found.at("counts").at("complete").as_int(), 2);
}

TEST_F(Search, SeveralProcessesShareAStudyAndOnePublishes) {
  std::vector<TempDirectory> said(3);
  std::vector<pid_t> pids;
  for (const TempDirectory& one : said) pids.push_back(start_program(one.path(), words("out", 9)));
  int published = 0;
  for (size_t i = 0; i < pids.size(); ++i) {
    EXPECT_EQ(wait_for(pids[i]), 0) << text_of(said[i] / "stderr");
    published += parse_json(text_of(said[i] / "stdout"), "search").contains("test");
  }
  EXPECT_GE(published, 1);
  const Json found = search("out", 9);
  EXPECT_EQ(found.at("counts").at("complete").as_int(), 9);
  EXPECT_EQ(found.at("trials").size(), 9U);
}

TEST_F(Search, APrunerStopsTrialsThatLagBehind) {
  write_run(std::string(kSpace) + "  pruner: {kind: asha, reduction: 2}\n", "6");
  const Json found = search("out", 12);
  const int64_t pruned = found.at("counts").at("pruned").as_int();
  EXPECT_GT(pruned, 2);
  EXPECT_EQ(found.at("counts").at("complete").as_int() + pruned, 12);
  for (const Json& trial : found.at("trials").as_array()) {
    EXPECT_EQ(trial.at("state").as_string() == "PRUNED", trial.at("evaluations").as_int() < 6);
  }
}

TEST_F(Search, TwoMetricsKeepTheFront) {
  write_run(std::string(kSpace) + "  metric: {name: accuracy, second: brier}\n");
  const Json found = search("out", 8);
  EXPECT_EQ(found.at("metrics").size(), 2U);
  const auto value = [&](const Json& trial, size_t k) { return trial.at("values").at(k).as_double(); };
  const auto dominates = [&](const Json& a, const Json& b) {
    return value(a, 0) >= value(b, 0) && value(a, 1) <= value(b, 1) &&
           (value(a, 0) > value(b, 0) || value(a, 1) < value(b, 1));
  };
  const std::vector<Json>& trials = found.at("trials").as_array();
  ASSERT_EQ(trials.size(), 8U);
  std::set<int64_t> undominated, front;
  for (size_t i = 0; i < trials.size(); ++i) {
    if (std::ranges::none_of(trials, [&](const Json& other) { return dominates(other, trials[i]); }))
      undominated.insert(static_cast<int64_t>(i));
  }
  for (const Json& number : found.at("front").as_array()) front.insert(number.as_int());
  EXPECT_EQ(front, undominated);
}

TEST_F(Search, GridTriesAllAndThenEndsBeforeTheNumber) {
  write_run(
      "  sampler: grid\n  space:\n    optim.lr: {log: [1.0e-3, 1.0e-1], points: 2}\n    optim.batch_rows: "
      "{choice: [8, 16]}\n");
  const Json found = search("out", 100);
  EXPECT_EQ(found.at("counts").at("complete").as_int(), 4);
}

TEST_F(Search, RefusesASpaceThatDoesNotFitBeforeAnyTrial) {
  const auto refused = [&](const std::string& search) {
    write_run(search);
    const ProgramRun run = run_program(words("refused", 3));
    EXPECT_EQ(run.status, 2) << run.out << run.err;
    EXPECT_FALSE(fs::exists(folder_ / "refused/study.db"));
    return run.err;
  };
  EXPECT_THAT(refused("  space: {}\n"), HasSubstr("search.space is empty"));
  EXPECT_THAT(refused("  space: {optim.lr: {log: [1.0e-3, 1.0e-2], points: 3}}\n"),
              HasSubstr("search.space.optim.lr.points: only the grid takes points"));
  EXPECT_THAT(refused("  space: {optim.lrr: {log: [1, 2]}}\n"),
              AllOf(HasSubstr("search.space.optim.lrr"), HasSubstr("did you mean 'lr'")));
  EXPECT_THAT(refused("  space: {optim.lr: {float: [-1, 1]}}\n"), HasSubstr("with the value -1"));
  EXPECT_THAT(refused("  space: {tuning.method: {choice: [lora, nothing]}}\n"), HasSubstr("with the value nothing"));
  EXPECT_THAT(refused("  space: {split.seed: {int: [1, 9]}}\n"), HasSubstr("the rows and how they are judged"));
  EXPECT_THAT(refused(std::string(kSpace) + "  metric: rmse\n"), HasSubstr("search.metric: a binary task has auc"));
  EXPECT_THAT(refused(std::string(kSpace) + "  metric: ks\n  pruner: {kind: asha}\n"),
              AllOf(HasSubstr("do not tell ks"), HasSubstr("auc, log_loss, accuracy, macro_f1, loss")));
  EXPECT_THAT(refused(std::string(kSpace) + "  metric: {name: auc, second: ks}\n  pruner: {kind: median}\n"),
              HasSubstr("search.metric has two"));
}

TEST_F(Search, GoesByWhatTheLossAddsToTheFigures) {
  for (const auto& [name, first] : {std::pair{"train.csv", 0}, {"validation.csv", 90}, {"test.csv", 150}}) {
    std::string csv = "note,amount\n";
    for (int row = first; row < first + 60; ++row) {
      csv += "the loan word" + std::to_string(20 + row % 30) + "," + std::to_string(100 + 10 * (row % 30) + row % 7) +
             "\n";
    }
    folder_.write(name, csv);
  }
  const auto write = [&](const std::string& search) {
    folder_.write("run.yaml",
                  "task: regression\ndata: {source: train.csv, label: {column: amount}, columns: {note: text}}\n"
                  "split: {kind: files, validation: validation.csv, test: test.csv}\n"
                  "model: {text: {backbone: model, columns: [note], max_tokens: 16}}\n"
                  "objective: {loss: quantile}\noptim: {epochs: 1}\n"
                  "train: {precision: f32, early_stopping: {patience: 0}}\nsearch:\n" +
                      search);
  };
  write("  metric: pinball\n  space: {optim.lr: {log: [1.0e-4, 1.0e-1]}}\n");
  const Json found = search("out", 3);
  const Json& winner = found.at("trials").at(static_cast<size_t>(found.at("winner").as_int()));
  const Json metrics = parse_json(text_of(folder_ / "out/metrics.json"), "metrics.json");
  EXPECT_NEAR(metrics.at("validation").at("pinball").at("value").as_double(),
              winner.at("values").at(size_t{0}).as_double(), 1e-9);
  write("  metric: pinball\n  space: {objective.loss.levels: {choice: [\"[0.5]\"]}}\n");
  EXPECT_THAT(run_program(words("refused", 1)).err, HasSubstr("cannot be compared between losses"));
  write("  metric: deviance\n  space: {optim.lr: {log: [1.0e-4, 1.0e-1]}}\n");
  EXPECT_THAT(run_program(words("refused", 1)).err, HasSubstr("a regression task has rmse, mae, r2, loss, pinball"));
}

TEST_F(Search, RefusesAStudyOfOtherRowsSettingsOrRanges) {
  const auto refused = [&](std::vector<std::string> more = {}) {
    const ProgramRun other = run_program(words("out", 2, std::move(more)));
    EXPECT_EQ(other.status, 2) << other.out << other.err;
    return other.err;
  };
  search("out", 1);
  folder_.write("validation.csv", rows(90, 60, true));
  EXPECT_THAT(refused(), AllOf(HasSubstr("was begun on other rows, settings or files"), HasSubstr("records")));
  folder_.write("validation.csv", rows(90, 50, false));
  EXPECT_THAT(refused(), HasSubstr("split: changed"));
  folder_.write("validation.csv", rows(90, 60, false));
  EXPECT_THAT(refused({"--set", "train.seed=2"}), HasSubstr("options.train.seed: not there then"));
  EXPECT_THAT(refused({"--set", "optim.epochs=3"}), HasSubstr("options.optim.epochs: 2 then, 3 now"));
  const std::string config = text_of(folder_ / "model/config.json");
  folder_.write("model/config.json", config + "\n");
  EXPECT_THAT(refused(), HasSubstr("backbone model config.json: changed"));
  folder_.write("model/config.json", config);
  EXPECT_THAT(refused({"--set", "search.metric=ap"}), HasSubstr("the study 'rift' goes by"));
  write_run("  space: {optim.lr: {log: [1.0e-4, 1.0e-1]}, optim.batch_rows: {choice: [32, 64]}}\n");
  EXPECT_THAT(refused(), HasSubstr("search.space.optim.batch_rows: the study 'rift' has values out of"));
  // What does not touch a trial's value may change: ends of ranges, the threshold of the decisions, checkpoints.
  write_run("  space: {optim.lr: {log: [1.0e-3, 1.0e-2]}, optim.batch_rows: {choice: [8, 16]}}\n");
  search("out", 2,
         {"--set", "train.checkpoint_every_steps=5", "--set", "policy={approve_below: 0.2, refuse_from: 0.6}"});
}

TEST_F(Search, StudiesOfOneFolderKeepToTheirOwnTrials) {
  const std::string one = trials_of(search("out", 2));
  const ProgramRun kept = run_program(words("out", 2, {"--study", "second/try"}));
  EXPECT_EQ(kept.status, 2);
  EXPECT_THAT(kept.err, HasSubstr("a finished run lies there")) << "the winner of another study";
  search("out", 2, {"--study", "second/try", "--overwrite", "--set", "train.seed=5"});
  EXPECT_TRUE(fs::exists(folder_ / "out/trials/second%2Ftry/000001"));
  EXPECT_EQ(trials_of(search("out", 2, {"--overwrite"})), one);
  const ProgramRun other = run_program(words("out", 2, {"--overwrite", "--storage", "sqlite:///" + path("other.db")}));
  EXPECT_EQ(other.status, 2);
  EXPECT_THAT(other.err, HasSubstr("the trials of another study of the name 'rift' lie there"));
}

TEST_F(Search, AFinishedRunOfAnotherKindIsKept) {
  const ProgramRun train = run_program({"train", path("run.yaml"), "--out", path("out"), "--threads", "1"});
  ASSERT_EQ(train.status, 0) << train.err;
  const ProgramRun refused = run_program(words("out", 2));
  EXPECT_EQ(refused.status, 2);
  EXPECT_THAT(refused.err, HasSubstr("a finished run lies there"));
  EXPECT_FALSE(fs::exists(folder_ / "out/study.db"));
}

}  // namespace
}  // namespace rift::test
