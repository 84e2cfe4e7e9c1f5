#include "rift/train/adapter.h"

#include <algorithm>
#include <set>

#include "rift/base/error.h"

namespace rift::train {
namespace {

constexpr std::string_view kEncoder = "bert.";

checkpoint::LoraPair take_pair(const nn::Linear& linear) {
  checkpoint::LoraPair pair{.module = linear.name};
  for (const nn::Parameter* parameter : linear.adapter->parameters()) {
    if (parameter->name.find("lora_A") != std::string::npos) pair.a = parameter->view.detach().cpu().clone();
    if (parameter->name.find("lora_B") != std::string::npos) pair.b = parameter->view.detach().cpu().clone();
  }
  RIFT_CHECK(pair.a.defined() && pair.b.defined());
  return pair;
}

/// The names that run.yaml gives, where PEFT's rule finds the same maps by them; else each map by its own name.
std::vector<std::string> target_modules(models::TextClassifier& model, const std::vector<std::string>& asked) {
  const auto differs = [&](const nn::Linear* linear) {
    return checkpoint::PeftConfig::names_module(asked, linear->name) != (linear->adapter != nullptr);
  };
  const std::vector<nn::Linear*> linears = model.encoder().linears();
  if (std::ranges::none_of(linears, differs)) return asked;
  std::vector<std::string> names;
  for (const nn::Linear* linear : linears) {
    if (!linear->adapter) continue;
    const std::string_view name = linear->name;
    names.emplace_back(name.starts_with(kEncoder) ? name.substr(kEncoder.size()) : name);
  }
  return names;
}

void add_saved_modules(checkpoint::PeftAdapter& adapter, const nn::ParameterStore& store,
                       const std::vector<std::string>& head) {
  std::set<std::string> modules;
  for (const std::string& name : head) modules.insert(name.starts_with("classifier.") ? "classifier" : "pooler");
  adapter.config.modules_to_save.assign(modules.begin(), modules.end());
  for (const nn::Parameter& parameter : store.parameters()) {
    const bool classifier = modules.contains("classifier") && parameter.name.starts_with("classifier.");
    const bool pooler = modules.contains("pooler") && parameter.name.starts_with("bert.pooler.");
    if (classifier || pooler) adapter.saved.emplace(parameter.name, parameter.view.detach().cpu().clone());
  }
}

}  // namespace

std::optional<checkpoint::PeftAdapter> merge_adapters(models::TextClassifier& model,
                                                      const tuning::TuningOptions& options,
                                                      const tuning::Applied& applied, const std::string& base_model) {
  const auto* lora = std::get_if<tuning::LoraOptions>(&options.method);
  if (lora == nullptr) return std::nullopt;
  checkpoint::PeftAdapter adapter;
  adapter.config = {.task = model.pooling() == models::Pooling::kPooler
                                ? checkpoint::PeftTask::kSequenceClassification
                                : checkpoint::PeftTask::kFeatureExtraction,
                    .rank = lora->rank,
                    .alpha = lora->alpha,
                    .dropout = lora->dropout,
                    .target_modules = target_modules(model, lora->targets),
                    .base_model = base_model};
  add_saved_modules(adapter, model.parameters(), applied.head);
  for (nn::Linear* linear : model.encoder().linears()) {
    if (!linear->adapter) continue;
    adapter.pairs.push_back(take_pair(*linear));
    nn::merge_adapter(*linear);
  }
  std::ranges::sort(adapter.pairs, {}, &checkpoint::LoraPair::module);
  return adapter;
}

}  // namespace rift::train
