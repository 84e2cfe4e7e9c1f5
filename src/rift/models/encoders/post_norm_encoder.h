#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "rift/models/layer_pass.h"
#include "rift/models/text_encoder.h"
#include "rift/nn/embedding.h"
#include "rift/nn/encoder_engine.h"
#include "rift/nn/layer_norm.h"

namespace rift::models {

/// The names of an encoder's parts in files; those of a layer stand below "<layers>.<i>.".
struct PostNormNames {
  std::string embeddings;  // "bert.embeddings"
  std::string projection;  // of embeddings that are narrower than the layers
  std::string layers;      // "bert.encoder.layer"
  std::string_view query = "attention.self.query";
  std::string_view key = "attention.self.key";
  std::string_view value = "attention.self.value";
  std::string_view attention_output = "attention.output.dense";
  std::string_view attention_norm = "attention.output.LayerNorm";
  std::string_view intermediate = "intermediate.dense";
  std::string_view output = "output.dense";
  std::string_view output_norm = "output.LayerNorm";
};

/// BERT's names below "<base>".
PostNormNames bert_names(const std::string& base);

/// What a post-norm encoder is made of.
struct PostNormSpec {
  TextSizes sizes;
  int64_t embedding_size = 0;         // width of the tables; a linear map widens them where it is not hidden_size
  std::optional<int64_t> padding_id;  // RoBERTa: positions count from padding_id + 1, tokens of this id left out
  int64_t heads = 1;
  nn::Activation activation = nn::Activation::kGelu;
  double norm_epsilon = 1e-12;
  double embeddings_dropout = 0;
  double attention_dropout = 0;         // of attention weights
  double attention_output_dropout = 0;  // of what attention adds to the states
  double output_dropout = 0;            // of what the feed-forward part adds to the states
  std::string why_no_prefix = {};       // TextEncoder::why_no_prefix()
  PostNormNames names;
};

/// The encoder of BERT (arXiv:1810.04805) and of those that follow it: word, position and, where there are any, type
/// embeddings, then layers x1 = norm(x + attention(x)), norm(x1 + W2 activation(W1 x1)).
class PostNormEncoder : public TextEncoder {
 public:
  /// Registers its parameters in `store`, which must outlive it.
  PostNormEncoder(PostNormSpec spec, nn::ParameterStore& store);

  const TextSizes& sizes() const override { return spec_.sizes; }
  std::vector<nn::Linear*> linear_maps() override;
  std::vector<std::string> lora_maps() const override;
  ScaledMaps scaled_maps() const override;
  std::string why_not_fused() const override;
  const nn::Embedding& words() const override { return words_; }
  int64_t key_heads() const override { return spec_.heads; }
  std::string why_no_prefix() const override { return spec_.why_no_prefix; }
  at::Tensor embed(const tensor::PackedBatch& batch, const nn::ForwardContext& context) const override;
  std::string describe(OnnxGraph& graph, const OnnxTokens& tokens, TokensRead read) const override;

 private:
  struct Layer {
    nn::Linear query, key, value, attention_output;
    nn::LayerNorm attention_norm;
    nn::Linear intermediate, output;
    nn::LayerNorm output_norm;
    bool trainable() const;
  };
  void add_embeddings(nn::ParameterStore& store);
  void add_layer(int64_t index, nn::ParameterStore& store);
  nn::EncoderParts parts() const;
  at::Tensor positions_of(const tensor::PackedBatch& batch) const;
  at::Tensor embed_tables(const tensor::PackedBatch& batch, const nn::ForwardContext& context, bool frozen) const;
  bool stage_trains(int64_t stage) const override;
  at::Tensor run_alike(at::Tensor hidden, int64_t first, int64_t last, const tensor::PackedBatch& batch,
                       const nn::ForwardContext& context, TokensRead read) const override;
  at::Tensor run_layer(int64_t index, const at::Tensor& x, const LayerPass& pass) const;
  at::Tensor attend(const Layer& layer, const at::Tensor& x, const at::Tensor& x_read, const LayerPass& pass) const;
  std::string describe_embeddings(OnnxGraph& graph, const OnnxTokens& tokens) const;
  std::string describe_layer(OnnxGraph& graph, const Layer& layer, const std::string& x, const OnnxPass& pass) const;

  PostNormSpec spec_;
  nn::Embedding words_, positions_;
  std::optional<nn::Embedding> types_;
  nn::LayerNorm embeddings_norm_;
  std::optional<nn::Linear> projection_;
  std::vector<Layer> layers_;
  std::optional<nn::EncoderEngine> engine_;  // after layers_, which it points into
};

}  // namespace rift::models
