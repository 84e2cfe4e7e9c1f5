#include "rift/metrics/bootstrap.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "rift/base/error.h"
#include "rift/base/random.h"
#include "rift/base/threads.h"

namespace rift::metrics {
namespace {

constexpr uint64_t kStreamBootstrap = 0x626F6F74ull << 32;  // "boot"; the replicate's number is added

double quantile_of_sorted(const std::vector<double>& sorted, double q) {
  const double place = q * static_cast<double>(sorted.size() - 1);
  const auto below = static_cast<size_t>(std::floor(place));
  const size_t above = std::min(below + 1, sorted.size() - 1);
  return sorted[below] + (place - static_cast<double>(below)) * (sorted[above] - sorted[below]);
}

std::vector<double> defined(std::span<const double> values) {
  std::vector<double> kept;
  std::copy_if(values.begin(), values.end(), std::back_inserter(kept), [](double v) { return !std::isnan(v); });
  return kept;
}

}  // namespace

std::vector<double> bootstrap_replicates(std::span<const double> weight, int64_t rows, int64_t figures,
                                         const WeightedFigures& body, const BootstrapOptions& options) {
  RIFT_CHECK(weight.empty() || static_cast<int64_t>(weight.size()) == rows);
  const auto width = static_cast<size_t>(figures);
  std::vector<double> values(static_cast<size_t>(options.replicates) * width, std::nan(""));
  if (rows == 0) return values;
  parallel_for(options.replicates, 1, [&](int64_t begin, int64_t end) {
    std::vector<double> drawn(static_cast<size_t>(rows));
    for (int64_t r = begin; r < end; ++r) {
      std::fill(drawn.begin(), drawn.end(), 0.0);
      const CounterRandom random(static_cast<uint64_t>(options.seed), kStreamBootstrap + static_cast<uint64_t>(r));
      for (uint64_t i = 0; i < drawn.size(); ++i) {
        const uint64_t row = random.below(i, drawn.size());
        drawn[row] += weight.empty() ? 1.0 : weight[row];
      }
      body(drawn, std::span(values).subspan(static_cast<size_t>(r) * width, width));
    }
  });
  return values;
}

std::optional<Interval> percentile_interval(std::span<const double> values, double level) {
  RIFT_CHECK(level > 0.0 && level < 1.0);
  std::vector<double> sorted = defined(values);
  if (sorted.empty() || 2 * sorted.size() < values.size()) return std::nullopt;
  std::sort(sorted.begin(), sorted.end());
  return Interval{quantile_of_sorted(sorted, (1.0 - level) / 2.0), quantile_of_sorted(sorted, (1.0 + level) / 2.0)};
}

std::optional<Interval> corrected_interval(std::span<const double> values, double value, double level) {
  const auto quantiles = percentile_interval(values, level);
  if (!quantiles) return std::nullopt;
  const std::vector<double> kept = defined(values);
  const double mean = std::accumulate(kept.begin(), kept.end(), 0.0) / static_cast<double>(kept.size());
  const double bias = std::max(0.0, mean - value);
  const double low = std::min(2.0 * value - quantiles->high, quantiles->low - 2.0 * bias);
  const double high = std::max(2.0 * value - quantiles->low, quantiles->high - bias);
  return Interval{std::clamp(low, 0.0, value), std::clamp(high, value, 1.0)};
}

double bootstrap_p(std::span<const double> differences) {
  const std::vector<double> values = defined(differences);
  if (values.empty()) return 1.0;
  const auto up = std::count_if(values.begin(), values.end(), [](double d) { return d >= 0.0; });
  const auto down = std::count_if(values.begin(), values.end(), [](double d) { return d <= 0.0; });
  return std::min(1.0, 2.0 * static_cast<double>(std::min(up, down) + 1) / static_cast<double>(values.size() + 1));
}

std::vector<double> replicate_column(std::span<const double> replicates, int64_t figures, int64_t k) {
  std::vector<double> column;
  for (size_t i = static_cast<size_t>(k); i < replicates.size(); i += static_cast<size_t>(figures)) {
    column.push_back(replicates[i]);
  }
  return column;
}

}  // namespace rift::metrics
