#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "rift/models/additions.h"
#include "rift/models/part.h"
#include "rift/models/text_sizes.h"
#include "rift/nn/embedding.h"
#include "rift/nn/forward_context.h"
#include "rift/nn/linear.h"
#include "rift/nn/parameters.h"
#include "rift/nn/tokens_read.h"
#include "rift/tensor/packed_batch.h"

namespace rift::models {

class OnnxGraph;
struct OnnxPass;
struct OnnxTokens;

/// Which token states the caller reads. One of each row lets the last layer skip everything that only other tokens
/// need; its values are those of kAll within rounding.
using nn::TokensRead;

/// Token ids -> token states, of encoders and of decoders (whose tokens see themselves and those before). ONE
/// implementation for training, scoring and explaining; its parameters live in the model's ParameterStore under Hugging
/// Face's own names.
///
/// Stages: 0 = embeddings, 1..L = layers. Stages below first_trainable_stage() run without gradient and, unlike in
/// PyTorch, without dropout, so that what they give for a row never changes while training and can be kept.
class TextEncoder {
 public:
  virtual ~TextEncoder() = default;

  virtual const TextSizes& sizes() const = 0;

  const Part& stem() const { return stem_; }                        // the embeddings
  const std::vector<Part>& layers() const { return layer_parts_; }  // from the bottom up
  /// Every linear map in order of use; its `adapter` slot may be filled. Names as PEFT's target_modules match them.
  virtual std::vector<nn::Linear*> linear_maps() = 0;
  /// The last name parts of those that make queries and values: what LoRA adapts where nobody says otherwise.
  virtual std::vector<std::string> lora_maps() const = 0;
  /// What IA3 scales where nobody says otherwise: keys, values, the input of the map out of the feed-forward part.
  virtual ScaledMaps scaled_maps() const = 0;
  /// What stands beside the maps. A pass reads it; fill it with parameters of the model's store.
  Additions& additions() { return additions_; }
  const Additions& additions() const { return additions_; }
  /// The table of token embeddings, [vocabulary,W].
  virtual const nn::Embedding& words() const = 0;
  virtual double word_scale() const { return 1; }  // of its rows as embeddings
  /// Heads of keys and values, and the width of all of them together.
  virtual int64_t key_heads() const = 0;
  virtual int64_t key_width() const { return width(); }
  /// Why no keys and values from outside stand before a row's own, "" where they can.
  virtual std::string why_no_prefix() const { return ""; }
  /// The batch as passes through embed() and the layers need it: with the prompt's tokens, behind the prefix.
  tensor::PackedBatch prepared(const tensor::PackedBatch& batch) const;

  /// Lowest stage with a trainable parameter or adapter; L + 1 when the whole encoder is frozen.
  int64_t first_trainable_stage() const;

  /// Embeddings of the tokens, [S,D]. Throws kArtefact when an id or a row's length is beyond what the model has.
  virtual at::Tensor embed(const tensor::PackedBatch& batch, const nn::ForwardContext& context) const = 0;
  /// Layers first .. last-1 on `hidden` [S,D] (what stage `first` gave). Returns [S,D], or [B,D] when the
  /// last layer is among them and `read` is one token of each row.
  at::Tensor run_layers(at::Tensor hidden, int64_t first, int64_t last, const tensor::PackedBatch& batch,
                        const nn::ForwardContext& context, TokensRead read) const;

  /// Why the layers run one by one in ATen and not on the fused engine, "" when they run on it.
  virtual std::string why_not_fused() const { return "this architecture has no fused form"; }

  /// The encoder as a part of an ONNX graph: [B,T,D], or [B,1,D] for one token of each row.
  virtual std::string describe(OnnxGraph& graph, const OnnxTokens& tokens, TokensRead read) const = 0;

  int64_t width() const { return sizes().hidden_size; }  // D
  int64_t layer_count() const { return static_cast<int64_t>(layers().size()); }
  /// Token states of the last layer: [S,D], or [B,D] for one token of each row.
  at::Tensor forward(const tensor::PackedBatch& batch, const nn::ForwardContext& context,
                     TokensRead read = TokensRead::kAll) const {
    return run_layers(embed(batch, context), 0, layer_count(), batch, context, read);
  }

 protected:
  /// Throws kArtefact when an id, a type or a row's length is beyond sizes().
  void require_fitting(const tensor::PackedBatch& batch) const;
  /// Embeddings of the ids, [S,W], with the prompt in its tokens' places.
  at::Tensor word_states(const tensor::PackedBatch& batch) const;

  Part stem_;
  std::vector<Part> layer_parts_;
  Additions additions_;

 private:
  /// run_alike() layer by layer, of which the input alone is kept.
  at::Tensor run_recomputed(at::Tensor hidden, int64_t first, int64_t last, const tensor::PackedBatch& batch,
                            const nn::ForwardContext& context, TokensRead read) const;
  /// Whether a parameter or adapter of the stage trains.
  virtual bool stage_trains(int64_t stage) const = 0;
  /// run_layers() on layers that all take part in training, or none of them.
  virtual at::Tensor run_alike(at::Tensor hidden, int64_t first, int64_t last, const tensor::PackedBatch& batch,
                               const nn::ForwardContext& context, TokensRead read) const = 0;
};

}  // namespace rift::models
