#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>

#include "rift/models/additions.h"
#include "rift/nn/attention.h"
#include "rift/nn/dropout.h"
#include "rift/nn/forward_context.h"
#include "rift/nn/linear.h"
#include "rift/nn/tokens_read.h"
#include "rift/tensor/packed_batch.h"

namespace rift::models {

/// One run of a layer: the batch, how it runs and which tokens the layer gives.
struct LayerPass {
  const tensor::PackedBatch& batch;
  const nn::ForwardContext& context;
  int64_t layer = 0;
  nn::TokensRead read = nn::TokensRead::kAll;
  const Additions* additions = nullptr;  // of the encoder

  /// Of the linear map with this number in its layer, on those tokens.
  nn::LinearCall call(uint32_t site, nn::TokensRead tokens) const { return {context, batch, layer, site, tokens}; }
  /// Dropout of what the layer gives, for the tokens that it gives.
  at::Tensor dropout(const at::Tensor& x, double probability, nn::DropoutSite site) const {
    return nn::dropout(x, {probability, layer, static_cast<uint32_t>(site), read}, batch, context);
  }
  /// Of [S,...] those tokens that the layer gives.
  at::Tensor chosen(const at::Tensor& x) const { return nn::read_tokens(x, batch, read); }
  /// norm(x + y): the states after a part that gave y, by way of the adapter behind it where there is one.
  at::Tensor join(LayerPart part, const at::Tensor& y, const at::Tensor& x, const StateNorm& norm = {}) const;
  /// packed_attention() with the layer's keys and values of the prefix before each row's own.
  at::Tensor attend(const at::Tensor& q, const at::Tensor& k, const at::Tensor& v, nn::AttentionCall call) const;
};

}  // namespace rift::models
