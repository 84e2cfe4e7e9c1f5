#include "rift/study/scoring.h"

#include <algorithm>
#include <cmath>
#include <memory>

#include "rift/base/error.h"
#include "rift/base/interrupt.h"
#include "rift/base/progress.h"

namespace rift::study {
namespace {

constexpr size_t kBatchRows = 4096;

double weighted_bad_rate(const data::Dataset& dataset, std::span<const int64_t> rows) {
  double bad = 0.0;
  double total = 0.0;
  for (const int64_t row : rows) {
    const double weight = dataset.weight.empty() ? 1.0 : dataset.weight[static_cast<size_t>(row)];
    bad += weight * dataset.label[static_cast<size_t>(row)];
    total += weight;
  }
  return total > 0.0 ? bad / total : 0.0;
}

}  // namespace

score::RawScores score_rows(const score::Scorer& scorer, const data::Dataset& dataset, std::span<const int64_t> rows,
                            const std::string& progress_name) {
  std::unique_ptr<Progress> progress;
  if (!progress_name.empty()) {
    progress = std::make_unique<Progress>(progress_name, static_cast<int64_t>(rows.size()), "rows");
  }
  score::RawScores all = scorer.no_scores();
  for (size_t begin = 0; begin < rows.size(); begin += kBatchRows) {
    throw_if_interrupted();
    const auto batch = rows.subspan(begin, std::min(kBatchRows, rows.size() - begin));
    const data::Table batch_table = data::take(dataset.table, batch);
    const score::RawScores some = scorer.score(batch_table);
    RIFT_CHECK(some.rows == static_cast<int64_t>(batch.size()));
    require_finite(scorer, some, batch_table.source_row);
    all.rows += some.rows;
    all.outputs = some.outputs;
    all.values.insert(all.values.end(), some.values.begin(), some.values.end());
    if (progress) progress->advance(some.rows);
  }
  return all;
}

void require_finite(const score::Scorer& scorer, const score::RawScores& raw, std::span<const int64_t> source_row) {
  const auto number_of = [&](size_t row) { return source_row.empty() ? static_cast<int64_t>(row) : source_row[row]; };
  for (size_t i = 0; i < raw.values.size(); ++i)
    RIFT_REQUIRE(std::isfinite(raw.values[i]), Code::kData,
                 "{}: its score of row {} is not a finite number; is a value of that row far outside of what the model "
                 "was trained on?",
                 scorer.name(), number_of(i / static_cast<size_t>(raw.outputs)));
}

Judged::Judged(const data::Dataset& dataset, std::span<const int64_t> rows, const score::RawScores& raw,
               const score::Calibrator& calibrator)
    : task_(dataset.schema.task),
      classes_(dataset.schema.classes()),
      label_(labels_of(dataset, rows)),
      weight_(weights_of(dataset, rows)) {
  RIFT_CHECK(raw.rows == static_cast<int64_t>(rows.size()));
  if (task_ == data::Task::kBinary) score_ = raw.values;
  if (task_ != data::Task::kRegression) {
    probability_ = calibrator.apply(raw);
    return;
  }
  score_ = score::point_predictions(raw);
  if (!raw.levels.empty()) quantiles_ = raw.values;
  levels_ = raw.levels;
  variance_power_ = raw.variance_power;
}

validate::JudgedRows Judged::rows() const {
  return {.task = task_,
          .classes = classes_,
          .label = label_,
          .weight = weight_,
          .score = score_,
          .probability = probability_,
          .quantiles = quantiles_,
          .levels = levels_,
          .variance_power = variance_power_};
}

score::PolicyOptions resolved_policy(const score::PolicyOptions& policy, const data::Dataset& dataset,
                                     std::span<const int64_t> rows) {
  score::PolicyOptions resolved = policy;
  if (!resolved.approve_below) {
    const double bad_rate = dataset.schema.task == data::Task::kBinary ? weighted_bad_rate(dataset, rows) : 0.5;
    resolved.approve_below = std::min(bad_rate, resolved.refuse_from.value_or(1.0));
  }
  if (!resolved.refuse_from) resolved.refuse_from = resolved.approve_below;
  return resolved;
}

std::vector<double> labels_of(const data::Dataset& dataset, std::span<const int64_t> rows) {
  std::vector<double> labels;
  for (const int64_t row : rows) labels.push_back(dataset.label[static_cast<size_t>(row)]);
  return labels;
}

std::vector<double> weights_of(const data::Dataset& dataset, std::span<const int64_t> rows) {
  std::vector<double> weights;
  if (dataset.weight.empty()) return weights;
  for (const int64_t row : rows) weights.push_back(dataset.weight[static_cast<size_t>(row)]);
  return weights;
}

std::vector<std::string> ids_of(const data::Dataset& dataset, std::span<const int64_t> rows) {
  std::vector<std::string> ids;
  for (const int64_t row : rows) {
    ids.push_back(dataset.id.empty() ? std::to_string(row) : dataset.id[static_cast<size_t>(row)]);
  }
  return ids;
}

}  // namespace rift::study
