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

void set_bootstrap_intervals(const JudgedRows& rows, const Figures& formulas, const EvaluationOptions& options,
                             std::vector<Figure>& figures) {
  const auto count = static_cast<int64_t>(figures.size());
  const metrics::BootstrapOptions bootstrap{.replicates = options.replicates, .seed = options.seed};
  const std::vector<double> replicates =
      metrics::bootstrap_replicates(rows.weight, rows.rows(), count, formulas.compute, bootstrap);
  for (int64_t k = 0; k < count; ++k) {
    Figure& figure = figures[static_cast<size_t>(k)];
    if (!figure.value) continue;
    const auto interval =
        metrics::percentile_interval(metrics::replicate_column(replicates, count, k), bootstrap.level);
    if (!interval) continue;
    figure.value->low = interval->low;
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
