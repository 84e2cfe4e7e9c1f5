#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "rift/objective/anchor.h"
#include "rift/package/text_model.h"
#include "rift/tensor/tensor_map.h"
#include "rift/train/forgetting.h"
#include "rift/train/options.h"
#include "rift/train/pretrain/own_language.h"
#include "rift/train/pretrain/unlabelled_rows.h"
#include "rift/train/replay.h"

namespace rift::train {

/// What a fine-tuning takes from theta_p before its first step beside the training rows: what the optimizer is to hold,
/// and all that asks texts without labels (replay, ewc, the forgetting report).
class PretrainedKnowledge {
 public:
  struct Spec {
    const FineTuneOptions& options;
    package::TextModel& text;  // at theta_p, with its tuning method applied
    const std::vector<std::string>& new_parameters;
    std::filesystem::path scratch;  // a folder that may be written to
    c10::Device device = c10::Device(c10::DeviceType::CPU);
  };
  /// Throws as held_slices(), OwnLanguage, UnlabelledRows, Replay, diagonal_fisher() and fisher_from() do.
  explicit PretrainedKnowledge(const Spec& spec);

  Replay* replay() { return replay_ ? &*replay_ : nullptr; }
  Forgetting* forgetting() { return forgetting_ ? &*forgetting_ : nullptr; }
  const std::vector<objective::AnchoredSlice>& held() const { return held_; }
  const std::vector<float>& rates() const { return rates_; }  // of ewc, else empty
  tensor::TensorMap fisher() const;                           // the same by name
  /// Of the texts and files that were read.
  const std::vector<std::string>& digests() const { return digests_; }

 private:
  void add_ewc(const Spec& spec, const objective::EwcAnchor& ewc);
  void add_replay(const Spec& spec, const objective::ReplayAnchor& replay);
  void add_forgetting(const Spec& spec, const ForgettingOptions& forgetting);
  OwnLanguage& language(const Spec& spec);
  UnlabelledRows read(const Spec& spec, const objective::UnlabelledTexts& texts, const char* key, int64_t most_rows);

  models::TextClassifier& model_;
  std::vector<objective::AnchoredSlice> held_;
  std::vector<float> rates_;
  std::optional<OwnLanguage> language_;
  std::optional<UnlabelledRows> anchor_texts_, forgetting_texts_;
  std::optional<Replay> replay_;
  std::optional<Forgetting> forgetting_;
  std::vector<std::string> digests_;
};

}  // namespace rift::train
