#include "rift/study/scored_figures.h"

#include <algorithm>
#include <limits>

#include "rift/base/error.h"

namespace rift::study {

ScoredFigures::ScoredFigures(const data::Dataset& dataset, std::span<const int64_t> rows, const score::RawScores& raw)
    : ScoredFigures(dataset, rows, raw, score::Calibrator::identity(dataset.schema.task)) {}

ScoredFigures::ScoredFigures(const data::Dataset& dataset, std::span<const int64_t> rows, const score::RawScores& raw,
                             const score::Calibrator& calibrator)
    : judged_(std::make_unique<Judged>(dataset, rows, raw, calibrator)),
      figures_(validate::figures_of(judged_->rows())),
      weight_(weights_of(dataset, rows)) {
  if (weight_.empty()) weight_.assign(rows.size(), 1.0);
}

double ScoredFigures::value(const std::string& metric, std::span<const double> times) const {
  const auto found = std::ranges::find(figures_.names, metric);
  RIFT_CHECK(found != figures_.names.end());
  std::vector<double> weight = weight_;
  for (size_t i = 0; i < times.size(); ++i) weight[i] *= times[i];
  std::vector<double> values(figures_.names.size(), std::numeric_limits<double>::quiet_NaN());
  figures_.compute(weight, values);
  return values[static_cast<size_t>(found - figures_.names.begin())];
}

double ScoredFigures::value(const std::string& metric) const { return value(metric, {}); }

}  // namespace rift::study
