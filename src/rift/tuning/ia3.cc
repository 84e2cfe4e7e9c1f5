#include "rift/tuning/ia3.h"

#include <ATen/TensorOperators.h>
#include <ATen/core/grad_mode.h>

#include <memory>

#include "rift/base/error.h"
#include "rift/checkpoint/peft_config.h"
#include "rift/nn/conv.h"
#include "rift/nn/initial_values.h"
#include "rift/tuning/method.h"
#include "rift/tuning/targets.h"

namespace rift::tuning {

namespace {

/// [D] as a factor of [S,D], or of images [B,C,H,W].
at::Tensor along(const at::Tensor& scale, const at::Tensor& values) {
  return values.dim() == 4 ? scale.view({1, -1, 1, 1}) : scale;
}

/// Inputs of W: of a convolution of several groups W has a group's channels only.
int64_t inputs_of(const nn::LinearMap& map) {
  const auto* conv = dynamic_cast<const nn::Conv2d*>(&map);
  return map.weight->shape[1] * (conv == nullptr ? 1 : conv->walk.groups);
}

}  // namespace

int64_t scale_size(const nn::LinearMap& map, bool by_input) { return map.weight->shape[by_input ? 1 : 0]; }

void require_takes_scale(const nn::LinearMap& map, bool by_input) {
  RIFT_REQUIRE(
      !by_input || inputs_of(map) == map.weight->shape[1], Code::kUnsupported,
      "ia3: '{}' is a convolution of several groups, and scaling inputs is implemented for those of one; leave "
      "it out of tuning.targets, or of tuning.feed_forward, so that its output is scaled",
      map.name);
}

ScaleAdapter::ScaleAdapter(nn::ParameterStore& store, const nn::LinearMap& map, bool by_input, const std::string& label)
    : map_(map), by_input_(by_input), scale_(&store.add(map.name + ".ia3_l" + label, {scale_size(map, by_input)})) {}

at::Tensor ScaleAdapter::input(const at::Tensor& x) const { return by_input_ ? x * along(scale_->view, x) : x; }

at::Tensor ScaleAdapter::apply(const at::Tensor&, const at::Tensor& y_base, const nn::LinearCall&) const {
  return by_input_ ? y_base : y_base * along(scale_->view, y_base);
}

at::Tensor ScaleAdapter::delta() const {
  const at::NoGradGuard no_gradient;
  const at::Tensor weight = nn::numbers_of(*map_.weight);
  std::vector<int64_t> shape(static_cast<size_t>(weight.dim()), 1);
  shape[by_input_ ? 1 : 0] = -1;
  return weight * (scale_->view.detach() - 1).view(shape);
}

at::Tensor ScaleAdapter::bias_delta() const {
  if (by_input_ || map_.bias == nullptr) return {};
  const at::NoGradGuard no_gradient;
  return nn::numbers_of(*map_.bias) * (scale_->view.detach() - 1);
}

models::ScaledMaps ia3_targets(const Ia3Options& options, const models::TunableModel& model) {
  return options.targets.empty() ? model.scaled_maps() : models::ScaledMaps{options.targets, options.feed_forward};
}

Selection select(const Ia3Options& options, models::TunableModel& model, uint64_t) {
  require_adaptable(model, "ia3");
  const models::ScaledMaps names = ia3_targets(options, model);
  Selection selection{{}, head_parameters(model), fmt::format("IA3 on {}", fmt::join(names.maps, ", "))};
  std::vector<const nn::Parameter*> scales;
  for (nn::LinearMap* map : targeted_maps(names.maps, model)) {
    const bool by_input = checkpoint::PeftConfig::names_module(names.by_input, map->name);
    require_takes_scale(*map, by_input);
    const auto adapter = std::make_shared<ScaleAdapter>(model.parameters(), *map, by_input);
    map->adapter = adapter;
    scales.push_back(&adapter->scale());
  }
  model.parameters().seal();
  for (const nn::Parameter* scale : scales) {
    nn::fill_one(model.parameters(), *scale);
    selection.encoder.push_back(scale->name);
  }
  return selection;
}

}  // namespace rift::tuning
