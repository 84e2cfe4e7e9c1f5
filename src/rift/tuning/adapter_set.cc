#include "rift/tuning/adapter_set.h"

#include <ATen/core/grad_mode.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <set>

#include "rift/base/error.h"
#include "rift/tuning/dora.h"
#include "rift/tuning/ia3.h"
#include "rift/tuning/lora.h"
#include "rift/tuning/virtual_tokens.h"

namespace rift::tuning {

namespace {

using checkpoint::LoraPair;
using checkpoint::PeftAdapter;
using checkpoint::PeftConfig;
using checkpoint::PeftKind;

bool is_plain(const std::string& name) {
  return !name.empty() && std::ranges::all_of(name, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
  });
}

void require_shape(const std::string& what, const at::Tensor& values, const std::vector<int64_t>& expected) {
  RIFT_CHECK(values.defined());
  RIFT_REQUIRE(values.sizes() == at::IntArrayRef(expected), Code::kArtefact,
               "adapter: '{}': the model expects [{}], got [{}]; was it made for another model?", what,
               fmt::join(expected, ","), fmt::join(values.sizes(), ","));
}

}  // namespace

AdapterSet::AdapterSet(models::TunableModel& model) : model_(model) {
  RIFT_CHECK(model.additions().empty());
  for (const nn::LinearMap* map : model.linear_maps()) RIFT_CHECK(!map->adapter);
}

nn::LinearMap& AdapterSet::map_named(const std::string& module) {
  const std::vector<nn::LinearMap*> maps = model_.linear_maps();
  const auto found = std::ranges::find(maps, module, &nn::LinearMap::name);
  RIFT_REQUIRE(found != maps.end(), Code::kArtefact,
               "adapter: '{}' is no linear map of the model that rift adapts; was it made for another model?", module);
  return **found;
}

void AdapterSet::fill(const nn::Parameter& parameter, const at::Tensor& values) {
  model_.parameters().copy_from(tensor::TensorMap{{parameter.name, values}});
}

void AdapterSet::require_updates_fit(const PeftAdapter& adapter) {
  std::set<std::string> seen;
  for (const LoraPair& pair : adapter.pairs) {
    const nn::LinearMap& map = map_named(pair.module);
    require_takes_lora(map);
    RIFT_CHECK(seen.insert(pair.module).second);
    require_shape(pair.module + ".lora_A", pair.a, a_shape(map, adapter.config.rank));
    require_shape(pair.module + ".lora_B", pair.b, b_shape(map, adapter.config.rank));
    if (adapter.config.dora) {
      require_shape(pair.module + ".lora_magnitude_vector", pair.lengths, {map.weight->shape[0]});
    }
  }
}

void AdapterSet::require_scales_fit(const PeftAdapter& adapter) {
  std::set<std::string> seen;
  for (const checkpoint::ScaleVector& scale : adapter.scales) {
    const nn::LinearMap& map = map_named(scale.module);
    const bool by_input = PeftConfig::names_module(adapter.config.feed_forward, scale.module);
    require_takes_scale(map, by_input);
    RIFT_CHECK(seen.insert(scale.module).second);
    require_shape(scale.module + ".ia3_l", scale.values, {scale_size(map, by_input)});
  }
}

void AdapterSet::require_virtual_tokens_fit(const PeftAdapter& adapter) {
  const bool is_prefix = adapter.config.kind == PeftKind::kPrefix;
  const models::AdditionSizes sizes = model_.addition_sizes();
  const std::string& why_not = is_prefix ? sizes.why_no_prefix : sizes.why_no_prompt;
  RIFT_REQUIRE(why_not.empty(), Code::kUnsupported, "adapter: {}: {}", is_prefix ? "prefix" : "prompt", why_not);
  const int64_t width =
      is_prefix ? static_cast<int64_t>(model_.layers().size()) * 2 * sizes.key_width : sizes.word_table->shape[1];
  require_shape(is_prefix ? kPrefixName : kPromptName, adapter.virtual_tokens,
                {adapter.config.virtual_tokens.tokens, width});
}

/// All of it, before anything is laid beside the model: a store that was begun and not sealed cannot be used.
void AdapterSet::require_fits(const PeftAdapter& adapter) {
  for (const tensor::TensorMap* values : {&adapter.norms, &adapter.saved}) {
    for (const auto& [name, tensor] : *values) {
      const nn::Parameter* parameter = model_.parameters().find(name);
      RIFT_REQUIRE(parameter != nullptr, Code::kArtefact,
                   "adapter: '{}' is no parameter of the model; was it made for another model or pooling?", name);
      require_shape(name, tensor, parameter->shape);
    }
  }
  if (adapter.config.kind == PeftKind::kLora) require_updates_fit(adapter);
  if (adapter.config.kind == PeftKind::kIa3) require_scales_fit(adapter);
  if (has_virtual_tokens(adapter.config.kind)) require_virtual_tokens_fit(adapter);
}

