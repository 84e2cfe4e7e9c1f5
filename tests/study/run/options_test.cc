#include "rift/study/run/options.h"

#include <gtest/gtest.h>

#include "rift/base/files.h"
#include "support/failure.h"
#include "support/temp_directory.h"

namespace rift::study {
namespace {

class RunFile {
 public:
  explicit RunFile(std::string_view yaml) { write_file_atomic(path(), yaml); }
  std::filesystem::path path() const { return directory_.path() / "run.yaml"; }

 private:
  test::TempDirectory directory_;
};

constexpr std::string_view kSmallest = "data:\n  source: loans.csv\n  label: status\n";

TEST(ReadRun, NumbersThatTablesCannotHoldAreRefused) {
  const char* kRun = "examples/german_credit/run.yaml";
  for (const char* setting : {"train.seed=9007199254740993", "split.seed=9223372036854775807", "split.repeats=1001",
                              "policy.points.pdo=1e300", "policy.points.base=-1e300", "policy.points.pdo=0"}) {
    const std::string message = test::message_of(Code::kConfig, [&] { read_run(kRun, {setting}); });
    EXPECT_NE(message.find(" in "), std::string::npos) << message;
  }
  EXPECT_EQ(read_run(kRun, {"train.seed=9007199254739992"}).train.seed, 9007199254739992);
}

TEST(ReadRun, TheSmallestFileHasDefaultsForTheRest) {
  const RunOptions options = read_run(RunFile(kSmallest).path(), {});
  EXPECT_EQ(options.data.label.column, "status");
  EXPECT_EQ(options.compare.models.size(), 5u);
  EXPECT_EQ(options.optim.epochs, RunOptions{}.optim.epochs);
}

TEST(ReadRun, SetsAreYamlAndTheLastOneCounts) {
  const RunOptions options =
      read_run(RunFile(kSmallest).path(), {"optim.lr=1e-3", "optim.lr=2.0e-4", "task=multiclass",
                                           "compare.models=[gbdt, scorecard]", "split={kind: k_fold, k: 4}"});
  EXPECT_DOUBLE_EQ(options.optim.lr, 2e-4);
  EXPECT_EQ(options.task, data::Task::kMulticlass);
  EXPECT_EQ(options.compare.models, (std::vector{ModelKind::kGbdt, ModelKind::kScorecard}));
  EXPECT_EQ(std::get<data::KFoldSplit>(options.split.kind).k, 4);
}

TEST(ReadRun, FineTuneHoldsTheFivePartsOfAFineTuning) {
  const RunOptions options = read_run(RunFile(kSmallest).path(),
                                      {"model.text.max_tokens=64", "tuning.method=lora",
                                       "objective.anchor={kind: l2_sp, lambda: 0.5}", "optim.lr=0.1", "train.seed=7"});
  const train::FineTuneOptions fine_tune = options.fine_tune();
  EXPECT_EQ(fine_tune.text.max_tokens, 64);
  EXPECT_EQ(fine_tune.tuning.method_name(), "lora");
  EXPECT_DOUBLE_EQ(fine_tune.optim.lr, 0.1);
  EXPECT_EQ(fine_tune.train.seed, 7);
}

TEST(ReadRun, FaultsNameFileLineAndNearestKey) {
  const RunFile file("data:\n  source: loans.csv\n  label: status\noptim:\n  lrr: 0.1\n");
  const std::string message = test::message_of(Code::kConfig, [&] { read_run(file.path(), {}); });
  EXPECT_NE(message.find("run.yaml:5"), std::string::npos) << message;
  EXPECT_NE(message.find("did you mean 'lr'?"), std::string::npos) << message;
}

TEST(ReadRun, AFaultOfASetStandsOnNoLine) {
  const RunFile file(kSmallest);
  const std::string message = test::message_of(Code::kConfig, [&] { read_run(file.path(), {"optim.lr=-1"}); });
  EXPECT_NE(message.find("run.yaml: optim.lr: expected a number > 0"), std::string::npos) << message;
}

TEST(ReadRun, KeysThatNothingWouldReadAreRefused) {
  const RunFile file(kSmallest);
  const auto message = [&](const std::vector<std::string>& sets) {
    return test::message_of(Code::kConfig, [&] { read_run(file.path(), sets); });
  };
  EXPECT_NE(message({"split={kind: k_fold, fold: 0, repeats: 3}"}).find("split.repeats"), std::string::npos);
  EXPECT_NE(message({"optim.name=gd", "optim.accumulate=4"}).find("optim.accumulate"), std::string::npos);
  EXPECT_NE(message({"task=multiclass", "calibration=isotonic"}).find("calibration"), std::string::npos);
  EXPECT_NE(message({"task=regression", "calibration=platt"}).find("calibration"), std::string::npos);
  EXPECT_NE(message({"task=multiclass", "policy.approve_below=0.1"}).find("policy"), std::string::npos);
  for (const std::vector<std::string>& fine : {std::vector<std::string>{"split={kind: k_fold, repeats: 3}"},
                                               {"optim.name=sgd", "optim.accumulate=4"},
                                               {"calibration=isotonic", "policy.approve_below=0.1"},
                                               {"task=multiclass", "calibration=platt"},
                                               {"task=regression", "calibration=none"}}) {
    EXPECT_NO_THROW(read_run(file.path(), fine)) << fine.front();
  }
}

// Every value that the design of run.yaml names, and whether it is there yet.
struct Named {
  std::string_view key;
  std::vector<std::string_view> now;
  std::vector<std::string_view> later;
};

TEST(ReadRun, AValueOfALaterVersionIsToldFromATypingError) {
  const RunFile file(kSmallest);
  const std::vector<Named> all = {
      {"task", {"binary", "multiclass", "regression", "ordinal", "multilabel"}, {"anomaly", "forecast"}},
      {"data.columns.x", {"number", "date", "category", "text", "ignore"}, {"image", "audio", "events"}},
      {"split.kind", {"out_of_time", "k_fold", "random", "stratified", "group", "files"}, {}},
      {"model.text.from_table", {"never", "when_no_text", "always"}, {}},
      {"model.text.pooling", {"pooler", "cls", "mean", "last"}, {}},
      {"model.fusion.kind", {"stacking"}, {"gated", "attention"}},
      {"tuning.method",
       {"full", "head", "top_k", "gradual", "bitfit", "norm", "lora", "ia3", "bottleneck", "prompt", "prefix"},
       {}},
      {"objective.loss",
       {"bce", "cross_entropy", "focal", "asymmetric", "mse", "huber", "quantile", "poisson", "gamma", "tweedie",
        "corn", "auc"},
       {}},
      {"calibration", {"none", "platt", "isotonic", "temperature", "beta"}, {}},
      {"objective.class_weight", {"none", "balanced"}, {}},
      {"objective.anchor.kind", {"none", "l2", "l2_sp", "ewc", "distillation", "replay", "alignment"}, {}},
      {"optim.name", {"gd", "sgd", "adam", "adamw", "nadam", "lion", "adafactor"}, {}},
      {"optim.schedule", {"linear", "constant", "cosine", "polynomial", "one_cycle", "plateau"}, {}},
      {"train.precision", {"auto", "f32", "bf16"}, {"f16"}},
      {"train.early_stopping.metric", {"auc", "log_loss", "accuracy", "macro_f1", "loss"}, {}},
  };
  for (const auto& [key, now, later] : all) {
    const auto read = [&](std::string_view value) {
      std::vector<std::string> sets = {fmt::format("{}={}", key, value)};
      if (key.starts_with("objective.anchor.") && value != "none") sets.emplace_back("objective.anchor.lambda=0.1");
      read_run(file.path(), sets);
    };
    for (const std::string_view value : now) EXPECT_NO_THROW(read(value)) << key << "=" << value;
    for (const std::string_view value : later) {
      const std::string message = test::message_of(Code::kUnsupported, [&] { read(value); });
      EXPECT_NE(message.find(fmt::format("{}: this version of rift does not have '{}' yet; it has {}", key, value,
                                         now.front() == "number" ? "number, category" : now.front())),
                std::string::npos)
          << message;
    }
    test::message_of(Code::kConfig, [&] { read("nosuch"); });
  }
}

TEST(ReadRun, WhatIsMissingIsSaid) {
  test::message_of(Code::kArtefact, [] { read_run("no/such/run.yaml", {}); });
  const auto message = [](const RunFile& file, const std::vector<std::string>& sets) {
    return test::message_of(Code::kConfig, [&] { read_run(file.path(), sets); });
  };
  EXPECT_NE(message(RunFile("task: binary\n"), {}).find("data.source"), std::string::npos);
  EXPECT_NE(message(RunFile("data:\n  source: x.csv\n"), {}).find("data.label"), std::string::npos);
  EXPECT_NE(message(RunFile(kSmallest), {"optim.lr"}).find("key=value"), std::string::npos);
}

}  // namespace
}  // namespace rift::study
