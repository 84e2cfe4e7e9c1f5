#include "rift/train/parameter_groups.h"

#include <algorithm>
#include <cmath>
#include <set>

#include "rift/base/error.h"
#include "rift/nn/kernels/kernels.h"

namespace rift::train {
namespace {

constexpr const char* kNothingHeld =
    "objective.anchor.lambda: nothing that was pretrained moves under this tuning.method, so there is nothing to hold; "
    "set it to 0 or choose full, top_k, gradual, bitfit, norm or lora";

/// What is packed of a weight for products follows it in blocks of rows.
int64_t unit_of(const nn::Parameter& parameter) {
  return parameter.shape.size() == 2 ? nn::kernels::kBlock * parameter.shape[1] : 1;
}

optim::Slice slice_of(const nn::Parameter& parameter) {
  optim::Slice slice{.offset = parameter.offset,
                     .size = parameter.size,
                     .rows_may_idle = parameter.rows_may_idle,
                     .unit = unit_of(parameter)};
  if (const size_t rank = parameter.shape.size(); rank > 1) {
    slice.rows = parameter.shape[rank - 2];
    slice.columns = parameter.shape[rank - 1];
  }
  return slice;
}

class Groups {
 public:
  Groups(const nn::ParameterStore& store, double weight_decay) : store_(store), weight_decay_(weight_decay) {}

  void add(const std::string& name, double lr, std::span<const std::string> parameters) {
    optim::ParameterGroup decayed{name, lr, weight_decay_, {}};
    optim::ParameterGroup exempt{name + ", no decay", lr, 0.0, {}};
    for (const std::string& parameter_name : parameters) {
      const nn::Parameter& parameter = store_.at(parameter_name);
      RIFT_CHECK(moves(parameter) && seen_.insert(parameter_name).second);
      auto& group = is_exempt_from_decay(parameter) ? exempt : decayed;
      group.slices.push_back(slice_of(parameter));
    }
    for (optim::ParameterGroup* group : {&decayed, &exempt}) {
      if (!group->slices.empty()) groups_.push_back(std::move(*group));
    }
  }

  std::vector<optim::ParameterGroup> take() {
    for (const nn::Parameter& parameter : store_.parameters()) {
      RIFT_CHECK(!moves(parameter) || seen_.contains(parameter.name));
    }
    RIFT_CHECK(!groups_.empty());
    return std::move(groups_);
  }

