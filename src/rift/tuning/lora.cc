#include "rift/tuning/lora.h"

#include <ATen/core/grad_mode.h>
#include <ATen/ops/add.h>
#include <ATen/ops/matmul.h>

#include <cmath>
#include <memory>

#include "rift/base/error.h"
#include "rift/nn/dropout.h"
#include "rift/nn/initial_values.h"
#include "rift/tuning/dora.h"
#include "rift/tuning/method.h"
#include "rift/tuning/targets.h"

namespace rift::tuning {

namespace {

/// "LoRA r=8", "rsLoRA r=64, DoRA, PiSSA, LoRA+ 16"
std::string title_of(const LoraOptions& options) {
  std::string title =
      fmt::format("{} r={}", options.scaling == LoraScaling::kRankStabilised ? "rsLoRA" : "LoRA", options.rank);
  if (options.dora) title += ", DoRA";
  if (options.init == LoraInit::kPissa) title += ", PiSSA";
  if (options.b_lr_ratio != 1) title += fmt::format(", LoRA+ {}", options.b_lr_ratio);
  return title;
}

/// An adapter between its registration and its first values.
struct Made {
  nn::LinearMap* map = nullptr;
  std::shared_ptr<LoraAdapter> update;
  std::shared_ptr<DoraAdapter> dora;
};

}  // namespace

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

void require_takes_lora(const nn::LinearMap& map) {
  const auto* conv = dynamic_cast<const nn::Conv2d*>(&map);
  RIFT_REQUIRE(conv == nullptr || conv->walk.groups == 1, Code::kUnsupported,
               "tuning.targets: '{}' is a convolution of {} groups; LoRA is implemented for those of one; leave it out",
               map.name, conv->walk.groups);
}

std::shared_ptr<LoraAdapter> make_lora(nn::ParameterStore& store, const nn::LinearMap& map, const LoraShape& shape) {
  require_takes_lora(map);
  const auto* conv = dynamic_cast<const nn::Conv2d*>(&map);
  if (conv == nullptr) return std::make_shared<LoraAdapter>(store, map, shape);
  return std::make_shared<ConvLoraAdapter>(store, *conv, shape);
}

std::vector<std::string> lora_targets(const LoraOptions& options, const models::TunableModel& model) {
  return options.targets.empty() ? model.lora_maps() : options.targets;
}

LoraAdapter::LoraAdapter(nn::ParameterStore& store, const nn::LinearMap& map, const LoraShape& shape)
    : shape_(shape),
      a_(&store.add(map.name + ".lora_A" + shape.label + ".weight", a_shape(map, shape.rank))),
      b_(&store.add(map.name + ".lora_B" + shape.label + ".weight", b_shape(map, shape.rank))) {}

at::Tensor LoraAdapter::dropped(const at::Tensor& x, const nn::LinearCall& call) const {
  return nn::dropout(x,
                     {.probability = shape_.dropout,
                      .layer = call.layer,
                      .site = static_cast<uint32_t>(nn::DropoutSite::kAdapter) + call.site,
                      .tokens = call.tokens},
                     call.batch, call.context);
}

at::Tensor LoraAdapter::product(const at::Tensor& x) const {
  return nn::linear_map(nn::linear_map(x, a_->view, {}), b_->view, {});  // [S,rank], [S,D_out]
}

at::Tensor LoraAdapter::apply(const at::Tensor& x, const at::Tensor& y_base, const nn::LinearCall& call) const {
  return at::add(y_base, product(dropped(x, call)), shape_.scale);
}

at::Tensor LoraAdapter::delta() const {
  const at::NoGradGuard no_gradient;
  std::vector<int64_t> shape = a_->shape;
  shape[0] = b_->shape[0];
  return at::matmul(b_->view.flatten(1), a_->view.flatten(1)).mul_(shape_.scale).view(shape);
}

at::Tensor ConvLoraAdapter::dropped(const at::Tensor& x, const nn::LinearCall& call) const {
  return LoraAdapter::dropped(x.flatten(1), call).view(x.sizes());
}

at::Tensor ConvLoraAdapter::product(const at::Tensor& x) const {
  return nn::convolve(nn::convolve(x, a().view, {}, walk_), b().view, {}, {});  // [B,rank,H',W'], [B,C_out,H',W']
}

void start_values(nn::ParameterStore& store, const LoraAdapter& adapter, uint64_t seed) {
  // Kaiming-uniform with a = sqrt 5 over fan_in, a convolution's places included: sqrt(6 / ((1 + 5) fan_in)).
  const auto fan_in = static_cast<double>(adapter.a().size / adapter.a().shape[0]);
  nn::fill_uniform(store, adapter.a(), 1.0 / std::sqrt(fan_in), seed);
  nn::fill_zero(store, adapter.b());
}

Selection select(const LoraOptions& options, models::TunableModel& model, uint64_t seed) {
  require_adaptable(model, "lora");
  const std::vector<std::string> targets = lora_targets(options, model);
  nn::ParameterStore& store = model.parameters();
  Selection selection{{}, head_parameters(model), fmt::format("{} on {}", title_of(options), fmt::join(targets, ", "))};
  std::vector<Made> all;
  for (nn::LinearMap* map : targeted_maps(targets, model)) {
    RIFT_CHECK(!map->adapter);
    Made& made = all.emplace_back(
        Made{map, make_lora(store, *map, {.rank = options.rank, .scale = options.scale(), .dropout = options.dropout}),
             nullptr});
    if (options.dora) made.dora = std::make_shared<DoraAdapter>(store, *map, made.update);
  }
  store.seal();
  for (const Made& made : all) {
    if (options.init == LoraInit::kPissa) {
      start_as_principal_part(*made.update, *made.map);
    } else {
      start_values(store, *made.update, seed);
    }
    if (made.dora) made.dora->start_magnitude();
    if (options.b_lr_ratio != 1) selection.rates.emplace_back(made.update->b().name, options.b_lr_ratio);
    made.map->adapter = made.dora ? std::shared_ptr<nn::LinearAdapter>(made.dora) : made.update;
    for (const nn::Parameter* parameter : made.map->adapter->parameters()) {
      selection.encoder.push_back(parameter->name);
    }
  }
  return selection;
}

}  // namespace rift::tuning
