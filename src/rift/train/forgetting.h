#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "rift/base/json.h"
#include "rift/models/text_classifier.h"
#include "rift/train/pretrain/language_task.h"
#include "rift/train/pretrain/own_language.h"
#include "rift/train/pretrain/unlabelled_rows.h"

namespace rift::train {

/// What a fine-tuning has cost of what the pretrained model knew, told by general texts that it is not trained on.
///   pretrain_loss: mean cross entropy of the tokens that the checkpoint's language head is to say; null without one;
///   pretrain_loss_before: the same under theta_p
///   distance: |theta_f - theta_p| over the pretrained parameters that move, of a map with an adapter the merged
///     weight's and bias's; relative_distance: over |theta_p| of the same. null where something stands beside the maps
///     (bottleneck, prompt, prefix), which no distance of theirs tells
///   feature_cka: linear CKA of what the head reads of these texts and what it read under theta_p, 1 = as it was
class Forgetting {
 public:
  struct Spec {
    const UnlabelledRows& texts;
    const OwnLanguage& language;
    const std::vector<std::string>& new_parameters;  // have no theta_p
    uint64_t seed = 1;                               // of what is hidden, alike in every measurement
    c10::Device device = c10::Device(c10::DeviceType::CPU);
  };
  /// theta_p is what `model` holds now, but for what its tuning method laid beside the maps.
  Forgetting(const Spec& spec, models::TextClassifier& model);

  /// The figures named above, of what the model holds now. Throws kInterrupted.
  Json figures();

 private:
  struct Held {
    std::function<at::Tensor()> now;
    at::Tensor start;
  };
  void hold(const std::vector<std::string>& new_parameters);
  void hold(std::function<at::Tensor()> now);
  void add_distance(Json& figures) const;
  std::vector<float> features() const;
  Json pretrain_loss();

  models::TextClassifier& model_;
  package::EncodedRows rows_;
  c10::Device device_;
  std::unique_ptr<LanguageTask> task_;  // of the pretraining loss
  std::vector<Held> held_;
  double start_norm_ = 0.0;
  std::vector<float> start_features_;
  Json start_loss_;
};

}  // namespace rift::train
