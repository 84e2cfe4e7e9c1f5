#include "rift/study/score_scale.h"

#include <cmath>

#include "rift/base/error.h"

namespace rift::study {
namespace {

constexpr int64_t kFewestRows = 20;

std::vector<double> means_of(const score::RawScores& raw) {
  std::vector<double> means(static_cast<size_t>(raw.outputs));
  for (size_t i = 0; i < raw.values.size(); ++i) means[i % means.size()] += raw.values[i];
  for (double& mean : means) mean /= static_cast<double>(raw.rows);
  return means;
}

/// Root mean square of the deviation from the means; of several outputs only what sets them apart in a row counts.
double spread_of(const score::RawScores& raw, const std::vector<double>& means) {
  double sum = 0.0;
  for (size_t begin = 0; begin < raw.values.size(); begin += means.size()) {
    double of_row = 0.0;
    for (size_t k = 0; k < means.size(); ++k) of_row += raw.values[begin + k] - means[k];
    const double centre = means.size() > 1 ? of_row / static_cast<double>(means.size()) : 0.0;
    for (size_t k = 0; k < means.size(); ++k) {
      const double deviation = raw.values[begin + k] - means[k] - centre;
      sum += deviation * deviation;
    }
  }
  return std::sqrt(sum / static_cast<double>(raw.values.size()));
}

}  // namespace

ScoreScale::ScoreScale(data::Task task, const score::RawScores& from, const score::RawScores& to) {
  RIFT_CHECK(from.rows == to.rows);
  if (task == data::Task::kRegression || from.rows < kFewestRows) return;
  const std::vector<double> from_means = means_of(from);
  const std::vector<double> to_means = means_of(to);
  const double spread = spread_of(from, from_means);
  if (!(spread > 1e-9)) return;
  scale_ = spread_of(to, to_means) / spread;
  from_ = from_means;
  to_ = to_means;
}

void ScoreScale::apply(score::RawScores& raw) const {
  if (from_.empty()) return;
  for (size_t i = 0; i < raw.values.size(); ++i) {
    const size_t output = i % from_.size();
    raw.values[i] = to_[output] + (raw.values[i] - from_[output]) * scale_;
  }
}

}  // namespace rift::study
