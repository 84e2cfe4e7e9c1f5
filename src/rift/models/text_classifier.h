#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "rift/base/json.h"
#include "rift/checkpoint/stored_matrix.h"
#include "rift/models/architecture.h"
#include "rift/models/options.h"
#include "rift/models/text_encoder.h"
#include "rift/models/tunable_model.h"
#include "rift/nn/parameters.h"
#include "rift/tensor/lazy_tensors.h"

namespace rift::models {

struct TextClassifierOptions {
  Json config;                                     // the checkpoint's config.json
  std::string config_file = "config.json";         // names it in errors
  Pooling pooling = Pooling::kPooler;              // resolved: not kAutomatic
  std::string pooling_key = "model.text.pooling";  // names it in errors
  int64_t outputs = 1;                             // 1 (binary, regression) or C
  uint64_t seed = 1;                               // of new parameters
  at::ScalarType dtype = at::kFloat;
  c10::Device device = c10::Device(c10::DeviceType::CPU);
};

/// Text encoder, pooling, dropout and a linear head: transformers' class of the architecture for sequence
/// classification where the pooling is its own (has_own_reading()). Owns the parameters; canonical names are Hugging
/// Face's ("bert.embeddings.word_embeddings.weight", ..., "bert.pooler.dense.weight", "classifier.weight").
class TextClassifier final : public TunableModel {
 public:
  /// Builds the model that config.json describes and fills it from `pretrained` (canonical names; a pooler or head may
  /// be absent). Throws kUnsupported for an architecture or setting that is not implemented, kArtefact naming the
  /// tensor that is missing, unknown or misshapen, kConfig for a pooling that the architecture has not.
  /// `stored`: matrices of the encoder's linear maps that stay in the form of their file and never train.
  TextClassifier(const TextClassifierOptions& options, const tensor::LazyTensors& pretrained,
                 std::map<std::string, checkpoint::StoredMatrix> stored = {});
  ~TextClassifier() override;

  /// Logits [B, outputs]. Gradients flow to the trainable parameters unless a NoGradGuard stands.
  /// What stands beside a row, the order of rows and the number of threads change its logits by rounding only: the
  /// vendor's matrix product adds up in another order for another number of tokens. (Attention, LayerNorm and dropout
  /// masks are bit-equal.) Sigmoid of an f32 logit: by less than 1e-6; 1.5e-7 measured on MiniLM.
  at::Tensor forward(const tensor::PackedBatch& batch, const nn::ForwardContext& context) const;
  /// The same from what the layers below `first` gave, [S,D].
  at::Tensor forward_from(int64_t first, const at::Tensor& hidden, const tensor::PackedBatch& batch,
                          const nn::ForwardContext& context) const;
  /// What classify() makes its logits of, [B,D], from what the layers below `first` gave.
  at::Tensor pooled_from(int64_t first, const at::Tensor& hidden, const tensor::PackedBatch& batch,
                         const nn::ForwardContext& context) const;
  /// What the pooling reads of the states that tokens_read() names, [B,D]: each row's first or last token, or the mean
  /// over its tokens. No parameter takes part.
  at::Tensor read(const at::Tensor& hidden, const tensor::PackedBatch& batch) const;
  /// One vector per row, [B,D], from what read() gave: the pooler's, or the same. Before the head's dropout.
  at::Tensor pool_read(const at::Tensor& read, const tensor::PackedBatch& batch,
                       const nn::ForwardContext& context) const;
  /// Logits from pooled vectors: dropout (training) and the linear head.
  at::Tensor classify(const at::Tensor& pooled, const tensor::PackedBatch& batch,
                      const nn::ForwardContext& context) const;
  /// The model as an ONNX graph with the inputs of OnnxTokens; gives the name of the logits, [rows, outputs]. Adapters
  /// must be merged.
  std::string describe(OnnxGraph& graph) const;
  /// What read() needs of the encoder: kFirst for pooler and cls, kLast for last.
  TokensRead tokens_read() const { return tokens_read(pooling_); }
  /// One vector per row, [B,D], by any pooling but kAutomatic, whatever the head reads; kPooler: only with
  /// has_pooler().
  at::Tensor features(Pooling pooling, const tensor::PackedBatch& batch, const nn::ForwardContext& context) const;
  bool has_pooler() const { return pooler_.has_value(); }

  nn::ParameterStore& parameters() override { return *store_; }
  const nn::ParameterStore& parameters() const override { return *store_; }
  const Architecture& architecture() const { return architecture_; }
  TextEncoder& encoder() { return *encoder_; }
  const TextEncoder& encoder() const { return *encoder_; }
  const Part& stem() const override { return encoder_->stem(); }
  const std::vector<Part>& layers() const override { return encoder_->layers(); }
  /// The pooler's parameters when the pooling uses it; empty (and never trainable) otherwise. They are saved either
  /// way.
  const Part& pooler() const override { return pooler_part_; }
  const Part& head() const override { return head_part_; }
  using TunableModel::linear_maps;
  std::vector<nn::LinearMap*> linear_maps() override;
  std::vector<std::string> lora_maps() const override { return encoder_->lora_maps(); }
  ScaledMaps scaled_maps() const override { return encoder_->scaled_maps(); }
  /// With pooling "pooler" transformers' class for sequence classification, with another one AutoModel.
  AdapterBase adapter_base() const override;
  using TunableModel::additions;
  Additions& additions() override { return encoder_->additions(); }
  AdditionSizes addition_sizes() const override;
  /// Names that `pretrained` lacked and that were initialised here, by fill_start_values().
  const std::vector<std::string>& new_parameters() const { return new_parameters_; }
  /// The head's outputs times `factor` plus `shift`, by its own weights; `shift` is 0 where it has no bias.
  void rescale_outputs(double factor, double shift);
  bool head_has_bias() const { return classifier_.bias != nullptr; }
  Pooling pooling() const { return pooling_; }
  /// Whether the head reads what that of transformers' class reads: the pooler, or of decoders the last token.
  bool has_own_reading() const { return pooling_ == own_head_.reading; }
  int64_t outputs() const { return outputs_; }
  /// What the architecture's language model has on token states; no part of this model.
  const LanguageHeadSpec& language_head() const { return language_head_; }

 private:
  TokensRead tokens_read(Pooling pooling) const;
  at::Tensor read(Pooling pooling, const at::Tensor& hidden, const tensor::PackedBatch& batch) const;
  at::Tensor pool_read(Pooling pooling, const at::Tensor& read, const tensor::PackedBatch& batch,
                       const nn::ForwardContext& context) const;
  std::vector<const nn::Parameter*> pooler_parameters() const override;
  std::string describe_pooled(OnnxGraph& graph, const OnnxTokens& tokens, const std::string& states) const;

  const Architecture& architecture_;
  std::unique_ptr<nn::ParameterStore> store_;
  std::unique_ptr<TextEncoder> encoder_;
  OwnHead own_head_;
  LanguageHeadSpec language_head_;
  std::optional<Pooler> pooler_;
  nn::Linear classifier_;
  Part pooler_part_;
  Part head_part_;
  std::vector<std::string> new_parameters_;
  Pooling pooling_;
  int64_t outputs_;
};

/// TextEncoder::why_not_fused() of the model that `options` describe, whose weights are not needed. Throws kUnsupported
/// and kArtefact as the constructor does for config.json.
std::string why_not_fused(const TextClassifierOptions& options);

}  // namespace rift::models
