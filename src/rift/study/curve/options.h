#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "rift/base/options.h"

/// run.yaml's `learning_curve:`.
namespace rift::study {

/// kFrozenFeatures: the head alone on the frozen pretrained model, tuning.method: head.
enum class CurveModel { kFineTuned, kFrozenFeatures, kTextBaseline, kGbdt, kScorecard, kLogistic };
constexpr auto enum_names(CurveModel) {
  return std::to_array<EnumName<CurveModel>>({{CurveModel::kFineTuned, "fine-tuned"},
                                              {CurveModel::kFrozenFeatures, "frozen-features"},
                                              {CurveModel::kTextBaseline, "text-baseline"},
                                              {CurveModel::kGbdt, "gbdt"},
                                              {CurveModel::kScorecard, "scorecard"},
                                              {CurveModel::kLogistic, "logistic"}});
}

/// A head on features that are read once costs next to nothing, so it learns for longer than a whole model.
struct FrozenFeaturesOptions {
  double lr = 1e-2;
  double epochs = 40.0;
  template <class V>
  void visit(V& v) {
    v("lr", lr, "Learning rate of the head.", positive());
    v("epochs", epochs, "Passes over the training rows; the best evaluation's head is judged.", positive());
  }
};

struct LearningCurveOptions {
  std::vector<int64_t> sizes;
  int64_t seeds = 3;
  std::vector<CurveModel> models = {CurveModel::kFineTuned, CurveModel::kFrozenFeatures, CurveModel::kTextBaseline,
                                    CurveModel::kGbdt, CurveModel::kScorecard};
  std::string metric;
  std::optional<double> stop_below;
  int64_t least_steps = 100;
  FrozenFeaturesOptions frozen_features;
  template <class V>
  void visit(V& v) {
    v("sizes", sizes,
      "Numbers of labelled rows, those of validation and calibration counted; each is a sample of the next larger one. "
      "Empty = all that there are and halves of it, five sizes from 50 on.",
      at_least(10));
    v("seeds", seeds, "Samples of each size (train.seed, +1, ...), each with a training of its own.", in_range(1, 20));
    v("models", models, "Models that learn from each sample.");
    v("metric", metric, "Figure of the test rows; empty = auc, log_loss (several classes) or rmse (regression).");
    v("stop_below", stop_below,
      "What twice as many labels have to be worth, in the metric's units, for labelling to go on. Default: 0.005; of "
      "an "
      "amount 1 % of the best model's error.",
      positive());
    v("least_steps", least_steps,
      "Steps that a fine-tuning takes however few its rows are: it goes over a small sample more often than "
      "optim.epochs says. 0 = never.",
      in_range(0, 1'000'000));
    v("frozen_features", frozen_features, "Training of the head on frozen features.");
  }
  void check(std::string_view path) const;  // models named once, at least one
};

}  // namespace rift::study
