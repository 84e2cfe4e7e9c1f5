#include "rift/train/adapter_distance.h"

#include <ATen/TensorOperators.h>
#include <ATen/core/grad_mode.h>

#include <optional>

#include "rift/base/error.h"

namespace rift::train {
namespace {

/// <B1^T B2, A1 A2^T> = <B1 A1, B2 A2>.
at::Tensor product(const at::Tensor& b1, const at::Tensor& a1, const at::Tensor& b2, const at::Tensor& a2) {
  return nn::linear_map(b1.t(), b2.t(), {}).mul(nn::linear_map(a1, a2, {})).sum();
}

}  // namespace

AdapterDistance::AdapterDistance(const models::TunableModel& model) {
  const at::NoGradGuard no_gradient;
  for (const nn::LinearMap* map : model.linear_maps()) {
    if (!map->adapter || !map->adapter->trainable()) continue;
    const std::optional<nn::LowRankUpdate> update = map->adapter->low_rank();
    RIFT_REQUIRE(
        update.has_value(), Code::kUnsupported,
        "objective.anchor: l2_sp holds low-rank updates (tuning.method: lora without dora) and parameters that "
        "were pretrained, and what this method lays beside the linear maps is neither; choose distillation "
        "or alignment, or set lambda to 0");
    Held held{.update = *update};
    const at::Tensor a = update->a->view.to(at::kDouble), b = update->b->view.to(at::kDouble);
    held.start = product(b, a, b, a).item<double>();
    if (held.start > 0) {
      held.a0 = a.clone();
      held.b0 = b.clone();
    }
    updates_.push_back(std::move(held));
  }
}

at::Tensor AdapterDistance::distance(const Held& held) const {
  const at::Tensor a = held.update.a->view.to(at::kDouble), b = held.update.b->view.to(at::kDouble);
  at::Tensor squared = product(b, a, b, a);
  if (held.a0.defined()) squared = squared.sub(product(b, a, held.b0, held.a0), 2).add(held.start);
  return squared.mul(0.5 * held.update.scale * held.update.scale);
}

double AdapterDistance::value() const {
  const at::NoGradGuard no_gradient;
  double sum = 0;
  for (const Held& held : updates_) sum += distance(held).item<double>();
  return sum;
}

double AdapterDistance::add_gradient(double lambda) const {
  double sum = 0;
  for (const Held& held : updates_) {
    const at::Tensor value = distance(held);
    sum += value.item<double>();
    value.mul(lambda).backward();
  }
  return sum;
}

}  // namespace rift::train
