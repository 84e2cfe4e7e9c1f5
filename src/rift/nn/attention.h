#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <optional>

#include "rift/nn/forward_context.h"
#include "rift/nn/tokens_read.h"
#include "rift/tensor/packed_batch.h"

namespace rift::nn {

/// What attention knows beside its three inputs.
///   heads:     of q
///   key_heads: of k and v, each shared by heads / key_heads heads of q that follow each other; 0: as many as heads
///              (arXiv:2305.13245)
///   layer:     encoder layer, from 0; part of the dropout hash
///   dropout:   probability on the attention weights
///   causal:    a token attends to itself and to tokens before it
///   window:    tokens further away than this are not attended to; nullopt: all are
///   scale:     of the scores; nullopt: 1 / sqrt(K)
///   read:      the tokens whose queries q holds
///   prefix:    keys and values before each row's own, which every token attends to as to tokens before it; k and v
///              then hold [S+B*prefix,...]
struct AttentionCall {
  const tensor::PackedBatch& batch;
  const ForwardContext& context;
  int64_t heads = 1;
  int64_t key_heads = 0;
  int64_t layer = 0;
  double dropout = 0.0;
  bool causal = false;
  std::optional<int64_t> window;
  std::optional<double> scale;
  TokensRead read = TokensRead::kAll;
  int64_t prefix = 0;
};

/// Self-attention of every row on itself, without padding:
///   o = softmax(scale q k^T) v per row and head.  q and the result [S,heads*K] or [B,heads*K];  k, v [S,key_heads*K].
/// A row takes the same steps on the same numbers whatever stands beside it. One node of the autograd graph. A row's
/// queries are taken in blocks, each with the keys that it can reach; only the weights of one block at a time are made,
/// in the backward pass anew, so that memory grows with a row's length and not with its square.
/// Source: arXiv:1706.03762.
at::Tensor packed_attention(const at::Tensor& q, const at::Tensor& k, const at::Tensor& v, const AttentionCall& call);

}  // namespace rift::nn
