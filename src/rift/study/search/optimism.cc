#include "rift/study/search/optimism.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "rift/base/error.h"
#include "rift/base/random.h"
#include "rift/metrics/bootstrap.h"

namespace rift::study {
namespace {

constexpr uint64_t kStream = uint64_t{0x0B7131} << 32;
constexpr double kMostWork = 1e9;  // rows a search looks at, over trials and replicates

/// The trial with the best figure under these counts; nullopt where none is defined.
std::optional<size_t> best_of(const std::vector<ScoredFigures>& trials, const SearchMetric& metric,
                              std::span<const double> times) {
  std::optional<size_t> best;
  double least = std::numeric_limits<double>::infinity();
  for (size_t t = 0; t < trials.size(); ++t) {
    const double loss = search::as_loss(trials[t].value(metric.name, times), metric.direction);
    if (std::isnan(loss) || (best && loss >= least)) continue;
    least = loss;
    best = t;
  }
  return best;
}

}  // namespace

std::optional<Optimism> optimism_of(const std::vector<ScoredFigures>& trials, size_t winner, int64_t rows,
                                    const SearchMetric& metric, const OptimismOptions& options) {
  if (trials.empty() || metric.name == kLossMetric) return std::nullopt;
  RIFT_CHECK(winner < trials.size());
  const double work = static_cast<double>(trials.size()) * static_cast<double>(rows);
  const auto most = static_cast<int64_t>(kMostWork / work);
  const int64_t replicates = std::clamp<int64_t>(most, std::min<int64_t>(100, options.replicates), options.replicates);
  std::vector<double> unseen_values;
  for (int64_t r = 0; r < replicates; ++r) {
    const CounterRandom random(static_cast<uint64_t>(options.seed), kStream + static_cast<uint64_t>(r));
    std::vector<double> drawn(static_cast<size_t>(rows), 0.0), unseen(static_cast<size_t>(rows), 0.0);
    for (uint64_t i = 0; i < drawn.size(); ++i) ++drawn[random.below(i, drawn.size())];
    for (size_t i = 0; i < drawn.size(); ++i) unseen[i] = drawn[i] == 0.0 ? 1.0 : 0.0;
    const std::optional<size_t> chosen = best_of(trials, metric, drawn);
    if (!chosen) continue;
    const double value = trials[*chosen].value(metric.name, unseen);
    if (!std::isnan(value)) unseen_values.push_back(value);
  }
  const std::optional<metrics::Interval> interval = metrics::percentile_interval(unseen_values, 0.95);
  if (!interval || static_cast<int64_t>(unseen_values.size()) * 2 < replicates) return std::nullopt;
  Optimism result{.trials = static_cast<int64_t>(trials.size()),
                  .replicates = static_cast<int64_t>(unseen_values.size()),
                  .apparent = trials[winner].value(metric.name),
                  .low = interval->low,
                  .high = interval->high};
  for (const double value : unseen_values) result.corrected += value / static_cast<double>(unseen_values.size());
  result.optimism =
      search::as_loss(result.corrected, metric.direction) - search::as_loss(result.apparent, metric.direction);
  return result;
}

}  // namespace rift::study
