#include "rift/tuning/lora.h"

#include <ATen/core/grad_mode.h>
#include <ATen/ops/add.h>
#include <ATen/ops/matmul.h>

#include <algorithm>
#include <cmath>
#include <memory>

#include "rift/base/error.h"
#include "rift/checkpoint/peft_config.h"
#include "rift/nn/dropout.h"
#include "rift/nn/initial_values.h"
#include "rift/tuning/method.h"

namespace rift::tuning {

namespace {

using checkpoint::PeftConfig;

/// "query", "attention.output.dense", ...: what a target may say, from the first layer's names.
std::vector<std::string> target_names(const std::vector<nn::LinearMap*>& maps, const models::TunableModel& model) {
  std::vector<std::string> names;
  const std::string layer = model.layers().front().name + ".";
  for (const nn::LinearMap* map : maps) {
    if (map->name.starts_with(layer)) names.push_back(map->name.substr(layer.size()));
  }
  return names;
}

std::vector<nn::LinearMap*> targeted(const std::vector<std::string>& targets, models::TunableModel& model) {
  const std::vector<nn::LinearMap*> maps = model.linear_maps();
  for (const std::string& target : targets) {
    const bool found = std::ranges::any_of(
        maps, [&](const nn::LinearMap* map) { return PeftConfig::names_module({target}, map->name); });
    RIFT_REQUIRE(found, Code::kConfig, "tuning.targets: no linear map is called '{}'; there are {}", shorten(target),
                 fmt::join(target_names(maps, model), ", "));
  }
  std::vector<nn::LinearMap*> chosen;
  for (nn::LinearMap* map : maps) {
    if (!PeftConfig::names_module(targets, map->name)) continue;
    const auto* conv = dynamic_cast<const nn::Conv2d*>(map);
    RIFT_REQUIRE(conv == nullptr || conv->walk.groups == 1, Code::kUnsupported,
                 "tuning.targets: '{}' is a convolution of {} groups; LoRA is implemented for those of one", map->name,
                 conv->walk.groups);
    chosen.push_back(map);
  }
  return chosen;
}

std::vector<int64_t> a_shape(const nn::LinearMap& map, int64_t rank) {
  std::vector<int64_t> shape = map.weight->shape;
  shape[0] = rank;
  return shape;
}

std::vector<int64_t> b_shape(const nn::LinearMap& map, int64_t rank) {
  std::vector<int64_t> shape(map.weight->shape.size(), 1);
  shape[0] = map.weight->shape[0];
  shape[1] = rank;
  return shape;
}

std::shared_ptr<LoraAdapter> make_adapter(nn::ParameterStore& store, const nn::LinearMap& map, const LoraShape& shape) {
  const auto* conv = dynamic_cast<const nn::Conv2d*>(&map);
  if (conv == nullptr) return std::make_shared<LoraAdapter>(store, map, shape);
  return std::make_shared<ConvLoraAdapter>(store, *conv, shape);
}

}  // namespace

std::vector<std::string> lora_targets(const LoraOptions& options, const models::TunableModel& model) {
  return options.targets.empty() ? model.lora_maps() : options.targets;
}

LoraAdapter::LoraAdapter(nn::ParameterStore& store, const nn::LinearMap& map, const LoraShape& shape)
    : shape_(shape),
      a_(&store.add(map.name + ".lora_A.weight", a_shape(map, shape.rank))),
      b_(&store.add(map.name + ".lora_B.weight", b_shape(map, shape.rank))) {}

at::Tensor LoraAdapter::dropped(const at::Tensor& x, const nn::LinearCall& call) const {
  return nn::dropout(x,
                     {.probability = shape_.dropout,
                      .layer = call.layer,
                      .site = static_cast<uint32_t>(nn::DropoutSite::kAdapter) + call.site,
                      .tokens = call.tokens},
                     call.batch, call.context);
}

at::Tensor LoraAdapter::apply(const at::Tensor& x, const at::Tensor& y_base, const nn::LinearCall& call) const {
  const at::Tensor low = nn::linear_map(dropped(x, call), a_->view, {});    // [S,rank]
  return at::add(y_base, nn::linear_map(low, b_->view, {}), shape_.scale);  // [S,D_out]
}

at::Tensor LoraAdapter::delta() const {
  const at::NoGradGuard no_gradient;
  std::vector<int64_t> shape = a_->shape;
  shape[0] = b_->shape[0];
  return at::matmul(b_->view.flatten(1), a_->view.flatten(1)).mul_(shape_.scale).view(shape);
}

at::Tensor ConvLoraAdapter::apply(const at::Tensor& x, const at::Tensor& y_base, const nn::LinearCall& call) const {
  const at::Tensor kept = dropped(x.flatten(1), call).view(x.sizes());               // [B,C_in,H,W]
  const at::Tensor low = nn::convolve(kept, a().view, {}, walk_);                    // [B,rank,H',W']
  return at::add(y_base, nn::convolve(low, b().view, {}, {}), this->shape().scale);  // [B,C_out,H',W']
}

void start_values(nn::ParameterStore& store, const LoraAdapter& adapter, uint64_t seed) {
  // Kaiming-uniform with a = sqrt 5 over fan_in, a convolution's places included: sqrt(6 / ((1 + 5) fan_in)).
  const auto fan_in = static_cast<double>(adapter.a().size / adapter.a().shape[0]);
  nn::fill_uniform(store, adapter.a(), 1.0 / std::sqrt(fan_in), seed);
  nn::fill_zero(store, adapter.b());
}

Selection select(const LoraOptions& options, models::TunableModel& model, uint64_t seed) {
  const std::string why_not = model.why_not_adapted();
  RIFT_REQUIRE(why_not.empty(), Code::kUnsupported, "tuning.method: lora: {}", why_not);
  const std::vector<std::string> targets = lora_targets(options, model);
  const LoraShape shape{options.rank, options.alpha / static_cast<double>(options.rank), options.dropout};
  Selection selection{
      {}, head_parameters(model), fmt::format("LoRA r={} on {}", options.rank, fmt::join(targets, ", "))};
  std::vector<std::shared_ptr<LoraAdapter>> adapters;
  for (nn::LinearMap* map : targeted(targets, model)) {
    RIFT_CHECK(!map->adapter);
    adapters.push_back(make_adapter(model.parameters(), *map, shape));
    map->adapter = adapters.back();
  }
  model.parameters().seal();
  for (const auto& adapter : adapters) {
    start_values(model.parameters(), *adapter, seed);
    for (const nn::Parameter* parameter : adapter->parameters()) selection.encoder.push_back(parameter->name);
  }
  return selection;
}

}  // namespace rift::tuning
