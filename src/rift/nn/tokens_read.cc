#include "rift/nn/tokens_read.h"

namespace rift::nn {

at::Tensor read_tokens(const at::Tensor& x, const tensor::PackedBatch& batch, TokensRead read) {
  switch (read) {
    case TokensRead::kAll:
      break;
    case TokensRead::kFirst:
      return x.index_select(0, batch.row_begin.narrow(0, 0, batch.rows));
    case TokensRead::kLast:
      return x.index_select(0, batch.row_begin.narrow(0, 1, batch.rows).sub(1));
  }
  return x;
}

}  // namespace rift::nn