 private:
  const nn::ParameterStore& store_;
  double weight_decay_;
  std::set<std::string> seen_;
  std::vector<optim::ParameterGroup> groups_;
};

}  // namespace

bool encoder_moves(const models::TunableModel& model) {
  const auto by_name = [&](const std::string& name) { return moves(model.parameters().at(name)); };
  const auto of_part = [&](const models::Part& part) { return std::ranges::any_of(part.parameters, by_name); };
  const auto of_adapter = [](const nn::LinearMap* map) { return map->adapter && map->adapter->trainable(); };
  return of_part(model.stem()) || std::ranges::any_of(model.layers(), of_part) ||
         std::ranges::any_of(model.linear_maps(), of_adapter) ||
         std::ranges::any_of(model.additions().parameters(), [](const auto* parameter) { return moves(*parameter); });
}

bool is_exempt_from_decay(const nn::Parameter& parameter) { return parameter.shape.size() == 1; }

RateFactors layer_rates(const models::Part& stem, std::span<const models::Part> layers, double decay) {
  RateFactors factors;
  if (decay == 1) return factors;
  double factor = 1;
  for (auto layer = layers.rbegin(); layer != layers.rend(); ++layer) {
    for (const std::string& name : layer->parameters) factors.emplace(name, factor);
    factor *= decay;
  }
  for (const std::string& name : stem.parameters) factors.emplace(name, factor);
  return factors;
}

RateFactors layer_rates(const models::TunableModel& model, double decay) {
  RateFactors factors = layer_rates(model.stem(), model.layers(), decay);
  if (factors.empty()) return factors;
  for (const nn::LinearMap* map : model.linear_maps()) {
    if (!map->adapter) continue;
    const double factor = factors.at(map->weight->name);
    for (const nn::Parameter* parameter : map->adapter->parameters()) factors.emplace(parameter->name, factor);
  }
  const models::Additions& additions = model.additions();
  const auto layers = static_cast<int64_t>(model.layers().size());
  for (int64_t stage = layers; stage >= 0; --stage) {  // the prefix, which reaches into every layer, goes with the top
    const double factor = std::pow(decay, static_cast<double>(layers - stage));
    for (const nn::Parameter* parameter : additions.parameters(stage)) factors.emplace(parameter->name, factor);
  }
  return factors;
}

std::vector<optim::ParameterGroup> make_groups(const nn::ParameterStore& store, const optim::OptimOptions& options,
                                               std::span<const std::string> encoder, std::span<const std::string> head,
                                               const RateFactors& factors) {
  Groups groups(store, options.weight_decay);
  std::map<double, std::vector<std::string>, std::greater<>> by_factor;
  for (const std::string& name : encoder) {
    const auto found = factors.find(name);
    by_factor[found == factors.end() ? 1.0 : found->second].push_back(name);
  }
  for (const auto& [factor, names] : by_factor) {
    groups.add(factor == 1 ? "encoder" : fmt::format("encoder, lr times {:.4g}", factor), options.lr * factor, names);
  }
  groups.add("head", options.head_lr.value_or(options.lr), head);
  return groups.take();
}

std::vector<objective::AnchoredSlice> anchored_slices(const nn::ParameterStore& store,
                                                      std::span<const std::string> new_parameters) {
  std::vector<objective::AnchoredSlice> slices;
  for (const nn::Parameter& parameter : store.parameters()) {
    const bool is_new = std::ranges::find(new_parameters, parameter.name) != new_parameters.end();
    if (moves(parameter) && !is_new) slices.push_back({parameter.offset, parameter.size});
  }
  return slices;
}

std::vector<objective::AnchoredSlice> anchored_slices(const models::TunableModel& model,
                                                      std::vector<std::string> new_parameters) {
  for (const nn::LinearMap* map : model.linear_maps()) {
    if (!map->adapter) continue;
    for (const nn::Parameter* parameter : map->adapter->parameters()) new_parameters.push_back(parameter->name);
  }
  for (const nn::Parameter* parameter : model.additions().parameters()) new_parameters.push_back(parameter->name);
  return anchored_slices(model.parameters(), new_parameters);
}

std::vector<objective::AnchoredSlice> held_slices(const objective::AnchorOptions& anchor,
                                                  const models::TunableModel& model,
                                                  std::vector<std::string> new_parameters) {
  if (std::holds_alternative<objective::L2Anchor>(anchor.kind)) return anchored_slices(model.parameters(), {});
  std::vector<objective::AnchoredSlice> slices = anchored_slices(model, std::move(new_parameters));
  if (const auto* ewc = std::get_if<objective::EwcAnchor>(&anchor.kind);
      ewc != nullptr && objective::lambda_of(anchor) > 0) {
    RIFT_REQUIRE(
        model.additions().empty() &&
            std::ranges::none_of(model.linear_maps(), [](const nn::LinearMap* map) { return bool(map->adapter); }),
        Code::kUnsupported,
        "objective.anchor: ewc holds parameters one by one, and those of an adapter have no pretrained value; "
        "choose distillation or alignment, or for lora l2_sp, which holds the product");
    RIFT_REQUIRE(!slices.empty(), Code::kConfig, "{}", kNothingHeld);
  }
  const auto* l2_sp = std::get_if<objective::L2SpAnchor>(&anchor.kind);
  const auto adapts = [](const nn::LinearMap* map) { return map->adapter && map->adapter->trainable(); };
  RIFT_REQUIRE(l2_sp == nullptr || objective::lambda_of(anchor) == 0 || !slices.empty() ||
                   std::ranges::any_of(model.linear_maps(), adapts),
               Code::kConfig, "{}", kNothingHeld);
  return slices;
}

}  // namespace rift::train
