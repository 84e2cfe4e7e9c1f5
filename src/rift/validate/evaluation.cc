#include "rift/validate/evaluation.h"

#include <cmath>
#include <limits>

#include "rift/base/error.h"
#include "rift/metrics/auc.h"
#include "rift/metrics/bootstrap.h"
#include "rift/validate/figures.h"

namespace rift::validate {
namespace {

constexpr double kUndefined = std::numeric_limits<double>::quiet_NaN();

Json number_or_null(double value) { return std::isfinite(value) ? Json(value) : Json(nullptr); }

/// AUC and Gini of two classes have an interval by formula.
void set_delong_intervals(const JudgedRows& rows, std::vector<Figure>& figures) {
  const auto model = metrics::delong(rows.label, rows.score, rows.weight);
  for (Figure& figure : figures) {
    const bool is_auc = figure.name == "auc";
    if (!figure.value || !(is_auc || figure.name == "gini")) continue;
    if (!model) {
      figure.value->low = figure.value->high = kUndefined;
      continue;
    }
    const metrics::Estimate estimate = is_auc ? metrics::auc_interval(*model) : metrics::gini_interval(*model);
    figure.value->low = estimate.low;
    figure.value->high = estimate.high;
  }
}

/// A largest distance and a mean of absolute gaps are above zero even where there is nothing to see.
bool is_raised_by_noise(std::string_view figure) { return figure == "ks" || figure == "ece"; }

/// The Kolmogorov-Smirnov distance that scores without any skill stay below with probability `level`, for as many bad
/// and good rows; weighted rows count as (sum w)^2 / sum w^2. Source: Smirnov (1948), the limiting distribution.
double largest_chance_ks(const JudgedRows& rows, double level) {
  double inverse = 0.0;
  for (const double side : {0.0, 1.0}) {
    double sum = 0.0, squares = 0.0;
    for (size_t row = 0; row < rows.label.size(); ++row) {
      const double weight = rows.weight.empty() ? 1.0 : rows.weight[row];
      sum += rows.label[row] == side ? weight : 0.0;
      squares += rows.label[row] == side ? weight * weight : 0.0;
    }
    inverse += squares / (sum * sum);
  }
  return std::sqrt(-0.5 * std::log((1.0 - level) / 2.0) * inverse);
}

void set_bootstrap_intervals(const JudgedRows& rows, const Figures& formulas, const EvaluationOptions& options,
                             std::vector<Figure>& figures) {
  const auto count = static_cast<int64_t>(figures.size());
  const metrics::BootstrapOptions bootstrap{.replicates = options.replicates, .seed = options.seed};
  const std::vector<double> replicates =
      metrics::bootstrap_replicates(rows.weight, rows.rows(), count, formulas.compute, bootstrap);
  for (int64_t k = 0; k < count; ++k) {
    Figure& figure = figures[static_cast<size_t>(k)];
    if (!figure.value) continue;
    const std::vector<double> column = metrics::replicate_column(replicates, count, k);
    const bool is_raised = is_raised_by_noise(figure.name);
    const auto interval = is_raised ? metrics::corrected_interval(column, figure.value->value, bootstrap.level)
                                    : metrics::percentile_interval(column, bootstrap.level);
    if (!interval) continue;
    const bool is_chance = figure.name == "ks" && figure.value->value <= largest_chance_ks(rows, bootstrap.level);
    figure.value->low = is_chance ? 0.0 : interval->low;
    figure.value->high = interval->high;
  }
}

}  // namespace

const Figure* Evaluation::find(std::string_view name) const {
  for (const Figure& figure : figures) {
    if (figure.name == name) return &figure;
  }
  return nullptr;
}

Evaluation evaluate(const JudgedRows& rows, const EvaluationOptions& options) {
  const Figures formulas = figures_of(rows);
  std::vector<double> values(formulas.names.size(), kUndefined);
  if (rows.rows() > 0) formulas.compute(rows.weight, values);
  Evaluation evaluation{.rows = rows.rows(), .figures = {}};
  for (size_t k = 0; k < values.size(); ++k) {
    Figure figure{.name = formulas.names[k], .value = std::nullopt};
    if (!std::isnan(values[k])) figure.value = metrics::Estimate{values[k], kUndefined, kUndefined};
    evaluation.figures.push_back(std::move(figure));
  }
  if (options.replicates > 0) set_bootstrap_intervals(rows, formulas, options, evaluation.figures);
  if (rows.task == data::Task::kBinary) set_delong_intervals(rows, evaluation.figures);
  return evaluation;
}

Json to_json(const Evaluation& evaluation) {
  Json json = Json::object();
  json["rows"] = evaluation.rows;
  for (const Figure& figure : evaluation.figures) {
    json[figure.name] = !figure.value ? Json(nullptr)
                                      : Json{{"value", figure.value->value},
                                             {"low", number_or_null(figure.value->low)},
                                             {"high", number_or_null(figure.value->high)}};
  }
  return json;
}

}  // namespace rift::validate
