#include "rift/train/forgetting.h"

#include <ATen/core/grad_mode.h>
#include <ATen/ops/add.h>

#include <algorithm>
#include <cmath>

#include "rift/base/error.h"
#include "rift/base/log.h"
#include "rift/objective/row_anchor.h"
#include "rift/package/inputs.h"
#include "rift/train/as_pretrained.h"
#include "rift/train/parameter_groups.h"

namespace rift::train {
namespace {

double squares(const at::Tensor& tensor) { return tensor.to(at::kDouble).square().sum().item<double>(); }

Json number_or_null(double value) { return std::isfinite(value) ? Json(value) : Json(); }

}  // namespace

Forgetting::Forgetting(const Spec& spec, models::TextClassifier& model)
    : model_(model), rows_(spec.texts.encoded()), device_(spec.device) {
  if (spec.language.why_not().empty()) {
    task_ = std::make_unique<LanguageTask>(LanguageTaskSpec{.train = spec.texts.none(),
                                                            .held_out = spec.texts.rows(),
                                                            .masker = spec.language.masker(),
                                                            .seed = spec.seed,
                                                            .device = spec.device},
                                           spec.language.parts());
  } else {
    log_warning("train.forgetting: the pretraining loss of this checkpoint is not told",
                {{"why", spec.language.why_not()}});
  }
  hold(spec.new_parameters);
  const AsPretrained before(model);
  start_features_ = features();
  start_loss_ = pretrain_loss();
}

void Forgetting::hold(std::function<at::Tensor()> now) {
  at::Tensor start = now().clone();
  held_.push_back({std::move(now), std::move(start)});
}

void Forgetting::hold(const std::vector<std::string>& new_parameters) {
  const at::NoGradGuard no_gradient;
  std::vector<std::string> apart = new_parameters;
  const auto add_apart = [&](const nn::Parameter* parameter) { apart.push_back(parameter->name); };
  for (const nn::LinearMap* map : std::as_const(model_).linear_maps()) {
    if (!map->adapter) continue;
    add_apart(map->weight);
    hold([map] { return nn::merged_weight(*map); });
    std::ranges::for_each(map->adapter->parameters(), add_apart);
    if (map->bias == nullptr) continue;
    add_apart(map->bias);
    hold([map] { return nn::merged_bias(*map); });
  }
  for (const nn::Parameter& parameter : model_.parameters().parameters()) {
    if (!moves(parameter) || std::ranges::find(apart, parameter.name) != apart.end()) continue;
    hold([&parameter] { return parameter.view.detach(); });
  }
  for (const Held& held : held_) start_norm_ += squares(held.start);
  start_norm_ = std::sqrt(start_norm_);
}

std::vector<float> Forgetting::features() const {
  return package::map_rows(rows_, model_.encoder().width(), device_, [&](const tensor::PackedBatch& batch) {
    return model_.features(model_.pooling(), batch, {});
  });
}

void Forgetting::add_distance(Json& figures) const {
  const at::NoGradGuard no_gradient;
  double sum = 0;
  for (const Held& held : held_) sum += squares(held.now().sub(held.start));
  const bool is_measurable = std::as_const(model_).additions().empty();
  figures["distance"] = is_measurable ? number_or_null(std::sqrt(sum)) : Json();
  figures["relative_distance"] =
      is_measurable && start_norm_ > 0 ? number_or_null(std::sqrt(sum) / start_norm_) : Json();
}

Json Forgetting::pretrain_loss() {
  const std::optional<Evaluation> language = task_ ? task_->evaluate() : std::nullopt;
  return language ? number_or_null(language->value) : Json();
}

Json Forgetting::figures() {
  Json figures = {{"pretrain_loss", pretrain_loss()}, {"pretrain_loss_before", start_loss_}};
  add_distance(figures);
  figures["feature_cka"] = number_or_null(objective::linear_cka<float>(features(), start_features_, rows_.rows()));
  return figures;
}

}  // namespace rift::train
