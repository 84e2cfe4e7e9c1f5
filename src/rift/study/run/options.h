#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "rift/base/options.h"
#include "rift/data/options.h"
#include "rift/score/policy.h"
#include "rift/search/options.h"
#include "rift/study/curve/options.h"
#include "rift/train/options.h"

/// run.yaml as a whole. `rift schema` and docs/config.md are made from RunOptions.
namespace rift::study {

struct StackingOptions {
  int64_t folds = 3;
  template <class V>
  void visit(V& v) {
    v("folds", folds, "Folds of the out-of-fold scores, made within the training rows.", in_range(2, 20));
  }
};
inline constexpr std::array<std::string_view, 1> kFusionNames = {"stacking"};
inline constexpr std::array<std::string_view, 2> kLaterFusionNames = {"gated", "attention"};
struct FusionOptions {
  std::variant<StackingOptions> kind;
  template <class V>
  void visit(V& v) {
    v.choice("kind", kind, kFusionNames, "How several models become one.", kLaterFusionNames);
  }
};

struct ModelOptions {
  train::TextModelOptions text;
  FusionOptions fusion;
  template <class V>
  void visit(V& v) {
    v("text", text, "The pretrained text model.");
    v("fusion", fusion, "Fusion of the models of a comparison.");
  }
};

enum class ModelKind { kScorecard, kLogistic, kGbdt, kTextBaseline, kFineTuned, kFusion };
constexpr auto enum_names(ModelKind) {
  return std::to_array<EnumName<ModelKind>>({{ModelKind::kScorecard, "scorecard"},
                                             {ModelKind::kLogistic, "logistic"},
                                             {ModelKind::kGbdt, "gbdt"},
                                             {ModelKind::kTextBaseline, "text-baseline"},
                                             {ModelKind::kFineTuned, "fine-tuned"},
                                             {ModelKind::kFusion, "fusion"}});
}

struct CompareOptions {
  std::vector<ModelKind> models = {ModelKind::kScorecard, ModelKind::kGbdt, ModelKind::kTextBaseline,
                                   ModelKind::kFineTuned, ModelKind::kFusion};
  int64_t tries = 8;
  int64_t seeds = 1;
  template <class V>
  void visit(V& v) {
    v("models", models, "Models that are fitted, judged and published.");
    v("tries", tries, "Fixed settings among which scorecard, logistic, gbdt and text-baseline choose.", in_range(1, 8));
    v("seeds", seeds, "Seeds (train.seed, +1, ...) of the models that draw; figures are their mean.", in_range(1, 20));
  }
};

struct RunOptions {
  data::Task task = data::Task::kBinary;
  data::DataOptions data;
  data::SplitOptions split;
  ModelOptions model;
  tuning::TuningOptions tuning;
  objective::ObjectiveOptions objective;
  optim::OptimOptions optim;
  train::TrainOptions train;
  CompareOptions compare;
  search::SearchOptions search;
  LearningCurveOptions learning_curve;
  score::CalibrationMethod calibration = score::CalibrationMethod::kAutomatic;
  score::PolicyOptions policy;
  template <class V>
  void visit(V& v) {
    v("task", task, "What is predicted.");
    v("data", data, "Records, roles and kinds of columns.");
    v("split", split, "Which rows train, calibrate, validate and test.");
    v("model", model, "Pretrained model and fusion.");
    v("tuning", tuning, "Which parameters move.");
    v("objective", objective, "min L_task + lambda * L_pretrain.");
    v("optim", optim, "How a step is made.");
    v("train", train, "The loop.");
    v("compare", compare, "Models set side by side.");
    v("search", search, "Options of a training that rift search tunes.");
    v("learning_curve", learning_curve, "How many labels are enough: what rift learning-curve trains.");
    v("calibration", calibration, "How scores become probabilities.");
    v("policy", policy, "What a probability leads to.");
  }
  void check(std::string_view path) const;  // keys that this task has no use for are kConfig
  train::FineTuneOptions fine_tune() const;
};

/// Puts one --set a.b=c into a mapping. Throws kConfig.
void apply_set(Json& root, const std::string& text);

/// run.yaml of any verb as a mapping; `sets` are --set a.b=c in order. Throws kArtefact (missing), kConfig.
Json read_run_yaml(const std::filesystem::path& file, const std::vector<std::string>& sets);

/// Reads run.yaml; `sets` are --set a.b=c in order. Throws kArtefact (missing), kConfig (file, line, key, nearest).
RunOptions read_run(const std::filesystem::path& file, const std::vector<std::string>& sets);

}  // namespace rift::study
