#include "rift/tuning/peft.h"

#include <algorithm>

#include "rift/base/error.h"
#include "rift/tuning/lora.h"

namespace rift::tuning {

namespace {

using checkpoint::PeftAdapter;
using checkpoint::PeftConfig;
using checkpoint::PeftTask;

at::Tensor copy_of(const nn::Parameter& parameter) {
  return parameter.view.detach().to(at::kCPU, at::kFloat, /*non_blocking=*/false, /*copy=*/true);
}

/// The targets as the user wrote them when PEFT's rule picks the same maps by them, else every map by its whole name:
/// "dense" alone would take the pooler's map along, which rift does not adapt.
std::vector<std::string> target_modules(const LoraOptions& options, const PeftAdapter& adapter,
                                        const models::TextClassifier& model) {
  const auto is_module = [&](const std::string& name) { return PeftConfig::names_module(options.targets, name); };
  const bool takes_more = model.parameters().find("bert.pooler.dense.weight") != nullptr &&
                          (is_module("bert.pooler.dense") || is_module("classifier"));
  if (!takes_more && !is_module("classifier")) return options.targets;
  std::vector<std::string> names;
  for (const checkpoint::LoraPair& pair : adapter.pairs) names.push_back(pair.module);
  return names;
}

}  // namespace

PeftAdapter adapter_of(const models::TextClassifier& model, const LoraOptions& options) {
  PeftAdapter adapter;
  const bool on_pooler = model.pooling() == models::Pooling::kPooler;
  adapter.config = {.task = on_pooler ? PeftTask::kSequenceClassification : PeftTask::kFeatureExtraction,
                    .rank = options.rank,
                    .alpha = options.alpha,
                    .dropout = options.dropout};
  auto& encoder = const_cast<models::TextEncoder&>(model.encoder());  // linears() hands out slots; they are only read
  for (const nn::Linear* linear : encoder.linears()) {
    const auto* lora = dynamic_cast<const LoraAdapter*>(linear->adapter.get());
    if (lora == nullptr) continue;
    adapter.pairs.push_back({linear->name, copy_of(lora->a()), copy_of(lora->b())});
  }
  RIFT_REQUIRE(!adapter.pairs.empty(), Code::kUnsupported, "the model has no LoRA adapter to write");
  std::ranges::sort(adapter.pairs, {}, &checkpoint::LoraPair::module);
  adapter.config.target_modules = target_modules(options, adapter, model);
  adapter.config.modules_to_save = {"classifier"};
  if (on_pooler) adapter.config.modules_to_save.push_back("pooler");
  for (const models::Part* part : {&model.pooler(), &model.head()}) {
    for (const std::string& name : part->parameters) adapter.saved.emplace(name, copy_of(model.parameters().at(name)));
  }
  return adapter;
}

}  // namespace rift::tuning
