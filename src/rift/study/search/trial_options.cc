#include "rift/study/search/trial_options.h"

#include <algorithm>
#include <array>

#include "rift/base/error.h"
#include "rift/search/sampler.h"

namespace rift::study {
namespace {

/// What a training is made of beside its rows: a search over anything else would change what it is judged by, or
/// nothing.
void check_section(const std::string& place, const std::string& name) {
  constexpr std::array<std::string_view, 5> kSearched = {"model.text.", "tuning.", "objective.", "optim.", "train."};
  RIFT_REQUIRE(std::ranges::find(kSearched, name + ".") == kSearched.end(), Code::kConfig,
               "{0}: search.space.{1}: name the options of {1} one by one, such as {1}.{2}", place, name,
               name == "tuning"  ? "method"
               : name == "optim" ? "lr"
                                 : "<option>");
  const bool known = std::ranges::any_of(kSearched, [&](std::string_view start) { return name.starts_with(start); });
  RIFT_REQUIRE(
      known, Code::kConfig,
      "{}: search.space.{}: options of model.text, tuning, objective, optim and train can be searched; the rows "
      "and how they are judged have to be the same for all trials",
      place, name);
  // What is only kept or told of a training, and the luck of its draws.
  constexpr std::array<std::string_view, 7> kNoSetting = {
      "train.seed",        "train.checkpoint_every_steps", "train.keep_checkpoints",
      "train.kept_states", "train.gradient_checkpointing", "train.forgetting",
      "train.mlflow"};
  const bool is_setting = std::ranges::none_of(
      kNoSetting, [&](std::string_view one) { return name == one || name.starts_with(std::string(one) + "."); });
  RIFT_REQUIRE(
      is_setting, Code::kConfig, "{}: search.space.{}: it is no setting of a model: {}; leave it out", place, name,
      name == "train.seed" ? "the best of several seeds is the luckiest" : "every value of it trains the same");
}

/// Some assignment in which a parameter has the given value: the conditions of it, and of those that it needs, hold.
search::Assignment with_value(const search::Space& space, const search::Dimension& dimension, double value) {
  std::map<std::string, double> wanted = {{dimension.name, value}};
  std::vector<const search::Dimension*> open = {&dimension};
  while (!open.empty()) {
    const search::Dimension* one = open.back();
    open.pop_back();
    for (const search::Condition& condition : one->when) {
      wanted.try_emplace(condition.parameter, condition.places.front());
      open.push_back(space.find(condition.parameter));
    }
  }
  search::Assignment assignment;
  for (const search::Dimension& other : space.dimensions()) {
    if (!space.is_active(other, assignment)) continue;
    const auto found = wanted.find(other.name);
    assignment[other.name] = {found == wanted.end() ? other.grid.front() : found->second, other.distribution};
  }
  return assignment;
}

}  // namespace

void erase_path(Json& root, std::string_view path) {
  const size_t dot = path.find('.');
  if (dot == std::string_view::npos) {
    root.erase(path);
    return;
  }
  Json* inner = root.find(path.substr(0, dot));
  if (inner == nullptr || !inner->is_object()) return;
  erase_path(*inner, path.substr(dot + 1));
  if (inner->size() == 0) root.erase(path.substr(0, dot));
}

RunOptions trial_options(const TrialOptionsSpec& spec, const search::Assignment& values) {
  Json root = spec.configuration;
  root.erase("search");
  for (const search::Dimension& dimension : spec.space.dimensions()) {
    const auto found = values.find(dimension.name);
    if (found == values.end()) {
      erase_path(root, dimension.name);
    } else {
      set_path(root, dimension.name, found->second.external());
    }
  }
  // Of a range that the study had and the space has no more.
  for (const auto& [name, parameter] : values) {
    if (spec.space.find(name) == nullptr) set_path(root, name, parameter.external());
  }
  RunOptions options;
  read_options(root, spec.place, options);
  train::StopMetric& stop = options.train.early_stopping.metric;
  if (stop == train::StopMetric::kAutomatic) {
    stop = value_named<train::StopMetric>(spec.metric.name).value_or(train::StopMetric::kAutomatic);
  }
  return options;
}

void check_space(const TrialOptionsSpec& spec) {
  RIFT_REQUIRE(!spec.space.dimensions().empty(), Code::kConfig,
               "{}: search.space is empty; name options and their ranges, such as "
               "search: {{space: {{optim.lr: {{log: [1e-6, 1e-3]}}}}}}",
               spec.place);
  for (const search::Dimension& dimension : spec.space.dimensions()) {
    check_section(spec.place, dimension.name);
    std::vector<double> values = dimension.grid;
    if (!dimension.distribution.is_categorical()) values = {dimension.distribution.low, dimension.distribution.high};
    for (const double value : values) {
      try {
        trial_options(spec, with_value(spec.space, dimension, value));
      } catch (const Error& error) {
        RIFT_FAIL(error.code(), "{}: search.space.{}: with the value {}: {}", spec.place, dimension.name,
                  dimension.distribution.external(value).written(), error.message());
      }
    }
  }
}

}  // namespace rift::study
