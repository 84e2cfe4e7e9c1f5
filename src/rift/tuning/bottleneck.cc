#include "rift/tuning/bottleneck.h"

#include <memory>

#include "rift/base/error.h"
#include "rift/nn/activation.h"
#include "rift/nn/initial_values.h"
#include "rift/tuning/method.h"

namespace rift::tuning {

namespace {

using models::LayerPart;

constexpr double kDeviation = 0.02;

/// The parts that have one, by the names of their parameters.
std::vector<std::pair<LayerPart, const char*>> parts_of(BottleneckStyle style) {
  constexpr std::pair kFeedForward{LayerPart::kFeedForward, ".feed_forward_adapter"};
  if (style == BottleneckStyle::kPfeiffer) return {kFeedForward};
  return {{LayerPart::kAttention, ".attention_adapter"}, kFeedForward};
}

}  // namespace

Bottleneck::Bottleneck(nn::ParameterStore& store, const std::string& name, const Shape& shape)
    : style_(shape.style),
      down_(nn::Linear::add_to(store, name + ".down", shape.width, shape.inner)),
      up_(nn::Linear::add_to(store, name + ".up", shape.inner, shape.width)) {}

void Bottleneck::start_values(nn::ParameterStore& store, uint64_t seed) const {
  for (const nn::Linear* map : {&down_, &up_}) {
    nn::fill_normal(store, *map->weight, kDeviation, seed);
    nn::fill_zero(store, *map->bias);
  }
}

at::Tensor Bottleneck::changed(const at::Tensor& states) const {
  const auto f = style_ == BottleneckStyle::kHoulsby ? nn::Activation::kSilu : nn::Activation::kRelu;
  const at::Tensor inner = nn::activate(f, nn::linear_map(states, down_.weight->view, down_.bias->view));
  return nn::linear_map(inner, up_.weight->view, up_.bias->view);
}

at::Tensor Bottleneck::join(const at::Tensor& y, const at::Tensor& x, const models::StateNorm& norm) const {
  const auto summed = [&](const at::Tensor& part) { return norm ? norm(part.add(x)) : part.add(x); };
  return summed(y.add(changed(style_ == BottleneckStyle::kHoulsby ? y : summed(y))));
}

Selection select(const BottleneckOptions& options, models::TunableModel& model, uint64_t seed) {
  const models::AdditionSizes sizes = model.addition_sizes();
  RIFT_REQUIRE(sizes.why_no_adapters.empty(), Code::kUnsupported, "tuning.method: bottleneck: {}; set lora",
               sizes.why_no_adapters);
  RIFT_REQUIRE(options.reduction <= sizes.width, Code::kConfig,
               "tuning.reduction: the model's states have {} numbers, got {}; set it to {} at most", sizes.width,
               options.reduction, sizes.width);
  nn::ParameterStore& store = model.parameters();
  const Bottleneck::Shape shape{sizes.width, sizes.width / options.reduction, options.style};
  std::vector<std::shared_ptr<Bottleneck>> all;
  models::Additions& additions = model.additions();
  RIFT_CHECK(additions.empty());
  additions.behind.resize(model.layers().size());
  for (size_t i = 0; i < additions.behind.size(); ++i) {
    for (const auto& [part, name] : parts_of(options.style)) {
      all.push_back(std::make_shared<Bottleneck>(store, model.layers()[i].name + name, shape));
      additions.behind[i][static_cast<size_t>(part)] = all.back();
    }
  }
  store.seal();
  Selection selection{
      {}, head_parameters(model), fmt::format("{} bottlenecks of width {}", name_of(options.style), shape.inner)};
  for (const auto& bottleneck : all) {
    bottleneck->start_values(store, seed);
    for (const nn::Parameter* parameter : bottleneck->parameters()) selection.encoder.push_back(parameter->name);
  }
  return selection;
}

}  // namespace rift::tuning
