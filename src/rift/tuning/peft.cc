#include "rift/tuning/peft.h"

#include <ATen/ops/cat.h>

#include <algorithm>
#include <cmath>
#include <type_traits>

#include "rift/base/error.h"
#include "rift/tuning/dora.h"
#include "rift/tuning/ia3.h"
#include "rift/tuning/lora.h"
#include "rift/tuning/norm.h"

namespace rift::tuning {

namespace {

using checkpoint::LoraPair;
using checkpoint::PeftAdapter;
using checkpoint::PeftConfig;
using checkpoint::PeftKind;
using checkpoint::PeftTask;

at::Tensor as_file_value(const at::Tensor& tensor) {
  return tensor.detach().to(at::kCPU, at::kFloat, /*non_blocking=*/false, /*copy=*/true);
}
at::Tensor copy_of(const nn::Parameter& parameter) { return as_file_value(parameter.view); }

/// As PEFT meets the module: AutoModel's have no "bert." before them.
std::string module_name(const std::string& canonical, const models::AdapterBase& base) {
  const bool bare = base.task == PeftTask::kFeatureExtraction && canonical.starts_with(base.prefix);
  return bare ? canonical.substr(base.prefix.size()) : canonical;
}

/// The targets as the user wrote them when PEFT's rule picks the same maps by them, else every map by its whole name:
/// "dense" alone would take the head's maps along, which rift does not adapt.
std::vector<std::string> target_modules(const std::vector<std::string>& targets,
                                        const std::vector<std::string>& adapted, const models::AdapterBase& base) {
  const bool takes_more = std::ranges::any_of(
      base.other_maps, [&](const std::string& name) { return PeftConfig::names_module(targets, name); });
  if (!takes_more) return targets;
  std::vector<std::string> names;
  for (const std::string& module : adapted) names.push_back(module_name(module, base));
  return names;
}

void add_head(const models::TunableModel& model, const models::AdapterBase& base, PeftAdapter& adapter) {
  std::vector<std::string>& saved = adapter.config.modules_to_save;
  for (const models::Part* part : {&model.head(), &model.pooler()}) {
    for (const std::string& name : part->parameters) {
      adapter.saved.emplace(name, copy_of(model.parameters().at(name)));
      const std::string module = checkpoint::top_module(base.prefix, name);
      if (std::ranges::find(saved, module) == saved.end()) saved.push_back(module);
    }
  }
}

template <class Items>
std::vector<std::string> modules_of(const Items& items) {
  std::vector<std::string> modules;
  for (const auto& item : items) modules.push_back(item.module);
  return modules;
}

LoraPair pair_of(const nn::LinearMap& map, const LoraAdapter& update, const DoraAdapter* dora) {
  LoraPair pair{map.name, copy_of(update.a()), copy_of(update.b()), {}};
  if (const LoraAdapter::Start& start = update.taken_off(); start.a.defined()) {
    pair.a = at::cat({pair.a, as_file_value(start.a)}, 0);
    pair.b = at::cat({pair.b, as_file_value(start.b).neg()}, 1);
  }
  if (dora != nullptr) pair.lengths = copy_of(dora->magnitude());
  return pair;
}

/// Of twice the rank the same scale.
void double_rank(PeftConfig& config) {
  config.rank *= 2;
  config.alpha *= config.rank_stabilised ? std::sqrt(2.0) : 2.0;
}

}  // namespace

PeftAdapter adapter_of(const models::TunableModel& model, const LoraOptions& options) {
  PeftAdapter adapter;
  const models::AdapterBase base = model.adapter_base();
  adapter.config = {.task = base.task,
                    .rank = options.rank,
                    .alpha = options.alpha,
                    .dropout = options.dropout,
                    .rank_stabilised = options.scaling == LoraScaling::kRankStabilised,
                    .dora = options.dora};
  if (options.init == LoraInit::kPissa) double_rank(adapter.config);
  for (const nn::LinearMap* map : model.linear_maps()) {
    const auto* dora = dynamic_cast<const DoraAdapter*>(map->adapter.get());
    const auto* lora = dora != nullptr ? &dora->update() : dynamic_cast<const LoraAdapter*>(map->adapter.get());
    if (lora != nullptr) adapter.pairs.push_back(pair_of(*map, *lora, dora));
  }
  RIFT_REQUIRE(!adapter.pairs.empty(), Code::kUnsupported, "the model has no LoRA adapter to write");
  std::ranges::sort(adapter.pairs, {}, &LoraPair::module);
  adapter.config.target_modules = target_modules(lora_targets(options, model), modules_of(adapter.pairs), base);
  add_head(model, base, adapter);
  return adapter;
}

PeftAdapter adapter_of(const models::TunableModel& model, const Ia3Options& options) {
  PeftAdapter adapter;
  const models::AdapterBase base = model.adapter_base();
  adapter.config = {.kind = PeftKind::kIa3, .task = base.task};
  std::vector<std::string> by_input;
  for (const nn::LinearMap* map : model.linear_maps()) {
    const auto* scale = dynamic_cast<const ScaleAdapter*>(map->adapter.get());
    if (scale == nullptr) continue;
    adapter.scales.push_back({map->name, copy_of(scale->scale())});
    if (scale->by_input()) by_input.push_back(map->name);
  }
  RIFT_REQUIRE(!adapter.scales.empty(), Code::kUnsupported, "the model has no IA3 adapter to write");
  std::ranges::sort(adapter.scales, {}, &checkpoint::ScaleVector::module);
  const models::ScaledMaps named = ia3_targets(options, model);
  adapter.config.target_modules = target_modules(named.maps, modules_of(adapter.scales), base);
  // Whole names in the one list are whole names in the other: PEFT asks for a part of it.
  const bool as_named = adapter.config.target_modules == named.maps;
  if (as_named) {
    adapter.config.feed_forward = named.by_input;
  } else {
    for (const std::string& module : by_input) adapter.config.feed_forward.push_back(module_name(module, base));
  }
  add_head(model, base, adapter);
  return adapter;
}

PeftAdapter adapter_of(const models::TunableModel& model, const NormOptions&) {
  const std::string why_not = model.why_not_adapted();
  RIFT_REQUIRE(why_not.empty(), Code::kUnsupported, "norm: {}", why_not);
  PeftAdapter adapter;
  const models::AdapterBase base = model.adapter_base();
  adapter.config = {.kind = PeftKind::kNorm, .task = base.task};
  for (const std::string& name : norm_parameters(model)) {
    adapter.norms.emplace(name, copy_of(model.parameters().at(name)));
    const std::string module = module_name(name.substr(0, name.rfind('.')), base);
    std::vector<std::string>& targets = adapter.config.target_modules;
    if (targets.empty() || targets.back() != module) targets.push_back(module);
  }
  add_head(model, base, adapter);
  return adapter;
}

namespace {

PeftAdapter virtual_tokens_of(const models::TunableModel& model, PeftKind kind, const nn::Parameter* tokens) {
  RIFT_REQUIRE(tokens != nullptr, Code::kUnsupported, "the model has no prompt and no prefix to write");
  const models::AdditionSizes sizes = model.addition_sizes();
  PeftAdapter adapter;
  const models::AdapterBase base = model.adapter_base();
  const bool prefix = kind == PeftKind::kPrefix;
  adapter.config = {.kind = kind,
                    .task = base.task,
                    .virtual_tokens = {.tokens = tokens->shape[0],
                                       .token_dim = prefix ? sizes.key_width : tokens->shape[1],
                                       .heads = sizes.key_heads,
                                       .layers = static_cast<int64_t>(model.layers().size())}};
  adapter.virtual_tokens = copy_of(*tokens);
  add_head(model, base, adapter);
  return adapter;
}

}  // namespace

PeftAdapter adapter_of(const models::TunableModel& model, const PromptOptions&) {
  return virtual_tokens_of(model, PeftKind::kPrompt, model.additions().prompt);
}

PeftAdapter adapter_of(const models::TunableModel& model, const PrefixOptions&) {
  return virtual_tokens_of(model, PeftKind::kPrefix, model.additions().prefix);
}

namespace {

template <class Method>
constexpr bool kHasPeftForm =
    std::is_same_v<Method, LoraOptions> || std::is_same_v<Method, Ia3Options> || std::is_same_v<Method, NormOptions> ||
    std::is_same_v<Method, PromptOptions> || std::is_same_v<Method, PrefixOptions>;

}  // namespace

bool has_peft_form(const TuningOptions& options) {
  return std::visit([]<class Method>(const Method&) { return kHasPeftForm<Method>; }, options.method);
}

std::optional<PeftAdapter> adapter_of(const models::TunableModel& model, const TuningOptions& options) {
  return std::visit(
      [&]<class Method>(const Method& method) -> std::optional<PeftAdapter> {
        if constexpr (kHasPeftForm<Method>) return adapter_of(model, method);
        return std::nullopt;
      },
      options.method);
}

}  // namespace rift::tuning
