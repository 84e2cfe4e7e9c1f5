#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "rift/base/json.h"
#include "rift/models/architecture.h"
#include "rift/models/language_head.h"
#include "rift/models/text_encoder.h"
#include "rift/nn/parameters.h"
#include "rift/tensor/lazy_tensors.h"

namespace rift::models {

struct LanguageModelOptions {
  Json config;                              // the checkpoint's config.json
  std::string config_file = "config.json";  // names it in errors
  bool from_scratch = false;                // every parameter is new; else the encoder has to come from `pretrained`
  uint64_t seed = 1;                        // of new parameters
  at::ScalarType dtype = at::kFloat;
  c10::Device device = c10::Device(c10::DeviceType::CPU);
};

/// What language modelling needs of a model, whoever owns it.
struct LanguageParts {
  nn::ParameterStore& parameters;
  const TextEncoder& encoder;
  const LanguageHead& head;
};

/// Text encoder and language head: transformers' class of the architecture for masked or causal language modelling.
/// Owns the parameters; canonical names are Hugging Face's ("bert.embeddings.word_embeddings.weight", ...,
/// "cls.predictions.bias").
class LanguageModel {
 public:
  /// Builds the model that config.json describes and fills it from `pretrained` (canonical names; the head may be
  /// absent). Throws kUnsupported for an architecture or setting that is not implemented, kArtefact naming the tensor
  /// that is missing, unknown or misshapen.
  LanguageModel(const LanguageModelOptions& options, const tensor::LazyTensors& pretrained);
  ~LanguageModel();

  LanguageObjective objective() const { return objective_; }
  const LanguageHead& language_head() const { return *head_; }
  LanguageParts parts() { return {*store_, *encoder_, *head_}; }
  nn::ParameterStore& parameters() { return *store_; }
  const nn::ParameterStore& parameters() const { return *store_; }
  const Architecture& architecture() const { return architecture_; }
  TextEncoder& encoder() { return *encoder_; }
  const TextEncoder& encoder() const { return *encoder_; }
  /// The head's own parameters; a tied table belongs to the encoder.
  const Part& head() const { return head_part_; }
  /// Names that `pretrained` lacked, filled by fill_start_values().
  const std::vector<std::string>& new_parameters() const { return new_parameters_; }
  /// Every parameter and buffer by canonical name, sharing memory with the model: what a model directory is written
  /// from.
  tensor::LazyTensors tensors() const { return store_->to_map(false); }

 private:
  void initialise(const std::vector<std::string>& names, const StartValues& values,
                  const LanguageModelOptions& options);

  const Architecture& architecture_;
  std::unique_ptr<nn::ParameterStore> store_;
  std::unique_ptr<TextEncoder> encoder_;
  LanguageObjective objective_ = LanguageObjective::kMaskedToken;
  std::optional<LanguageHead> head_;
  Part head_part_;
  std::vector<std::string> new_parameters_;
};

}  // namespace rift::models
