#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "rift/data/dataset.h"
#include "rift/metrics/label_scale.h"
#include "rift/models/text_classifier.h"
#include "rift/objective/link.h"
#include "rift/objective/task_loss.h"
#include "rift/package/inputs.h"
#include "rift/train/adapter_distance.h"
#include "rift/train/forgetting.h"
#include "rift/train/kept_states.h"
#include "rift/train/options.h"
#include "rift/train/pretrained_rows.h"
#include "rift/train/replay.h"
#include "rift/train/row_store.h"
#include "rift/train/task.h"
#include "rift/train/validation_metric.h"

namespace rift::train {

/// Encoded rows with what is to be predicted of them.
struct LabelledRows {
  package::EncodedRows inputs;
  std::vector<double> label;        // [N] as in data::Dataset
  std::vector<double> weight;       // [N] or empty = all one
  std::vector<int64_t> source_row;  // [N]
  std::vector<int64_t> row;         // [N] in the data set
};
/// `inputs`: the rows as the model reads them.
LabelledRows label_rows(const data::Dataset& dataset, std::span<const int64_t> rows, package::EncodedRows inputs);
LabelledRows take_rows(const data::Dataset& dataset, std::span<const int64_t> rows, const package::TextInputs& inputs);

struct TextTaskSpec {
  data::Task task = data::Task::kBinary;
  std::vector<std::string> class_names;  // as in data::Schema
  LabelledRows train;
  LabelledRows validation;  // may have no rows
  /// Of a regression: what the head learns of a label is (label - mean) / deviation, so that one learning rate suits
  /// every unit; mean 0 where it learns the logarithm.
  metrics::LabelScale scale;
  objective::Link link;      // from the head's outputs to what is validated
  double prior_shift = 0.0;  // of log-odds, where the training rows are a sample that has another rate of bad ones
  const objective::ObjectiveOptions& objective;
  StopMetric stop_metric = StopMetric::kAutomatic;
  c10::Device device = c10::Device(c10::DeviceType::CPU);
  nn::Precision precision = nn::Precision::kF32;  // of training; validation is f32
  KeptBudget kept;                                // of frozen layers; a frozen encoder's, for each part
  Replay* replay = nullptr;                       // of the anchor of that name
  Forgetting* forgetting = nullptr;               // asked at each evaluation
  RowStore* store = nullptr;                      // of what several fits share; else each task has its own
};

/// What a loss sees of the label of a task.
objective::Target target_of(data::Task task);

/// Fine-tuning a text classifier, with what of objective.anchor the optimizer cannot do by itself; theta_p is what the
/// model holds when the task is made. Where the whole encoder is frozen, what it says of each row is computed once,
/// unless that is more than the memory that `kept` allows; where its lower layers are, what they say of the training
/// rows.
class TextTask final : public TrainingTask {
 public:
  /// Throws kData (no training rows, no weight, a class without rows under class_weight balanced, a label that the loss
  /// does not take), kConfig (loss or stop metric that does not fit the task).
  TextTask(TextTaskSpec spec, models::TextClassifier& model);

  int64_t rows() const override { return spec_.train.inputs.rows(); }
  double weight(std::span<const int64_t> rows, const nn::ForwardContext& context) const override;
  int64_t source_row(int64_t row) const override { return spec_.train.source_row[static_cast<size_t>(row)]; }
  nn::ParameterStore& parameters() override { return model_.parameters(); }
  PartLoss add_gradient(std::span<const int64_t> rows, const nn::ForwardContext& context, double scale) override;
  std::string_view why_whole_steps() const override;
  bool has_step_anchor() const override { return adapter_distance_.has_value() || spec_.replay != nullptr; }
  double add_step_anchor(int64_t step, const nn::ForwardContext& context) override;
  bool validates() const override { return !spec_.validation.label.empty(); }
  std::optional<Evaluation> evaluate() override;
  bool may_stay(std::string_view parameter) const override;
  void trainable_changed() override { keep_what_frozen_layers_say(); }

  const objective::LossOptions& loss() const { return loss_options_; }  // resolved
  const std::vector<double>& class_weights() const { return class_weights_; }

 private:
  struct Targets {
    std::vector<double> values;
    std::vector<double> weights;  // of the rows; class weights come on top
  };
  void keep_what_frozen_layers_say();
  bool shares_what_is_said() const;
  double target(const LabelledRows& rows, int64_t row) const;
  Targets targets(const LabelledRows& rows, std::span<const int64_t> chosen) const;
  at::Tensor features(const LabelledRows& rows) const;
  void keep_states(int64_t frozen_layers);
  /// What the model says of rows.
  struct Said {
    at::Tensor pooled;  // [B,D], what the head reads
    at::Tensor logits;  // [B,outputs]
  };
  Said say(const LabelledRows& rows, const at::Tensor& features, std::span<const int64_t> chosen,
           const nn::ForwardContext& context) const;
  Said say_of_training(std::span<const int64_t> rows, const nn::ForwardContext& context);
  void make_anchor();
  std::vector<double> anchor_weights(std::span<const int64_t> rows) const;
  objective::LossSum add_anchor(std::span<const int64_t> rows, const Said& said, at::Tensor& pooled_gradient,
                                at::Tensor& logits_gradient) const;
  std::vector<float> validation_logits() const;

  TextTaskSpec spec_;
  models::TextClassifier& model_;
  objective::LossOptions loss_options_;
  std::vector<double> class_weights_;
  objective::TaskLoss loss_;
  ValidationRows validation_;
  StopMetric metric_ = StopMetric::kAutomatic;
  std::optional<PretrainedRows> pretrained_rows_;
  std::optional<AdapterDistance> adapter_distance_;
  std::shared_ptr<KeptStates> kept_;  // of frozen lower layers
  std::vector<int64_t> kept_places_;  // [N], of the training rows
  at::Tensor train_features_;         // [N,D] that the head reads of a frozen encoder, else undefined
  at::Tensor validation_features_;
};

}  // namespace rift::train
