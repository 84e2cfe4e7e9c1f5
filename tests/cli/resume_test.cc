#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>

#include "cli/program.h"
#include "cli/run_files.h"
#include "cli/small_run.h"

// rift train --resume and --init-from: what goes on, what is refused and with which words.
namespace rift::test {
namespace {

namespace fs = std::filesystem;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

class Resume : public testing::Test {
 protected:
  void SetUp() override {
    write_small_run(folder_, R"(optim: {lr: 5.0e-4, head_lr: 5.0e-3, batch_rows: 8, epochs: 2}
train: {checkpoint_every_steps: 3, evaluations_per_epoch: 2, early_stopping: {patience: 0}}
)");
  }

  ProgramRun train(const std::string& out, std::vector<std::string> more = {}) const {
    std::vector<std::string> words = {
        "train", (folder_ / "run.yaml").string(), "--out", (folder_ / out).string(), "--threads", "1"};
    words.insert(words.end(), more.begin(), more.end());
    return run_program(words);
  }

  /// A run that was stopped after its training, before its package: checkpoints lie there.
  void stopped(const std::string& out) const {
    ASSERT_EQ(train(out).status, 0);
    for (const char* name : {"manifest.json", "metrics.json", "predictions.parquet", "report.json", "report.html"})
      fs::remove(folder_ / out / name);
    fs::remove_all(folder_ / out / "package");
  }

  void expect_refused(const ProgramRun& run, const std::string& what) const {
    EXPECT_EQ(run.status, 2) << run.err;
    EXPECT_THAT(run.err, AllOf(HasSubstr("belongs to another run"), HasSubstr(what), HasSubstr("without --resume")));
  }