void AdapterSet::hold_updates(const std::string& label, const PeftAdapter& adapter, Held& held) {
  nn::ParameterStore& store = model_.parameters();
  const PeftConfig& config = adapter.config;
  std::vector<std::shared_ptr<LoraAdapter>> updates;
  for (const LoraPair& pair : adapter.pairs) {
    nn::LinearMap& map = map_named(pair.module);
    updates.push_back(make_lora(store, map, {.rank = config.rank, .scale = config.scale(), .label = label}));
    std::shared_ptr<nn::LinearAdapter> laid = updates.back();
    if (config.dora) laid = std::make_shared<DoraAdapter>(store, map, updates.back());
    held.maps.emplace_back(&map, std::move(laid));
  }
  store.seal();
  for (size_t i = 0; i < updates.size(); ++i) {
    const LoraPair& pair = adapter.pairs[i];
    fill(updates[i]->a(), pair.a);
    fill(updates[i]->b(), pair.b);
    if (config.dora) fill(*held.maps[i].second->parameters().back(), pair.lengths);
  }
}

void AdapterSet::hold_scales(const std::string& label, const PeftAdapter& adapter, Held& held) {
  for (const checkpoint::ScaleVector& scale : adapter.scales) {
    nn::LinearMap& map = map_named(scale.module);
    const bool by_input = PeftConfig::names_module(adapter.config.feed_forward, scale.module);
    held.maps.emplace_back(&map, std::make_shared<ScaleAdapter>(model_.parameters(), map, by_input, label));
  }
  model_.parameters().seal();
  for (size_t i = 0; i < adapter.scales.size(); ++i) {
    fill(*held.maps[i].second->parameters().front(), adapter.scales[i].values);
  }
}

void AdapterSet::hold_virtual_tokens(const std::string& label, const PeftAdapter& adapter, Held& held) {
  const bool is_prefix = adapter.config.kind == PeftKind::kPrefix;
  const std::string name = (is_prefix ? kPrefixName : kPromptName) + label;
  const nn::Parameter& tokens = model_.parameters().add(name, adapter.virtual_tokens.sizes().vec());
  model_.parameters().seal();
  fill(tokens, adapter.virtual_tokens);
  (is_prefix ? held.prefix : held.prompt) = &tokens;
}

AdapterSet::Held AdapterSet::hold(const std::string& label, const PeftAdapter& adapter) {
  require_fits(adapter);
  Held held;
  for (const tensor::TensorMap* values : {&adapter.norms, &adapter.saved}) {
    held.replaced.insert(values->begin(), values->end());
  }
  switch (adapter.config.kind) {
    case PeftKind::kLora:
      hold_updates(label, adapter, held);
      break;
    case PeftKind::kIa3:
      hold_scales(label, adapter, held);
      break;
    case PeftKind::kNorm:
      break;
    case PeftKind::kPrompt:
    case PeftKind::kPrefix:
      hold_virtual_tokens(label, adapter, held);
      break;
  }
  return held;
}

void AdapterSet::add(const std::string& name, const PeftAdapter& adapter) {
  RIFT_REQUIRE(is_plain(name), Code::kConfig, "adapter '{}': expected a name of letters, digits, \"-\" and \"_\"",
               shorten(name));
  RIFT_REQUIRE(!held_.contains(name), Code::kConfig, "adapter '{}' is held already; give this one another name", name);
  const std::string why_not = model_.why_not_adapted();
  RIFT_REQUIRE(why_not.empty(), Code::kUnsupported, "adapter '{}': {}", name, why_not);
  nn::ParameterStore& store = model_.parameters();
  const size_t before = store.parameters().size();
  Held held = hold("." + name, adapter);
  for (size_t i = before; i < store.parameters().size(); ++i) store.set_trainable(store.parameters()[i], false);
  // What the adapter in use replaces is in base_ already, so that these are the base's own values.
  for (const auto& [replaced, tensor] : held.replaced) {
    if (!base_.contains(replaced)) base_.emplace(replaced, store.at(replaced).view.detach().clone());
  }
  held_.emplace(name, std::move(held));
}

void AdapterSet::use_none() {
  if (in_use_.empty()) return;
  const Held& held = held_.at(in_use_);
  for (const auto& [map, adapter] : held.maps) map->adapter.reset();
  model_.additions() = {};
  model_.parameters().copy_from(base_);
  in_use_.clear();
}

void AdapterSet::use(const std::string& name) {
  const auto found = held_.find(name);
  RIFT_REQUIRE(found != held_.end(), Code::kConfig, "no adapter '{}' is held; {}", shorten(name),
               held_.empty() ? "add() one first" : fmt::format("there are {}", fmt::join(names(), ", ")));
  use_none();
  for (const auto& [map, adapter] : found->second.maps) map->adapter = adapter;
  model_.additions().prompt = found->second.prompt;
  model_.additions().prefix = found->second.prefix;
  model_.parameters().copy_from(found->second.replaced);
  in_use_ = name;
}

std::vector<std::string> AdapterSet::names() const {
  std::vector<std::string> names;
  for (const auto& [name, held] : held_) names.push_back(name);
  return names;
}

}  // namespace rift::tuning
