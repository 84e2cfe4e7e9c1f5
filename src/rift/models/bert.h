#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "rift/models/bert_options.h"
#include "rift/models/text_encoder.h"
#include "rift/nn/embedding.h"
#include "rift/nn/encoder_engine.h"
#include "rift/nn/layer_norm.h"

namespace rift::models {

/// BERT's encoder (arXiv:1810.04805), equal to transformers' BertModel without its pooler: post-norm layers, absolute
/// positions. Names are those of BertForSequenceClassification ("bert.encoder.layer.0.attention.self.query").
class BertEncoder : public TextEncoder {
 public:
  /// Registers its parameters in `store`, which must outlive it.
  BertEncoder(const BertOptions& options, nn::ParameterStore& store);

  std::string_view architecture() const override { return "bert"; }
  int64_t width() const override { return options_.hidden_size; }
  const Part& embeddings() const override { return embeddings_part_; }
  const std::vector<Part>& layers() const override { return layer_parts_; }
  std::vector<nn::Linear*> linears() override;
  int64_t first_trainable_stage() const override;
  std::string why_not_fused() const override { return engine_->why_not(); }
  at::Tensor embed(const tensor::PackedBatch& batch, const nn::ForwardContext& context) const override;
  at::Tensor run_layers(at::Tensor hidden, int64_t first, int64_t last, const tensor::PackedBatch& batch,
                        const nn::ForwardContext& context, TokensRead read) const override;

 private:
  struct Layer {
    nn::Linear query, key, value, attention_output;
    nn::LayerNorm attention_norm;
    nn::Linear intermediate, output;
    nn::LayerNorm output_norm;
    bool trainable() const;
  };
  struct Pass;
  nn::EncoderParts parts() const;
  /// Layers that all take part in training, or none of them.
  at::Tensor run_alike(at::Tensor hidden, int64_t first, int64_t last, const tensor::PackedBatch& batch,
                       const nn::ForwardContext& context, TokensRead read) const;
  at::Tensor run_layer(int64_t index, const at::Tensor& x, const Pass& pass) const;
  at::Tensor attend(const Layer& layer, const at::Tensor& x, const at::Tensor& x_read, const Pass& pass) const;

  BertOptions options_;
  nn::Embedding words_, positions_, types_;
  nn::LayerNorm embeddings_norm_;
  std::vector<Layer> layers_;
  Part embeddings_part_;
  std::vector<Part> layer_parts_;
  std::optional<nn::EncoderEngine> engine_;  // after layers_, which it points into
};

}  // namespace rift::models
