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

void require_one_group(const nn::LinearMap& map) {
  RIFT_REQUIRE(inputs_of(map) == map.weight->shape[1], Code::kUnsupported,
               "tuning.feed_forward: '{}' is a convolution of several groups; scaling inputs is implemented for those "
               "of one",
               map.name);
}

}  // namespace

ScaleAdapter::ScaleAdapter(nn::ParameterStore& store, const nn::LinearMap& map, bool by_input, const std::string& label)
    : map_(map),
      by_input_(by_input),
      scale_(&store.add(map.name + ".ia3_l" + label, {map.weight->shape[by_input ? 1 : 0]})) {}

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
    if (by_input) require_one_group(*map);
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
