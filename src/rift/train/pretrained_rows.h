#pragma once

#include <ATen/core/Tensor.h>
#include <c10/core/Device.h>

#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "rift/models/text_classifier.h"
#include "rift/objective/loss_table.h"
#include "rift/objective/options.h"
#include "rift/objective/row_anchor.h"
#include "rift/package/inputs.h"

namespace rift::train {

/// The anchors that compare what the model says of the training rows with what theta_p said of them: distillation and
/// alignment. What theta_p says, without dropout and in f32, is computed once for every row and held in memory, so that
/// a run that goes on compares with the same bits.
class PretrainedRows {
 public:
  struct Spec {
    const objective::AnchorOptions& anchor;
    const package::EncodedRows& rows;
    c10::Device device = c10::Device(c10::DeviceType::CPU);
    objective::Target target = objective::Target::kBinary;
    objective::Form form = objective::Form::kAsItIs;
    int64_t memory_bytes = 0;
  };
  /// Whether `anchor` is such a one with a lambda.
  static bool serves(const objective::AnchorOptions& anchor);

  /// theta_p is what `model` holds now, but for what its tuning method laid beside the maps. Throws kConfig: no row's
  /// features move under this tuning method, a checkpoint without a head of these classes (logits), more memory than
  /// there may be.
  PretrainedRows(const Spec& spec, models::TextClassifier& model);

  /// Which of both it looks at: logits [B,outputs], or what the head reads [B,D].
  bool compares_logits() const { return compares_logits_; }
  /// Whether it is a sum over rows, so that a batch may be taken in parts.
  bool rows_stand_alone() const { return rows_stand_alone_; }
  int64_t bytes() const { return static_cast<int64_t>(values_.size() * sizeof(float)); }

  /// L_pretrain of the rows `chosen`, of which the model says `tuned` [B,width] on the host now, and its gradient.
  objective::LossSum evaluate(std::span<const int64_t> chosen, std::span<const double> weights,
                              std::span<const float> tuned, std::span<float> gradient) const;

 private:
  using Term = std::function<objective::LossSum(const objective::RowPairs<float>&, std::span<float>)>;
  Term term_;
  bool compares_logits_ = false;
  bool rows_stand_alone_ = true;
  int64_t width_ = 0;
  std::vector<float> values_;  // [N*width]
};

}  // namespace rift::train
