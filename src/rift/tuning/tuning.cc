#include "rift/tuning/tuning.h"

#include <algorithm>
#include <unordered_set>

#include "rift/base/count_text.h"
#include "rift/base/error.h"
#include "rift/tuning/method.h"

namespace rift::tuning {

namespace {

std::string part_names(const models::TunableModel& model) {
  std::vector<std::string> names = model.stem().parameters;
  for (const models::Part& layer : model.layers()) names.push_back(layer.name);
  for (const models::Part* part : {&model.pooler(), &model.head()}) {
    if (!part->parameters.empty()) names.push_back(part->name);
  }
  return fmt::format("{}", fmt::join(names, ", "));
}

void require_patterns_match(const std::vector<std::string>& patterns, const models::TunableModel& model) {
  for (const std::string& pattern : patterns) {
    const auto matches = [&](const nn::Parameter& parameter) {
      return parameter.name.find(pattern) != std::string::npos;
    };
    RIFT_REQUIRE(!pattern.empty() && std::ranges::any_of(model.parameters().parameters(), matches), Code::kConfig,
                 "tuning.freeze: no parameter's name contains '{}'; there are {}", shorten(pattern), part_names(model));
  }
}

/// How many names it took away.
size_t remove_frozen(const std::vector<std::string>& patterns, std::vector<std::string>& names) {
  return std::erase_if(names, [&](const std::string& name) {
    return std::ranges::any_of(patterns,
                               [&](const std::string& pattern) { return name.find(pattern) != std::string::npos; });
  });
}

}  // namespace

std::vector<std::string> head_parameters(const models::TunableModel& model) {
  std::vector<std::string> names = model.pooler().parameters;
  names.insert(names.end(), model.head().parameters.begin(), model.head().parameters.end());
  return names;
}

Applied apply(const TuningOptions& options, models::TunableModel& model, uint64_t seed) {
  Selection selection = std::visit([&](const auto& method) { return select(method, model, seed); }, options.method);
  require_patterns_match(options.freeze, model);
  const size_t frozen =
      remove_frozen(options.freeze, selection.encoder) + remove_frozen(options.freeze, selection.head);
  std::erase_if(selection.rates, [&](const auto& rate) {
    return std::ranges::find(selection.encoder, rate.first) == selection.encoder.end();
  });
  if (frozen > 0) selection.what += fmt::format(" but {}", fmt::join(options.freeze, ", "));
  std::unordered_set<std::string> moving(selection.encoder.begin(), selection.encoder.end());
  moving.insert(selection.head.begin(), selection.head.end());
  RIFT_REQUIRE(!moving.empty(), Code::kConfig,
               "tuning: method '{}' with this freeze leaves nothing to train; take a part of a name out of "
               "tuning.freeze, or choose another method",
               options.method_name());
  nn::ParameterStore& store = model.parameters();
  for (const nn::Parameter& parameter : store.parameters()) {
    store.set_trainable(parameter, moving.contains(parameter.name));
  }
  const int64_t count = store.trainable_count();
  for (std::vector<std::string>& stage : selection.stages) {
    remove_frozen(options.freeze, stage);
    for (const std::string& name : stage) store.set_resting(store.at(name));
  }
  std::erase_if(selection.stages, [](const auto& stage) { return stage.empty(); });
  return {std::move(selection.encoder), std::move(selection.head),
          fmt::format("{}: {} of {} parameters move", selection.what, count_text(count),
                      count_text(store.parameter_count())),
          std::move(selection.rates), std::move(selection.stages)};
}

void merge(models::TunableModel& model) {
  RIFT_REQUIRE(
      model.additions().empty(), Code::kUnsupported,
      "what was tuned stands beside the model's weights (bottleneck, prompt or prefix) and cannot be merged into "
      "them; keep it beside them, or tune with lora or ia3");
  for (nn::LinearMap* map : model.linear_maps()) {
    if (!map->adapter) continue;
    const auto adapter = map->adapter;
    nn::merge_adapter(*map);
    for (const nn::Parameter* parameter : adapter->parameters()) model.parameters().set_trainable(*parameter, false);
  }
}

}  // namespace rift::tuning
