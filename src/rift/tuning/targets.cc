#include "rift/tuning/targets.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <iterator>

#include "rift/base/error.h"
#include "rift/checkpoint/peft_config.h"

namespace rift::tuning {

namespace {

using checkpoint::PeftConfig;

/// "query", "attention.output.dense", ...: what a target may say, from the first layer's names.
std::vector<std::string> target_names(const std::vector<nn::LinearMap*>& maps, const models::TunableModel& model) {
  std::vector<std::string> names;
  const std::string layer = model.layers().front().name + ".";
  for (const nn::LinearMap* map : maps) {
    if (map->name.starts_with(layer)) names.push_back(map->name.substr(layer.size()));
  }
  return names;
}

}  // namespace

void require_adaptable(const models::TunableModel& model, std::string_view method) {
  const std::string why_not = model.why_not_adapted();
  RIFT_REQUIRE(why_not.empty(), Code::kUnsupported, "tuning.method: {}: {}", method, why_not);
}

std::vector<nn::LinearMap*> targeted_maps(const std::vector<std::string>& targets, models::TunableModel& model) {
  const std::vector<nn::LinearMap*> maps = model.linear_maps();
  for (const std::string& target : targets) {
    const bool found = std::ranges::any_of(
        maps, [&](const nn::LinearMap* map) { return PeftConfig::names_module({target}, map->name); });
    RIFT_REQUIRE(found, Code::kConfig, "tuning.targets: no linear map is called '{}'; there are {}", shorten(target),
                 fmt::join(target_names(maps, model), ", "));
  }
  std::vector<nn::LinearMap*> chosen;
  std::ranges::copy_if(maps, std::back_inserter(chosen),
                       [&](const nn::LinearMap* map) { return PeftConfig::names_module(targets, map->name); });
  return chosen;
}

}  // namespace rift::tuning
