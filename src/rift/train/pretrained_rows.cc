#include "rift/train/pretrained_rows.h"

#include <algorithm>

#include "rift/base/error.h"
#include "rift/base/log.h"
#include "rift/train/as_pretrained.h"
#include "rift/train/parameter_groups.h"

namespace rift::train {
namespace {

using objective::AlignmentAnchor;
using objective::DistillationAnchor;

bool any_of(const std::vector<std::string>& names, const std::vector<std::string>& among) {
  return std::ranges::any_of(names,
                             [&](const std::string& name) { return std::ranges::find(among, name) != among.end(); });
}

void require_own_head(const models::TextClassifier& model) {
  RIFT_REQUIRE(!any_of(model.head().parameters, model.new_parameters()), Code::kConfig,
               "objective.anchor.what: logits: the checkpoint brings no head of {} outputs that could teach; set it to "
               "features",
               model.outputs());
}

/// Whether the run can change what the head reads.
void require_moving_features(const models::TextClassifier& model) {
  const auto in_pooler = [&](const std::string& name) { return moves(model.parameters().at(name)); };
  RIFT_REQUIRE(encoder_moves(model) || std::ranges::any_of(model.pooler().parameters, in_pooler), Code::kConfig,
               "objective.anchor.lambda: what the head reads of a row does not move under this tuning.method, so there "
               "is nothing to hold; set it to 0 or choose another method, such as full or lora");
}

}  // namespace

bool PretrainedRows::serves(const objective::AnchorOptions& anchor) {
  return objective::lambda_of(anchor) > 0 && (std::holds_alternative<DistillationAnchor>(anchor.kind) ||
                                              std::holds_alternative<AlignmentAnchor>(anchor.kind));
}

PretrainedRows::PretrainedRows(const Spec& spec, models::TextClassifier& model) {
  RIFT_CHECK(serves(spec.anchor));
  if (const auto* alignment = std::get_if<AlignmentAnchor>(&spec.anchor.kind)) {
    rows_stand_alone_ = alignment->measure == objective::Similarity::kCosine;
    term_ = rows_stand_alone_ ? objective::cosine_distance<float> : objective::cka_distance<float>;
  } else {
    const auto& distillation = std::get<DistillationAnchor>(spec.anchor.kind);
    compares_logits_ = distillation.what == objective::Distilled::kLogits;
    term_ = objective::squared_difference<float>;
    RIFT_REQUIRE(
        spec.target != objective::Target::kValue || distillation.temperature == 1, Code::kConfig,
        "objective.anchor.temperature: divides logits of classes, and this task is a regression; leave it out");
    if (compares_logits_ && spec.target != objective::Target::kValue) {
      const bool each_by_itself =
          spec.target == objective::Target::kLabels || spec.form == objective::Form::kConditional;
      const auto term = each_by_itself ? objective::divergence_of_each<float> : objective::divergence<float>;
      term_ = [term, temperature = distillation.temperature](const auto& rows, auto gradient) {
        return term(rows, temperature, gradient);
      };
    }
  }
  compares_logits_ ? require_own_head(model) : require_moving_features(model);
  width_ = compares_logits_ ? model.outputs() : model.encoder().width();
  const int64_t bytes = spec.rows.rows() * width_ * static_cast<int64_t>(sizeof(float));
  RIFT_REQUIRE(bytes <= spec.memory_bytes, Code::kConfig,
               "objective.anchor: what the pretrained model says of {} rows takes {} MiB, and "
               "train.kept_states.memory_mib allows {}; raise it to {}, or choose l2_sp, which asks no row",
               spec.rows.rows(), (bytes >> 20) + 1, spec.memory_bytes >> 20, (bytes >> 20) + 1);
  const AsPretrained teacher(model);
  values_ = package::map_rows(spec.rows, width_, spec.device, [&](const tensor::PackedBatch& batch) {
    const at::Tensor pooled = model.features(model.pooling(), batch, {});
    return compares_logits_ ? model.classify(pooled, batch, {}) : pooled;
  });
  log_info("the pretrained model was asked about the training rows",
           {{"what", compares_logits_ ? "logits" : "features"}, {"rows", spec.rows.rows()}, {"width", width_}});
}

objective::LossSum PretrainedRows::evaluate(std::span<const int64_t> chosen, std::span<const double> weights,
                                            std::span<const float> tuned, std::span<float> gradient) const {
  std::vector<float> pretrained;
  pretrained.reserve(tuned.size());
  for (const int64_t row : chosen) {
    const auto from = values_.begin() + row * width_;
    pretrained.insert(pretrained.end(), from, from + width_);
  }
  return term_({.tuned = tuned, .pretrained = pretrained, .width = width_, .weights = weights}, gradient);
}

}  // namespace rift::train
