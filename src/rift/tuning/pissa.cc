#include <ATen/core/grad_mode.h>
#include <ATen/ops/linalg_svd.h>

#include <algorithm>
#include <tuple>

#include "rift/base/error.h"
#include "rift/tuning/lora.h"

namespace rift::tuning {

void start_as_principal_part(LoraAdapter& adapter, const nn::LinearMap& map) {
  const at::NoGradGuard no_gradient;
  const int64_t rank = adapter.shape().rank;
  RIFT_REQUIRE(!map.weight->frozen, Code::kUnsupported,
               "tuning.init: pissa takes the principal part off the pretrained weights, and '{}' is kept as its file "
               "stores it; set init to kaiming, or model.text.base_weights to f32",
               map.name);
  RIFT_REQUIRE(map.weight->shape.size() == 2, Code::kUnsupported,
               "tuning.init: pissa is implemented for linear maps, and '{}' is a convolution; set init to kaiming",
               map.name);
  const int64_t most = std::min(map.weight->shape[0], map.weight->shape[1]);
  RIFT_REQUIRE(rank <= most, Code::kConfig,
               "tuning.rank: with init pissa the rank is that of '{}' at most, which is {}, got {}", map.name, most,
               rank);
  const at::Tensor weight = map.weight->view.detach();
  const auto [u, s, v] = at::linalg_svd(weight, /*full_matrices=*/false);  // [out,k], [k], [k,in]
  const at::Tensor roots = s.narrow(0, 0, rank).div(adapter.shape().scale).sqrt();
  adapter.a().view.detach().copy_(v.narrow(0, 0, rank).mul(roots.unsqueeze(1)));
  adapter.b().view.detach().copy_(u.narrow(1, 0, rank).mul(roots));
  adapter.set_taken_off({adapter.a().view.detach().clone(), adapter.b().view.detach().clone()});
  weight.sub_(adapter.delta());
}

}  // namespace rift::tuning
