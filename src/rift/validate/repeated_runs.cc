#include "rift/validate/repeated_runs.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <optional>
#include <set>

#include "rift/base/error.h"
#include "rift/metrics/auc.h"
#include "rift/validate/row_losses.h"

namespace rift::validate {
namespace {

int64_t rows_in_all(std::span<const JudgedRun> runs) {
  int64_t last = -1;
  for (const JudgedRun& run : runs) {
    for (const int64_t row : run.row) last = std::max(last, row);
  }
  return last + 1;
}

/// Mean AUC of the runs and what each row of the data set adds to its error.
std::optional<metrics::DeLong> mean_delong(std::span<const JudgedRun> runs, int64_t rows) {
  metrics::DeLong mean{.auc = 0.0, .influence = std::vector<double>(static_cast<size_t>(rows))};
  const double share = 1.0 / static_cast<double>(runs.size());
  for (const JudgedRun& run : runs) {
    const auto one = metrics::delong(run.rows.label, run.rows.score, run.rows.weight);
    if (!one) return std::nullopt;
    mean.auc += share * one->auc;
    for (size_t i = 0; i < run.row.size(); ++i) {
      mean.influence[static_cast<size_t>(run.row[i])] += share * one->influence[i];
    }
  }
  return mean;
}

/// One figure in one run of each group, then over the groups.
struct Spread {
  double value = 0.0, below = 0.0, above = 0.0;
};

Spread over_folds(const std::vector<metrics::Estimate>& folds) {
  Spread sum;
  for (const metrics::Estimate& fold : folds) {
    sum.value += fold.value;
    sum.below += (fold.value - fold.low) * (fold.value - fold.low);
    sum.above += (fold.high - fold.value) * (fold.high - fold.value);
  }
  const auto count = static_cast<double>(folds.size());
  return {sum.value / count, std::sqrt(sum.below) / count, std::sqrt(sum.above) / count};
}

std::optional<metrics::Estimate> combine(const std::map<int64_t, std::vector<metrics::Estimate>>& by_group) {
  if (by_group.empty()) return std::nullopt;
  metrics::Estimate mean;
  const double share = 1.0 / static_cast<double>(by_group.size());
  for (const auto& [group, folds] : by_group) {
    const Spread spread = over_folds(folds);
    mean.value += share * spread.value;
    mean.low += share * (spread.value - spread.below);
    mean.high += share * (spread.value + spread.above);
  }
  return mean;
}

/// Mean loss of each row of the data set over the runs that judged it; NaN where none did.
struct RowMeans {
  std::vector<double> loss, weight;
};

RowMeans mean_losses(std::span<const JudgedRun> runs, int64_t rows) {
  RowMeans means{.loss = std::vector<double>(static_cast<size_t>(rows)),
                 .weight = std::vector<double>(static_cast<size_t>(rows))};
  std::vector<double> seen(static_cast<size_t>(rows));
  for (const JudgedRun& run : runs) {
    const std::vector<double> loss = row_losses(run.rows);
    for (size_t i = 0; i < run.row.size(); ++i) {
      const auto at = static_cast<size_t>(run.row[i]);
      means.loss[at] += loss[i];
      means.weight[at] = run.rows.weight.empty() ? 1.0 : run.rows.weight[i];
      seen[at] += 1.0;
    }
  }
  for (size_t at = 0; at < seen.size(); ++at) means.loss[at] = seen[at] > 0 ? means.loss[at] / seen[at] : std::nan("");
  return means;
}

PairedDifference by_row_losses(std::span<const JudgedRun> a, std::span<const JudgedRun> b,
                               const EvaluationOptions& options) {
  const int64_t rows = std::max(rows_in_all(a), rows_in_all(b));
  const RowMeans of_a = mean_losses(a, rows);
  const RowMeans of_b = mean_losses(b, rows);
  std::vector<double> gain;
  std::vector<double> weight;
  for (size_t at = 0; at < of_a.loss.size(); ++at) {
    if (std::isnan(of_a.loss[at]) || std::isnan(of_b.loss[at])) continue;
    gain.push_back(of_b.loss[at] - of_a.loss[at]);
    weight.push_back(of_a.weight[at]);
  }
  return difference_of_means(gain, weight, loss_name(a.front().rows.task), options);
}

/// The difference of the AUCs that evaluate_runs() gives, for runs of which some show no spread.
std::optional<double> difference_of_figures(std::span<const JudgedRun> a, std::span<const JudgedRun> b) {
  const Evaluation of_a = evaluate_runs(a, {.replicates = 0});
  const Evaluation of_b = evaluate_runs(b, {.replicates = 0});
  const auto& auc_of_a = of_a.find("auc")->value;
  const auto& auc_of_b = of_b.find("auc")->value;
  if (!auc_of_a || !auc_of_b) return std::nullopt;
  return auc_of_a->value - auc_of_b->value;
}

}  // namespace

Evaluation evaluate_runs(std::span<const JudgedRun> runs, const EvaluationOptions& options) {
  RIFT_CHECK(!runs.empty());
  if (runs.size() == 1) return evaluate(runs.front().rows, options);
  std::vector<Evaluation> evaluations;
  std::set<int64_t> rows;
  for (const JudgedRun& run : runs) {
    evaluations.push_back(evaluate(run.rows, options));
    rows.insert(run.row.begin(), run.row.end());
  }
  Evaluation mean{.rows = static_cast<int64_t>(rows.size()), .figures = {}};
  for (size_t k = 0; k < evaluations.front().figures.size(); ++k) {
    std::map<int64_t, std::vector<metrics::Estimate>> by_group;
    for (size_t r = 0; r < runs.size(); ++r) {
      const auto& value = evaluations[r].figures[k].value;
      if (value) by_group[runs[r].group].push_back(*value);
    }
    mean.figures.push_back({evaluations.front().figures[k].name, combine(by_group)});
  }
  if (runs.front().rows.task != data::Task::kBinary) return mean;
  const auto delong = mean_delong(runs, rows_in_all(runs));
  for (Figure& figure : mean.figures) {
    if (!delong) break;
    if (figure.name == "auc") figure.value = metrics::auc_interval(*delong);
    if (figure.name == "gini") figure.value = metrics::gini_interval(*delong);
  }
  return mean;
}

PairedDifference compare_runs(std::span<const JudgedRun> a, std::span<const JudgedRun> b,
                              const EvaluationOptions& options) {
  RIFT_CHECK(!a.empty() && !b.empty());
  if (a.size() == 1 && b.size() == 1) return compare_pair(a.front().rows, b.front().rows, options);
  if (a.front().rows.task != data::Task::kBinary) return by_row_losses(a, b, options);
  const int64_t rows = std::max(rows_in_all(a), rows_in_all(b));
  const auto of_a = mean_delong(a, rows);
  const auto of_b = mean_delong(b, rows);
  if (!of_a || !of_b) return {"auc", difference_of_figures(a, b), std::nullopt};
  const metrics::AucDifference d = metrics::compare_auc(*of_a, *of_b);
  return {"auc", d.difference, PairedDifference::Noise{d.low, d.high, d.p}};
}

}  // namespace rift::validate