  TempDirectory folder_;
};

TEST_F(Resume, OfAFinishedRunSaysSoAndShowsItAgain) {
  const ProgramRun first = train("run", {"--json"});
  ASSERT_EQ(first.status, 0) << first.err;
  const auto files = files_of(folder_ / "run");
  const ProgramRun again = train("run", {"--json", "--resume"});
  EXPECT_EQ(again.status, 0) << again.err;
  EXPECT_THAT(again.err, HasSubstr("finished before, nothing to do"));
  EXPECT_EQ(again.out, first.out);
  EXPECT_EQ(files_of(folder_ / "run"), files);
  const ProgramRun other = train("run", {"--resume", "--set", "optim.lr=0.001"});
  EXPECT_EQ(other.status, 2);
  EXPECT_THAT(other.err, HasSubstr("options.optim.lr: 5e-04 then, 0.001 now"));
}

TEST_F(Resume, IsRefusedByTheSettingThatChanged) {
  stopped("run");
  expect_refused(train("run", {"--resume", "--set", "optim.lr=0.001"}), "settings.optim.lr: 5e-04 then, 0.001 now");
  expect_refused(train("run", {"--resume", "--set", "optim.epochs=3"}), "settings.optim.epochs: 2.0 then, 3.0 now");
  expect_refused(train("run", {"--resume", "--set", "split.seed=2"}), "made_from.split: changed");
  // How often checkpoints are written decides nothing.
  const ProgramRun more_often = train("run", {"--resume", "--set", "train.checkpoint_every_steps=2"});
  EXPECT_EQ(more_often.status, 0) << more_often.err;
  EXPECT_THAT(more_often.err, HasSubstr("going on from a checkpoint"));
}

TEST_F(Resume, IsRefusedByTheDataThatChanged) {
  stopped("run");
  const std::string rows = text_of(folder_ / "rows.csv");
  folder_.write("rows.csv", rows + "the loan,late\n");
  expect_refused(train("run", {"--resume"}), "made_from.files.records rows.csv: changed");
  folder_.write("rows.csv", rows);
  Json config = parse_json(text_of(folder_ / "base/config.json"), "config.json");
  const Json before = config;
  config["hidden_dropout_prob"] = 0.25;
  folder_.write("base/config.json", to_json_text(config));
  expect_refused(train("run", {"--resume"}), "model.config.hidden_dropout_prob: 0.1 then, 0.25 now");
  folder_.write("base/config.json", to_json_text(before));
  std::string weights = text_of(folder_ / "base/model.safetensors");
  weights.back() = static_cast<char>(weights.back() ^ 1);
  folder_.write("base/model.safetensors", weights);
  expect_refused(train("run", {"--resume"}), "model.weights: changed");
}

TEST_F(Resume, IsRefusedByTheLibraryThatChanged) {
  stopped("run");
  for (const auto& entry : fs::directory_iterator(folder_ / "run/checkpoints")) {
    const fs::path file = entry.path() / "state.json";
    Json state = parse_json(text_of(file), "state.json");
    state["run"]["libraries"]["libtorch"] = "1.0.0";  // as if an earlier build had begun it
    write_plainly(file, to_json_text(state));
  }
  expect_refused(train("run", {"--resume"}), R"(libraries.libtorch: "1.0.0" then, )");
}

TEST_F(Resume, MoreEpochsAreAddedToAFinishedRunAsIfItHadBegunWithThem) {
  for (const char* schedule : {"linear", "plateau"}) {
    SCOPED_TRACE(schedule);
    const std::vector<std::string> settings = {"--set", std::string("optim.schedule=") + schedule};
    const auto with_more = [&](std::vector<std::string> words) {
      words.insert(words.end(), {"--set", "optim.more_epochs=2"});
      words.insert(words.end(), settings.begin(), settings.end());
      return words;
    };
    const std::string whole = std::string("whole ") + schedule, run = std::string("run ") + schedule;
    ASSERT_EQ(train(whole, with_more({})).status, 0);
    ASSERT_EQ(train(run, settings).status, 0);
    EXPECT_NE(text_of(folder_ / run / "log.jsonl"), text_of(folder_ / whole / "log.jsonl"));
    const ProgramRun more = train(run, with_more({"--resume"}));
    ASSERT_EQ(more.status, 0) << more.err;
    EXPECT_THAT(more.err, AllOf(HasSubstr("a finished run goes on"), HasSubstr("going on from a checkpoint")));
    expect_same_run(folder_ / run, folder_ / whole);
  }
  ProgramRun refused = train("run linear", {"--resume", "--set", "optim.more_epochs=3"});
  EXPECT_EQ(refused.status, 2);
  EXPECT_THAT(refused.err, HasSubstr("optim.more_epochs: 2.0 then, 3.0 now"));
  fs::remove(folder_ / "run linear/metrics.json");
  refused = train("run linear", {"--resume", "--set", "optim.more_epochs=3"});
  EXPECT_EQ(refused.status, 2);
  EXPECT_THAT(refused.err, HasSubstr("one of the 2 epochs that were added to it"));
}

TEST_F(Resume, AnAdapterOfPeftsFormIsAStartToo) {
  const auto lora = [&](const std::string& out, int rank, std::vector<std::string> more) {
    const auto tuning = "tuning={method: lora, rank: " + std::to_string(rank) + ", alpha: 4}";
    more.insert(more.end(), {"--set", tuning});
    return train(out, more);
  };
  ASSERT_EQ(lora("first", 2, {}).status, 0);
  const std::vector<std::string> start = {"--init-from", (folder_ / "first/package/adapter").string()};
  const ProgramRun next = lora("next", 2, start);
  ASSERT_EQ(next.status, 0) << next.err;
  EXPECT_THAT(next.err, HasSubstr("started from an adapter"));
  EXPECT_NE(text_of(folder_ / "next/log.jsonl"), text_of(folder_ / "first/log.jsonl"));
  const ProgramRun refused = lora("refused", 3, start);
  EXPECT_EQ(refused.status, 2);
  EXPECT_THAT(refused.err, HasSubstr("tuning.rank: the adapter has 2, got 3"));
  // Another adapter is another run.
  ASSERT_EQ(lora("other", 2, {"--set", "train.seed=2"}).status, 0);
  fs::remove(folder_ / "next/manifest.json");
  fs::remove(folder_ / "next/metrics.json");
  expect_refused(lora("next", 2, {"--resume", "--init-from", (folder_ / "other/package/adapter").string()}),
                 "model.weights: changed");
}

TEST_F(Resume, AStartThatIsNotThereIsNamed) {
  const ProgramRun refused = train("refused", {"--init-from", "nowhere"});
  EXPECT_EQ(refused.status, 4);
  EXPECT_THAT(refused.err, HasSubstr("--init-from nowhere: there is nothing of that name"));
}

TEST_F(Resume, AStartTakesTheWeightsAndNothingElse) {
  ASSERT_EQ(train("first").status, 0);
  // A fresh optimizer and schedule: of the first run only its package matters.
  fs::create_directories(folder_ / "moved");
  fs::copy(folder_ / "first/package", folder_ / "moved/package", fs::copy_options::recursive);
  for (const char* from : {"first", "moved/package"}) {
    const ProgramRun next = train(std::string("from ") + from, {"--init-from", (folder_ / from).string()});
    ASSERT_EQ(next.status, 0) << next.err;
  }
  const auto log = text_of(folder_ / "from first/log.jsonl");
  EXPECT_EQ(log, text_of(folder_ / "from moved/package/log.jsonl"));
  EXPECT_NE(log, text_of(folder_ / "first/log.jsonl"));
  const Json step = parse_json(log.substr(0, log.find('\n')), "log.jsonl");
  EXPECT_EQ(step.at("step").as_int(), 1);
  // Without it, it is another run that is asked for.
  fs::remove(folder_ / "from first/manifest.json");
  expect_refused(train("from first", {"--resume"}), "model.weights: changed");
}

}  // namespace
}  // namespace rift::test
