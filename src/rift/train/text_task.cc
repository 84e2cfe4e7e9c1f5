#include "rift/train/text_task.h"

#include <ATen/TensorOperators.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/empty_like.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "rift/base/error.h"
#include "rift/base/interrupt.h"

namespace rift::train {
namespace {

constexpr int64_t kRowsPerBlock = 1024;

std::vector<double> class_weights(const TextTaskSpec& spec) {
  const objective::ClassWeightOptions& options = spec.objective.class_weight;
  const bool has_classes = spec.task == data::Task::kBinary || data::has_classes(spec.task);
  RIFT_REQUIRE(options.is_none() || has_classes, Code::kConfig,
               "objective.class_weight: rows of a task that is {} belong to no class; leave it out",
               data::task_name(spec.task));
  return objective::class_weights(options, spec.train.label, spec.class_names);
}

int64_t class_count(const TextTaskSpec& spec) { return static_cast<int64_t>(spec.class_names.size()); }

/// The unscaled labels of both parts, as far as the loss does not take every number.
void require_labels(const TextTaskSpec& spec, const objective::LossOptions& loss) {
  for (const LabelledRows* rows : {&spec.train, &spec.validation}) {
    const auto bad =
        std::ranges::find_if(rows->label, [&](double label) { return !objective::takes_label(loss, label); });
    if (bad == rows->label.end()) continue;
    const bool is_training = rows == &spec.train;
    RIFT_FAIL(Code::kData,
              "objective.loss: {} is for labels that are {}, and that of row {} (0-based, in the source), a {} row, is "
              "not; choose another loss or leave such rows out (sql: SELECT ... WHERE ...)",
              loss.name(), objective::label_range(loss),
              rows->source_row[static_cast<size_t>(bad - rows->label.begin())],
              is_training ? "training" : "validation");
  }
}

std::span<const float> host_values(const at::Tensor& tensor) {
  return {tensor.const_data_ptr<float>(), static_cast<size_t>(tensor.numel())};
}

}  // namespace

objective::Target target_of(data::Task task) {
  switch (task) {
    case data::Task::kBinary:
      return objective::Target::kBinary;
    case data::Task::kMulticlass:
      return objective::Target::kClasses;
    case data::Task::kOrdinal:
      return objective::Target::kOrdered;
    case data::Task::kMultilabel:
      return objective::Target::kLabels;
    case data::Task::kRegression:
      return objective::Target::kValue;
  }
  RIFT_FAIL(Code::kBug, "task without a target");
}

LabelledRows take_rows(const data::Dataset& dataset, std::span<const int64_t> rows, const package::TextInputs& inputs) {
  return label_rows(dataset, rows, inputs.encode(dataset.table, rows, package::row_keys(dataset)));
}

LabelledRows label_rows(const data::Dataset& dataset, std::span<const int64_t> rows, package::EncodedRows inputs) {
  LabelledRows taken;
  taken.inputs = std::move(inputs);
  taken.row.assign(rows.begin(), rows.end());
  for (const int64_t row : rows) {
    const auto i = static_cast<size_t>(row);
    taken.label.push_back(dataset.label[i]);
    if (!dataset.weight.empty()) taken.weight.push_back(dataset.weight[i]);
    taken.source_row.push_back(dataset.table.source_row.empty() ? row : dataset.table.source_row[i]);
  }
  return taken;
}

TextTask::TextTask(TextTaskSpec spec, models::TextClassifier& model)
    : spec_(std::move(spec)),
      model_(model),
      loss_options_(objective::resolve_loss(spec_.objective.loss, target_of(spec_.task))),
      class_weights_(::rift::train::class_weights(spec_)),
      loss_({.loss = loss_options_,
             .target = target_of(spec_.task),
             .classes = class_count(spec_),
             .class_weight = class_weights_}) {
  RIFT_REQUIRE(rows() > 0, Code::kData, "there is no training row; check the split");
  RIFT_CHECK(loss_.outputs() == model_.outputs());
  if (spec_.task == data::Task::kRegression) require_labels(spec_, loss_options_);
  const bool any_weight =
      spec_.train.weight.empty() || std::ranges::any_of(spec_.train.weight, [](double w) { return w > 0; });
  RIFT_REQUIRE(any_weight, Code::kData, "data.weight: every training row has weight 0");
  validation_ = {spec_.task, class_count(spec_), spec_.validation.label, spec_.validation.weight};
  if (!validation_.label.empty()) metric_ = resolve_stop_metric(spec_.stop_metric, validation_);
  make_anchor();
  keep_what_frozen_layers_say();
}

void TextTask::keep_what_frozen_layers_say() {
  train_features_ = at::Tensor();
  validation_features_ = at::Tensor();
  kept_.reset();
  const int64_t frozen_layers = model_.encoder().first_trainable_stage() - 1;
  if (frozen_layers == model_.encoder().layer_count()) {
    train_features_ = features(spec_.train);
    validation_features_ = features(spec_.validation);
  } else if (frozen_layers > 0) {
    keep_states(frozen_layers);
  }
}

/// What stands beside the maps is drawn by the fit's own seed: what frozen layers say with it is this fit's alone.
bool TextTask::shares_what_is_said() const { return spec_.store != nullptr && model_.additions().empty(); }

/// States of another batch may be rounded otherwise where the engine does not run: what several fits share would then
/// depend on which of them came first.
void TextTask::keep_states(int64_t frozen_layers) {
  if (shares_what_is_said() && model_.encoder().why_not_fused().empty()) {
    kept_ = spec_.store->kept(frozen_layers, spec_.precision, spec_.kept);
    kept_places_ = spec_.store->places(spec_.train.row);
    return;
  }
  kept_ = std::make_shared<KeptStates>(
      KeptStates::Form{.layers = frozen_layers, .places = rows(), .precision = spec_.precision}, spec_.kept);
  kept_places_.resize(static_cast<size_t>(rows()));
  std::iota(kept_places_.begin(), kept_places_.end(), 0);
}

void TextTask::make_anchor() {
  const objective::AnchorOptions& anchor = spec_.objective.anchor;
  if (PretrainedRows::serves(anchor)) {
    pretrained_rows_.emplace(PretrainedRows::Spec{.anchor = anchor,
                                                  .rows = spec_.train.inputs,
                                                  .device = spec_.device,
                                                  .target = target_of(spec_.task),
                                                  .form = spec_.link.form,
                                                  .memory_bytes = spec_.kept.memory_bytes},
                             model_);
    spec_.kept.memory_bytes -= pretrained_rows_->bytes();
  }
  if (!std::holds_alternative<objective::L2SpAnchor>(anchor.kind) || objective::lambda_of(anchor) == 0) return;
  adapter_distance_.emplace(model_);
  if (adapter_distance_->empty()) adapter_distance_.reset();
}

std::string_view TextTask::why_whole_steps() const {
  if (objective::facts_of(loss_options_).by_pairs) return "objective.loss: pairs are those of one forward pass";
  if (pretrained_rows_ && !pretrained_rows_->rows_stand_alone()) {
    return "objective.anchor: cka compares the rows of a batch with each other";
  }
  return {};
}

double TextTask::weight(std::span<const int64_t> rows, const nn::ForwardContext&) const {
  const Targets wanted = targets(spec_.train, rows);
  return loss_.weight(wanted.values, wanted.weights);
}

double TextTask::target(const LabelledRows& rows, int64_t row) const {
  return spec_.scale.scaled(rows.label[static_cast<size_t>(row)]);
}

TextTask::Targets TextTask::targets(const LabelledRows& rows, std::span<const int64_t> chosen) const {
  Targets targets;
  for (const int64_t row : chosen) {
    targets.values.push_back(target(rows, row));
    if (!rows.weight.empty()) targets.weights.push_back(rows.weight[static_cast<size_t>(row)]);
  }
  return targets;
}

/// What the head reads of the frozen encoder for each row, before a pooler, which may train. Undefined where it would
/// take too much memory.
at::Tensor TextTask::features(const LabelledRows& rows) const {
  const int64_t width = model_.encoder().width();
  const int64_t most_rows = spec_.kept.memory_bytes / (width * static_cast<int64_t>(sizeof(float)));
  if (rows.inputs.rows() == 0 || rows.inputs.rows() > most_rows) return {};
  if (shares_what_is_said()) return spec_.store->read(model_, rows.row, spec_.device, spec_.kept.memory_bytes);
  return read_rows(model_, rows.inputs, spec_.device);
}

TextTask::Said TextTask::say(const LabelledRows& rows, const at::Tensor& features, std::span<const int64_t> chosen,
                             const nn::ForwardContext& context) const {
  const tensor::PackedBatch batch = package::make_batch(rows.inputs, chosen, spec_.device);
  Said said;
  if (!features.defined()) {
    said.pooled = model_.features(model_.pooling(), batch, context);
    said.logits = model_.classify(said.pooled, batch, context);
    return said;
  }
  const at::Tensor index = at::empty({batch.rows}, at::kLong);
  std::ranges::copy(chosen, index.mutable_data_ptr<int64_t>());
  const at::Tensor kept = features.index_select(0, index.to(spec_.device));
  said.pooled = model_.pool_read(kept, batch, context);
  said.logits = model_.classify(said.pooled, batch, context);
  return said;
}

TextTask::Said TextTask::say_of_training(std::span<const int64_t> rows, const nn::ForwardContext& context) {
  if (!kept_) return say(spec_.train, train_features_, rows, context);
  const tensor::PackedBatch batch = package::make_batch(spec_.train.inputs, rows, spec_.device);
  Said said;
  std::vector<int64_t> places;
  for (const int64_t row : rows) places.push_back(kept_places_[static_cast<size_t>(row)]);
  const at::Tensor states =
      kept_->states(model_.encoder(), {.rows = spec_.train.inputs, .chosen = rows, .place = places, .batch = batch});
  said.pooled = model_.pooled_from(kept_->form().layers, states, batch, context);
  said.logits = model_.classify(said.pooled, batch, context);
  return said;
}

/// What each row counts with in L_pretrain: as in the loss, so that both are means over the same rows. A loss of pairs
/// counts those, which its rows share alike.
std::vector<double> TextTask::anchor_weights(std::span<const int64_t> rows) const {
  if (objective::facts_of(loss_options_).by_pairs) {
    return std::vector<double>(rows.size(), weight(rows, {}) / static_cast<double>(rows.size()));
  }
  std::vector<double> weights;
  for (const int64_t row : rows) weights.push_back(weight({&row, 1}, {}));
  return weights;
}

/// Of L_pretrain what compares rows; its gradient, times lambda, goes to what it looks at, on the host.
objective::LossSum TextTask::add_anchor(std::span<const int64_t> rows, const Said& said, at::Tensor& pooled_gradient,
                                        at::Tensor& logits_gradient) const {
  const bool of_logits = pretrained_rows_->compares_logits();
  const at::Tensor tuned = (of_logits ? said.logits : said.pooled).detach().cpu().contiguous();
  const std::vector<double> weights = anchor_weights(rows);
  const at::Tensor gradient = at::empty_like(tuned);
  const objective::LossSum sum = pretrained_rows_->evaluate(
      rows, weights, host_values(tuned), {gradient.mutable_data_ptr<float>(), static_cast<size_t>(gradient.numel())});
  gradient.mul_(objective::lambda_of(spec_.objective.anchor));
  if (of_logits) {
    logits_gradient.add_(gradient);
  } else {
    pooled_gradient = gradient;
  }
  return sum;
}

PartLoss TextTask::add_gradient(std::span<const int64_t> rows, const nn::ForwardContext& context, double scale) {
  PartLoss part;
  for (const int64_t row : rows) part.tokens += spec_.train.inputs.tokens(row);
  const Said said = say_of_training(rows, context);
  const at::Tensor host = said.logits.detach().cpu().contiguous();
  at::Tensor gradient = at::empty_like(host);
  const Targets wanted = targets(spec_.train, rows);
  part.loss = loss_.evaluate(host_values(host), wanted.values, wanted.weights,
                             {gradient.mutable_data_ptr<float>(), static_cast<size_t>(gradient.numel())});
  at::Tensor pooled_gradient;
  if (pretrained_rows_) part.anchor = add_anchor(rows, said, pooled_gradient, gradient);
  if (!std::isfinite(part.loss.sum + part.anchor.sum)) return part;
  gradient.mul_(scale);
  if (!pooled_gradient.defined()) {
    said.logits.backward(gradient.to(spec_.device));
    return part;
  }
  // One pass for both: a scalar whose slopes at logits and features are what each of them is to get.
  const at::Tensor at_logits = said.logits.mul(gradient.to(spec_.device)).sum();
  at_logits.add(said.pooled.mul(pooled_gradient.mul_(scale).to(spec_.device)).sum()).backward();
  return part;
}

double TextTask::add_step_anchor(int64_t step, const nn::ForwardContext& context) {
  const double lambda = objective::lambda_of(spec_.objective.anchor);
  return spec_.replay != nullptr ? spec_.replay->add_gradient(step, context, lambda)
                                 : adapter_distance_->add_gradient(lambda);
}

std::vector<float> TextTask::validation_logits() const {
  const package::EncodedRows& inputs = spec_.validation.inputs;
  if (!validation_features_.defined()) {
    return package::map_rows(inputs, model_.outputs(), spec_.device,
                             [&](const tensor::PackedBatch& batch) { return model_.forward(batch, {}); });
  }
  const at::NoGradGuard no_gradient;
  std::vector<float> values;
  std::vector<int64_t> block;
  for (int64_t first = 0; first < inputs.rows(); first += kRowsPerBlock) {
    throw_if_interrupted();
    block.resize(static_cast<size_t>(std::min(kRowsPerBlock, inputs.rows() - first)));
    std::iota(block.begin(), block.end(), first);
    const at::Tensor said = say(spec_.validation, validation_features_, block, {}).logits.cpu().contiguous();
    const auto said_values = host_values(said);
    values.insert(values.end(), said_values.begin(), said_values.end());
  }
  return values;
}

std::optional<Evaluation> TextTask::evaluate() {
  if (!validates()) return std::nullopt;
  const std::vector<float> said = validation_logits();
  const auto bad = std::ranges::find_if(said, [](float value) { return !std::isfinite(value); });
  RIFT_REQUIRE(
      bad == said.end(), Code::kData,
      "validation: the model's output is not finite for row {} (0-based, in the source); try a smaller optim.lr",
      spec_.validation.source_row[static_cast<size_t>((bad - said.begin()) / model_.outputs())]);
  std::vector<int64_t> all(spec_.validation.label.size());
  std::iota(all.begin(), all.end(), 0);
  const Targets wanted = targets(spec_.validation, all);
  std::vector<double> shifted(said.begin(), said.end());
  for (double& logit : shifted) logit += spec_.prior_shift;
  const std::vector<float> judged(shifted.begin(), shifted.end());
  std::vector<float> unused(said.size());
  const objective::LossSum loss = loss_.evaluate(judged, wanted.values, wanted.weights, unused);
  RIFT_REQUIRE(loss.weight > 0, Code::kData, "{}",
               objective::facts_of(loss_options_).by_pairs
                   ? "objective.loss: the validation rows hold no pair of a bad and a good row"
                   : "data.weight: every validation row has weight 0");
  const std::vector<double> raw = spec_.link.apply(shifted, model_.outputs());
  Evaluation evaluation = judge(validation_, raw, loss.sum / loss.weight, metric_);
  if (spec_.forgetting != nullptr) evaluation.forgetting = spec_.forgetting->figures();
  return evaluation;
}

bool TextTask::may_stay(std::string_view parameter) const { return has_no_gradient(parameter); }

}  // namespace rift::train
