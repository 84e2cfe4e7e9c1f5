#include "rift/tuning/peft.h"

#include <algorithm>

#include "rift/base/error.h"
#include "rift/tuning/lora.h"

namespace rift::tuning {

namespace {

using checkpoint::PeftAdapter;
using checkpoint::PeftConfig;

at::Tensor copy_of(const nn::Parameter& parameter) {
  return parameter.view.detach().to(at::kCPU, at::kFloat, /*non_blocking=*/false, /*copy=*/true);
}

/// The targets as the user wrote them when PEFT's rule picks the same maps by them, else every map by its whole name:
/// "dense" alone would take the head's maps along, which rift does not adapt.
std::vector<std::string> target_modules(const std::vector<std::string>& targets, const PeftAdapter& adapter,
                                        const std::vector<std::string>& others) {
  const bool takes_more =
      std::ranges::any_of(others, [&](const std::string& name) { return PeftConfig::names_module(targets, name); });
  if (!takes_more) return targets;
  std::vector<std::string> names;
  for (const checkpoint::LoraPair& pair : adapter.pairs) names.push_back(pair.module);
  return names;
}

}  // namespace

PeftAdapter adapter_of(const models::TunableModel& model, const LoraOptions& options) {
  PeftAdapter adapter;
  const models::AdapterBase base = model.adapter_base();
  adapter.config = {.task = base.task, .rank = options.rank, .alpha = options.alpha, .dropout = options.dropout};
  for (const nn::LinearMap* map : model.linear_maps()) {
    const auto* lora = dynamic_cast<const LoraAdapter*>(map->adapter.get());
    if (lora == nullptr) continue;
    adapter.pairs.push_back({map->name, copy_of(lora->a()), copy_of(lora->b())});
  }
  RIFT_REQUIRE(!adapter.pairs.empty(), Code::kUnsupported, "the model has no LoRA adapter to write");
  std::ranges::sort(adapter.pairs, {}, &checkpoint::LoraPair::module);
  adapter.config.target_modules = target_modules(lora_targets(options, model), adapter, base.other_maps);
  std::vector<std::string>& saved = adapter.config.modules_to_save;
  for (const models::Part* part : {&model.head(), &model.pooler()}) {
    for (const std::string& name : part->parameters) {
      adapter.saved.emplace(name, copy_of(model.parameters().at(name)));
      const std::string module = checkpoint::top_module(base.prefix, name);
      if (std::ranges::find(saved, module) == saved.end()) saved.push_back(module);
    }
  }
  return adapter;
}

}  // namespace rift::tuning
