#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>

#include "rift/tensor/packed_batch.h"

namespace rift::nn {

/// Which tokens of a batch's rows something is about: all of them ([S,...]), or one of each row ([B,...]), its first or
/// its last.
enum class TokensRead { kAll, kFirst, kLast };

/// How many that are: S or B.
inline int64_t count_of(TokensRead read, const tensor::PackedBatch& batch) {
  return read == TokensRead::kAll ? batch.tokens : batch.rows;
}

/// Those of x [S,...]; x itself for kAll.
at::Tensor read_tokens(const at::Tensor& x, const tensor::PackedBatch& batch, TokensRead read);

}  // namespace rift::nn
