#include "rift/models/layer_pass.h"

#include <ATen/ops/cat.h>
#include <ATen/ops/empty.h>

namespace rift::models {

namespace {

/// Where the rows of [prefix; own] stand in [B * (P + row's tokens)]: the prefix before each row.
at::Tensor rows_behind_prefix(const tensor::PackedBatch& batch, int64_t prefix) {
  const at::Tensor places = at::empty({batch.tokens + batch.rows * prefix}, at::kLong);
  int64_t* place = places.mutable_data_ptr<int64_t>();
  for (int64_t row = 0; row < batch.rows; ++row) {
    for (int64_t i = 0; i < prefix; ++i) *place++ = i;
    const int64_t end = batch.row_begin_host[static_cast<size_t>(row) + 1];
    for (int64_t i = batch.row_begin_host[static_cast<size_t>(row)]; i < end; ++i) *place++ = prefix + i;
  }
  return places.to(batch.ids.device());
}

}  // namespace

at::Tensor LayerPass::join(LayerPart part, const at::Tensor& y, const at::Tensor& x, const StateNorm& norm) const {
  if (additions != nullptr && !additions->behind.empty()) {
    const auto& adapter = additions->behind[static_cast<size_t>(layer)][static_cast<size_t>(part)];
    if (adapter) return adapter->join(y, x, norm);
  }
  return norm ? norm(y.add(x)) : y.add(x);
}

at::Tensor LayerPass::attend(const at::Tensor& q, const at::Tensor& k, const at::Tensor& v,
                             nn::AttentionCall call) const {
  if (additions == nullptr || additions->prefix == nullptr) return nn::packed_attention(q, k, v, call);
  const at::Tensor& all = additions->prefix->view;  // [P,L*2*K]
  call.prefix = all.size(0);
  const at::Tensor places = rows_behind_prefix(batch, call.prefix);
  const auto behind_prefix = [&](const at::Tensor& own, int64_t which) {
    const int64_t width = own.size(1);
    return at::cat({all.narrow(1, (2 * layer + which) * width, width), own}).index_select(0, places);
  };
  return nn::packed_attention(q, behind_prefix(k, 0), behind_prefix(v, 1), call);
}

}  // namespace rift::models
