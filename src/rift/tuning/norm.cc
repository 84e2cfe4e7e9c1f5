#include "rift/tuning/norm.h"

#include <algorithm>

#include "rift/base/error.h"
#include "rift/tuning/method.h"

namespace rift::tuning {

namespace {

constexpr std::string_view kWeight = ".weight";

/// A module whose weight is a vector is a norm: every other map has a matrix.
void add_norms(const models::Part& part, const nn::ParameterStore& store, std::vector<std::string>& names) {
  for (const std::string& name : part.parameters) {
    if (!name.ends_with(kWeight) || store.at(name).shape.size() != 1) continue;
    names.push_back(name);
    const std::string bias = name.substr(0, name.size() - kWeight.size()) + ".bias";
    if (store.find(bias) != nullptr) names.push_back(bias);
  }
}

}  // namespace

std::vector<std::string> norm_parameters(const models::TunableModel& model) {
  std::vector<std::string> names;
  add_norms(model.stem(), model.parameters(), names);
  for (const models::Part& layer : model.layers()) add_norms(layer, model.parameters(), names);
  return names;
}

Selection select(const NormOptions&, models::TunableModel& model, uint64_t) {
  Selection selection{norm_parameters(model), head_parameters(model), "norms and the head"};
  RIFT_CHECK(!selection.encoder.empty());  // every architecture has some
  return selection;
}

}  // namespace rift::tuning
