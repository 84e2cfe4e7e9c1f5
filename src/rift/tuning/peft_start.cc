#include "rift/tuning/peft_start.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <string_view>

#include "rift/base/error.h"
#include "rift/tuning/dora.h"
#include "rift/tuning/ia3.h"
#include "rift/tuning/lora.h"
#include "rift/tuning/peft.h"
#include "rift/tuning/virtual_tokens.h"

namespace rift::tuning {

namespace {

using checkpoint::PeftAdapter;
using checkpoint::PeftKind;

/// As tuning.method calls it.
std::string_view method_of(PeftKind kind) {
  switch (kind) {
    case PeftKind::kLora:
      return "lora";
    case PeftKind::kIa3:
      return "ia3";
    case PeftKind::kNorm:
      return "norm";
    case PeftKind::kPrompt:
      return "prompt";
    case PeftKind::kPrefix:
      return "prefix";
  }
  RIFT_FAIL(Code::kBug, "an adapter without a method");
}

/// Everything of an adapter by the name of the parameter that it goes into.
tensor::TensorMap values_of(const PeftAdapter& adapter) {
  tensor::TensorMap values = adapter.saved;
  values.insert(adapter.norms.begin(), adapter.norms.end());
  for (const checkpoint::LoraPair& pair : adapter.pairs) {
    values.emplace(pair.module + ".lora_A.weight", pair.a);
    values.emplace(pair.module + ".lora_B.weight", pair.b);
    if (pair.lengths.defined()) values.emplace(pair.module + ".lora_magnitude_vector", pair.lengths);
  }
  for (const checkpoint::ScaleVector& scale : adapter.scales) values.emplace(scale.module + ".ia3_l", scale.values);
  if (adapter.virtual_tokens.defined()) {
    values.emplace(adapter.config.kind == PeftKind::kPrefix ? kPrefixName : kPromptName, adapter.virtual_tokens);
  }
  return values;
}

std::vector<std::string> modules_of(const PeftAdapter& adapter) {
  std::vector<std::string> modules;
  for (const checkpoint::LoraPair& pair : adapter.pairs) modules.push_back(pair.module);
  for (const checkpoint::ScaleVector& scale : adapter.scales) modules.push_back(scale.module);
  for (const auto& [name, values] : adapter.norms) modules.push_back(name);
  return modules;
}

/// The modules of `all` that `others` lack, as few as fit into a message.
std::string missing_in(const std::vector<std::string>& others, const std::vector<std::string>& all) {
  constexpr size_t kMost = 4;
  std::vector<std::string> missing;
  for (const std::string& module : all) {
    if (std::ranges::find(others, module) == others.end()) missing.push_back(module);
  }
  const size_t count = missing.size();
  missing.resize(std::min(count, kMost));
  return fmt::format("{}{}", fmt::join(missing, ", "), count > kMost ? fmt::format(" and {} more", count - kMost) : "");
}

void require_same_modules(const PeftAdapter& adapter, const PeftAdapter& own) {
  const std::vector<std::string> theirs = modules_of(adapter), ours = modules_of(own);
  const std::string only_theirs = missing_in(ours, theirs), only_ours = missing_in(theirs, ours);
  RIFT_REQUIRE(only_theirs.empty(), Code::kConfig,
               "tuning.targets: the adapter also holds {}; name what its target_modules name, which is {}", only_theirs,
               fmt::join(adapter.config.target_modules, ", "));
  RIFT_REQUIRE(only_ours.empty(), Code::kConfig,
               "tuning.targets: the adapter lacks {}; name what its target_modules name, which is {}", only_ours,
               fmt::join(adapter.config.target_modules, ", "));
}

void require_same_update(const PeftAdapter& adapter, const LoraOptions& options) {
  RIFT_REQUIRE(options.init != LoraInit::kPissa, Code::kUnsupported,
               "tuning.init: pissa starts at the base model's weights, not at an adapter's; set it to kaiming");
  const checkpoint::PeftConfig& theirs = adapter.config;
  RIFT_REQUIRE(theirs.dora == options.dora, Code::kConfig, "tuning.dora: the adapter has use_dora {}; set it so",
               theirs.dora);
  RIFT_REQUIRE(theirs.rank == options.rank, Code::kConfig, "tuning.rank: the adapter has {}, got {}; set it so",
               theirs.rank, options.rank);
  RIFT_REQUIRE(std::abs(theirs.scale() - options.scale()) <= 1e-9 * theirs.scale(), Code::kConfig,
               "tuning.alpha, tuning.scaling: the adapter's update is scaled by {:.6g} (alpha {}, use_rslora {}), the "
               "run's by {:.6g}; set them so",
               theirs.scale(), theirs.alpha, theirs.rank_stabilised, options.scale());
}

/// The scales' side is told by the module, not by its shape alone.
void require_same_sides(const PeftAdapter& adapter, const models::TunableModel& model) {
  for (const nn::LinearMap* map : model.linear_maps()) {
    const auto* scale = dynamic_cast<const ScaleAdapter*>(map->adapter.get());
    if (scale == nullptr) continue;
    const bool theirs = checkpoint::PeftConfig::names_module(adapter.config.feed_forward, map->name);
    RIFT_REQUIRE(theirs == scale->by_input(), Code::kConfig,
                 "tuning.feed_forward: the adapter scales '{}' by its {}; name what its feedforward_modules name there",
                 map->name, theirs ? "input" : "output");
  }
}

}  // namespace

void start_from(const PeftAdapter& adapter, const TuningOptions& options, models::TunableModel& model) {
  RIFT_REQUIRE(options.method_name() == method_of(adapter.config.kind), Code::kConfig,
               "tuning.method: the adapter is one of '{}', got '{}'; set it so, with the adapter's own settings",
               method_of(adapter.config.kind), options.method_name());
  if (const auto* lora = std::get_if<LoraOptions>(&options.method)) require_same_update(adapter, *lora);
  require_same_modules(adapter, adapter_of(model, options).value());
  if (adapter.config.kind == PeftKind::kIa3) require_same_sides(adapter, model);
  nn::ParameterStore& store = model.parameters();
  tensor::TensorMap values = values_of(adapter);
  for (auto& [name, tensor] : values) {
    const nn::Parameter* parameter = store.find(name);
    RIFT_REQUIRE(parameter != nullptr, Code::kArtefact,
                 "adapter: '{}' is no parameter of this model; was it made for another model, or for another "
                 "model.text.pooling?",
                 name);
    RIFT_REQUIRE(tensor.sizes() == at::IntArrayRef(parameter->shape), Code::kArtefact,
                 "adapter: '{}': this run expects [{}], got [{}]; was it made for another model, other classes or "
                 "another tuning.tokens?",
                 name, fmt::join(parameter->shape, ","), fmt::join(tensor.sizes(), ","));
  }
  store.copy_from(values);
}

}  // namespace rift::tuning
