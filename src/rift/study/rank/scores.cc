#include "rift/study/rank/scores.h"

#include <algorithm>
#include <map>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "rift/base/error.h"
#include "rift/base/interrupt.h"
#include "rift/classic/linear_probe.h"
#include "rift/metrics/auc.h"
#include "rift/metrics/classification.h"
#include "rift/metrics/folds.h"
#include "rift/metrics/regression.h"

namespace rift::study {
namespace {

using metrics::LabelledRows;

constexpr int64_t kNeighbours = 10;

/// The rows of `fold`, or all others.
LabelledRows rows_of(const metrics::FeatureRows& features, const RankRows& rows, int32_t fold, bool inside) {
  LabelledRows taken{.width = features.width, .values = {}, .label = {}};
  for (int64_t row = 0; row < features.rows; ++row) {
    const auto at = static_cast<size_t>(row);
    if ((rows.fold[at] == fold) == inside) taken.add(features.row(row), rows.label[at]);
  }
  return taken;
}

double known_figure(const std::optional<double>& figure) {
  RIFT_CHECK(figure);  // load_rank_rows() sees to rows that have one
  return *figure;
}

/// The figure of one fold. `said`: of two classes one number a row, of more one for each class, of a regression the
/// value.
double figure_of(const RankRows& rows, const std::vector<double>& label, const std::vector<double>& said) {
  if (rows.task == data::Task::kBinary) return known_figure(metrics::auc(label, said));
  if (rows.task == data::Task::kRegression) return known_figure(metrics::r_squared(label, said));
  const auto called = metrics::most_likely_class(said, rows.classes);
  return known_figure(metrics::accuracy(metrics::confusion_matrix(label, called, rows.classes)));
}

double neighbours_figure(const RankRows& rows, const LabelledRows& known, const LabelledRows& asked) {
  std::vector<double> said =
      metrics::nearest_neighbours(known.features(), known.label, rows.classes, asked.features(), kNeighbours);
  if (rows.task == data::Task::kBinary) {
    for (size_t i = 0; i < asked.label.size(); ++i) said[i] = said[2 * i + 1];
    said.resize(asked.label.size());
  }
  return figure_of(rows, asked.label, said);
}

double probe_figure(const RankRows& rows, const LabelledRows& known, const LabelledRows& asked) {
  const double c = classic::choose_probe_strength(known.features(), known.label, rows.classes);
  return figure_of(
      rows, asked.label,
      classic::linear_probe(known.features(), known.label, asked.features(), {.classes = rows.classes, .c = c}));
}

}  // namespace

ModelScores score_features(const metrics::FeatureRows& features, const RankRows& rows) {
  ModelScores scores;
  std::vector<double> evidence, plain, shrunk;
  const auto judge_whole = [&](const metrics::FeatureRows& some, std::span<const double> label) {
    evidence.push_back(metrics::log_me(some, label, rows.classes));
    if (rows.classes == 0) return;
    const metrics::HScore h = metrics::h_score(some, label, rows.classes);
    plain.push_back(h.plain);
    shrunk.push_back(h.shrunk);
  };
  for (int32_t fold = 0; fold < static_cast<int32_t>(rows.folds); ++fold) {
    throw_if_interrupted();
    const LabelledRows known = rows_of(features, rows, fold, false);
    const LabelledRows asked = rows_of(features, rows, fold, true);
    scores.probe_folds.push_back(probe_figure(rows, known, asked));
    scores.neighbour_folds.push_back(neighbours_figure(rows, known, asked));
    judge_whole(known.features(), known.label);
  }
  const std::string metric = metric_of(rows.task);
  scores.probe = mean_figure(scores.probe_folds, metric);
  scores.neighbours = mean_figure(scores.neighbour_folds, metric);
  judge_whole(features, rows.label);
  const auto with_interval = [](std::vector<double>& values) {  // the last one is that of all rows
    const double value = values.back();
    values.pop_back();
    return metrics::jackknife(value, values);
  };
  scores.log_me = with_interval(evidence);
  if (rows.classes > 0) {
    scores.h_score = with_interval(plain);
    scores.shrunk_h_score = with_interval(shrunk);
  }
  return scores;
}

std::string metric_of(data::Task task) {
  if (task == data::Task::kBinary) return "auc";
  return data::has_classes(task) ? "accuracy" : "r2";
}

metrics::Estimate mean_figure(std::span<const double> folds, std::string_view metric) {
  metrics::Estimate mean = metrics::mean_over_folds(folds);
  mean.high = std::min(mean.high, 1.0);
  if (metric != "r2") mean.low = std::max(mean.low, 0.0);
  return mean;
}

double chance_of(const RankRows& rows) {
  if (rows.task == data::Task::kBinary) return 0.5;
  if (rows.task == data::Task::kRegression) return 0.0;
  std::map<double, int64_t> of_class;
  for (const double value : rows.label) ++of_class[value];
  int64_t most = 0;
  for (const auto& [value, count] : of_class) most = std::max(most, count);
  return static_cast<double>(most) / static_cast<double>(rows.label.size());
}

}  // namespace rift::study
