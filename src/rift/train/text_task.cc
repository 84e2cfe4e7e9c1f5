#include "rift/train/text_task.h"

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
  LabelledRows taken;
  taken.inputs = inputs.encode(dataset.table, rows, package::row_keys(dataset));
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
  const int64_t frozen_layers = model_.encoder().first_trainable_stage() - 1;
  if (frozen_layers == model_.encoder().layer_count()) {
    train_features_ = features(spec_.train);
    validation_features_ = features(spec_.validation);
  } else if (frozen_layers > 0) {
    kept_.emplace(model_.encoder(), frozen_layers, rows(), spec_.precision, spec_.kept);
  }
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
  const std::vector<float> values =
      package::map_rows(rows.inputs, width, spec_.device, [&](const tensor::PackedBatch& batch) {
        return model_.read(model_.encoder().forward(batch, {}, model_.tokens_read()), batch);
      });
  const at::Tensor tensor = at::empty({rows.inputs.rows(), width}, at::kFloat);
  std::ranges::copy(values, tensor.mutable_data_ptr<float>());
  return tensor.to(spec_.device);
}

at::Tensor TextTask::logits(const LabelledRows& rows, const at::Tensor& features, std::span<const int64_t> chosen,
                            const nn::ForwardContext& context) const {
  const tensor::PackedBatch batch = package::make_batch(rows.inputs, chosen, spec_.device);
  if (!features.defined()) return model_.forward(batch, context);
  const at::Tensor index = at::empty({batch.rows}, at::kLong);
  std::ranges::copy(chosen, index.mutable_data_ptr<int64_t>());
  const at::Tensor kept = features.index_select(0, index.to(spec_.device));
  return model_.classify(model_.pool_read(kept, batch, context), batch, context);
}

at::Tensor TextTask::training_logits(std::span<const int64_t> rows, const nn::ForwardContext& context) {
  if (!kept_) return logits(spec_.train, train_features_, rows, context);
  const tensor::PackedBatch batch = package::make_batch(spec_.train.inputs, rows, spec_.device);
  return model_.forward_from(kept_->layers(), kept_->states(spec_.train.inputs, rows, batch), batch, context);
}

PartLoss TextTask::add_gradient(std::span<const int64_t> rows, const nn::ForwardContext& context, double scale) {
  PartLoss part;
  for (const int64_t row : rows) part.tokens += spec_.train.inputs.tokens(row);
  const at::Tensor said = training_logits(rows, context);
  const at::Tensor host = said.detach().cpu().contiguous();
  const at::Tensor gradient = at::empty_like(host);
  const Targets wanted = targets(spec_.train, rows);
  part.loss = loss_.evaluate(host_values(host), wanted.values, wanted.weights,
                             {gradient.mutable_data_ptr<float>(), static_cast<size_t>(gradient.numel())});
  if (std::isfinite(part.loss.sum)) said.backward(gradient.mul_(scale).to(spec_.device));
  return part;
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
    const at::Tensor said = logits(spec_.validation, validation_features_, block, {}).cpu().contiguous();
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
               takes_parts() ? "data.weight: every validation row has weight 0"
                             : "objective.loss: the validation rows hold no pair of a bad and a good row");
  const std::vector<double> raw = spec_.link.apply(shifted, model_.outputs());
  return judge(validation_, raw, loss.sum / loss.weight, metric_);
}

bool TextTask::may_stay(std::string_view parameter) const { return has_no_gradient(parameter); }

}  // namespace rift::train
