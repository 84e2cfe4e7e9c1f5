#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <optional>

#include "rift/nn/forward_context.h"
#include "rift/tensor/packed_batch.h"

namespace rift::nn {

/// What attention knows beside its three inputs.
///   layer:      encoder layer, from 0; part of the dropout hash
///   dropout:    probability on the attention weights
///   window:     tokens further away than this are not attended to; nullopt: all are
///   first_only: q holds one query per row ([B,D], the row's first token) instead of all tokens ([S,D])
struct AttentionCall {
  const tensor::PackedBatch& batch;
  const ForwardContext& context;
  int64_t heads = 1;
  int64_t layer = 0;
  double dropout = 0.0;
  std::optional<int64_t> window;
  bool first_only = false;
};

/// Self-attention of every row on itself, without padding:
///   o = softmax(q k^T / sqrt(K)) v per row and head, K = D / heads.   k, v [S,D];  q and the result [S,D] or [B,D].
/// A row takes the same steps on the same numbers whatever stands beside it. One node of the autograd graph; keeps the
/// attention weights ([heads, queries, tokens] per row) for the backward pass. Source: arXiv:1706.03762.
at::Tensor packed_attention(const at::Tensor& q, const at::Tensor& k, const at::Tensor& v, const AttentionCall& call);

}  // namespace rift::nn
