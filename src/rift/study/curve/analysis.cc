#include "rift/study/curve/analysis.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>

#include "rift/base/error.h"
#include "rift/base/random.h"
#include "rift/metrics/bootstrap.h"

namespace rift::study {
namespace {

using metrics::PowerLaw;
using Law = std::optional<PowerLaw>;

constexpr double kInfinity = std::numeric_limits<double>::infinity();
constexpr double kUndefined = std::numeric_limits<double>::quiet_NaN();
constexpr double kLevel = 0.95;
constexpr int64_t kLinePoints = 60;
constexpr int64_t kSearchPoints = 400;
constexpr uint64_t kStreamSeeds = uint64_t{0x63757276} << 32;  // "curv"; the replicate's number is added

/// How often each chain counts in a replicate.
std::vector<double> chains_of(const CurveErrors& errors, int64_t replicate, int64_t seed) {
  const int64_t seeds = errors.seeds;
  std::vector<double> times(static_cast<size_t>(seeds), 0.0);
  if (seeds == 1) return {1.0};
  const CounterRandom random(static_cast<uint64_t>(seed), kStreamSeeds + static_cast<uint64_t>(replicate));
  for (int64_t i = 0; i + 1 < seeds; ++i) {
    ++times[random.below(static_cast<uint64_t>(i), static_cast<uint64_t>(seeds))];
  }
  return times;
}

/// Mean errors of a model, [S], of what was measured or of a replicate.
class Means {
 public:
  Means(const CurveErrors& errors, const AnalysisOptions& options) : errors_(errors) {
    for (int64_t r = 0; r < errors.replicate_count(); ++r) chains_.push_back(chains_of(errors, r, options.seed));
  }

  std::vector<double> measured(int64_t model) const {
    return mean(errors_.error.data(), model, std::vector<double>(static_cast<size_t>(errors_.seeds), 1.0));
  }
  std::vector<double> replicate(int64_t model, int64_t r) const {
    return mean(errors_.replicates.data() + r * errors_.values(), model, chains_[static_cast<size_t>(r)]);
  }
  int64_t replicates() const { return static_cast<int64_t>(chains_.size()); }

  /// Over the replicates.
  std::vector<double> of_each(const std::function<double(int64_t)>& figure) const {
    std::vector<double> values;
    for (int64_t r = 0; r < replicates(); ++r) values.push_back(figure(r));
    return values;
  }

 private:
  std::vector<double> mean(const double* error, int64_t model, const std::vector<double>& times) const {
    std::vector<double> means;
    double count = 0.0;
    for (const double one : times) count += one;
    for (int64_t s = 0; s < errors_.sizes(); ++s) {
      double sum = 0.0;
      for (int64_t k = 0; k < errors_.seeds; ++k) {
        if (times[static_cast<size_t>(k)] > 0.0)
          sum += times[static_cast<size_t>(k)] * error[errors_.place(model, s, k)];
      }
      means.push_back(sum / count);
    }
    return means;
  }

  const CurveErrors& errors_;
  std::vector<std::vector<double>> chains_;
};

double variance_over_seeds(const CurveErrors& errors, int64_t model, int64_t size) {
  if (errors.seeds < 2) return 0.0;
  double mean = 0.0, sum = 0.0;
  for (int64_t k = 0; k < errors.seeds; ++k) {
    mean += errors.error[static_cast<size_t>(errors.place(model, size, k))] / static_cast<double>(errors.seeds);
  }
  for (int64_t k = 0; k < errors.seeds; ++k) {
    const double left = errors.error[static_cast<size_t>(errors.place(model, size, k))] - mean;
    sum += left * left;
  }
  return sum / static_cast<double>(errors.seeds - 1);
}

/// What each size of a model counts with, [S].
std::vector<double> weights_of(const CurveErrors& errors, int64_t model) {
  std::vector<double> variance;
  double mean = 0.0;
  for (int64_t s = 0; s < errors.sizes(); ++s) {
    variance.push_back(variance_over_seeds(errors, model, s));
    mean += variance.back() / static_cast<double>(errors.sizes());
  }
  std::vector<double> weights(variance.size(), 1.0);
  if (!(mean > 0.0)) return weights;
  const double own = static_cast<double>(errors.seeds - 1);
  for (size_t s = 0; s < weights.size(); ++s) {
    weights[s] = mean * (own + kPriorSeeds) / (own * variance[s] + kPriorSeeds * mean);
  }
  return weights;
}

Law fit(const CurveErrors& errors, const std::vector<double>& means, const std::vector<double>& weights) {
  if (std::ranges::any_of(means, [](double mean) { return std::isnan(mean); })) return std::nullopt;
  return metrics::fit_power_law(errors.labels, means, weights);
}

/// The laws of a model: of what was measured, and of each replicate.
struct Laws {
  Law measured;
  std::vector<Law> replicates;
};

Laws laws_of(const CurveErrors& errors, const Means& means, int64_t model) {
  const std::vector<double> weights = weights_of(errors, model);
  Laws laws{.measured = fit(errors, means.measured(model), weights), .replicates = {}};
  for (int64_t r = 0; r < means.replicates() && laws.measured; ++r) {
    laws.replicates.push_back(fit(errors, means.replicate(model, r), weights));
  }
  return laws;
}

Sized sized(double value, const std::vector<double>& replicates) {
  return {.value = value, .interval = metrics::percentile_interval(replicates, kLevel)};
}

Sized of_laws(const Laws& laws, const std::function<double(const PowerLaw&)>& figure) {
  std::vector<double> values;
  for (const Law& law : laws.replicates) values.push_back(law ? figure(*law) : kUndefined);
  return sized(figure(*laws.measured), values);
}

/// The interval of where something begins, out of the replicates: 0 = at the smallest size already, infinity = never.
/// Order statistics, without going between them: infinity is one of them.
void set_interval(const CurveErrors& errors, std::vector<double> begins, Threshold& threshold) {
  std::erase_if(begins, [](double n) { return std::isnan(n); });
  if (begins.empty()) return;
  std::ranges::sort(begins);
  const auto at = [&](double share) {
    return begins[static_cast<size_t>(std::llround(share * static_cast<double>(begins.size() - 1)))];
  };
  const auto end = [&](double begins_at) {
    return std::isfinite(begins_at) ? std::optional(std::max(begins_at, errors.labels.front())) : std::nullopt;
  };
  threshold.interval = {.low = end(at((1.0 - kLevel) / 2.0)), .high = end(at((1.0 + kLevel) / 2.0))};
}

double farthest(const CurveErrors& errors) { return kFarthest * errors.labels.back(); }

Threshold place_of(const CurveErrors& errors, double labels) {
  Threshold threshold;
  if (labels <= errors.labels.front()) {
    threshold.which = Threshold::Case::kFromStart;
  } else if (labels <= farthest(errors)) {
    threshold.which = labels <= errors.labels.back() ? Threshold::Case::kWithin : Threshold::Case::kBeyond;
    threshold.labels = labels;
  }
  return threshold;
}

Threshold stop_of(const CurveErrors& errors, const Laws& laws, double stop_below) {
  const auto from = [&](const PowerLaw& law) {
    const double labels = law.doubling_worth_from(stop_below);
    return labels <= farthest(errors) ? labels : kInfinity;
  };
  Threshold stop = place_of(errors, from(*laws.measured));
  std::vector<double> begins;
  for (const Law& law : laws.replicates) begins.push_back(law ? from(*law) : kUndefined);
  set_interval(errors, begins, stop);
  return stop;
}

/// From where on law a lies below law b: the last change to that within the sizes measured, else the first beyond them.
Threshold passing(const CurveErrors& errors, const PowerLaw& a, const PowerLaw& b) {
  const auto gain = [&](double log_labels) { return b.at(std::exp(log_labels)) - a.at(std::exp(log_labels)); };
  const auto change = [&](double low, double high) {  // of the sign of gain
    const bool positive = gain(low) > 0.0;
    for (int i = 0; i < 60; ++i) {
      const double middle = (low + high) / 2;
      (gain(middle) > 0.0) == positive ? low = middle : high = middle;
    }
    return std::exp((low + high) / 2);
  };
  const double first = std::log(errors.labels.front()), last = std::log(errors.labels.back());
  const double end = std::log(farthest(errors));
  const auto grid = [](double from, double to, int64_t i) {
    return std::lerp(from, to, static_cast<double>(i) / (kSearchPoints - 1));
  };
  if (gain(last) > 0.0) {
    for (int64_t i = kSearchPoints - 1; i > 0; --i) {
      if (gain(grid(first, last, i - 1)) > 0.0) continue;
      return place_of(errors, change(grid(first, last, i - 1), grid(first, last, i)));
    }
    return {.which = Threshold::Case::kFromStart, .labels = {}, .interval = {}};
  }
  for (int64_t i = 1; i < kSearchPoints; ++i) {
    if (gain(grid(last, end, i)) > 0.0) return place_of(errors, change(grid(last, end, i - 1), grid(last, end, i)));
  }
  if (!(gain(first) > 0.0)) return {};
  Threshold ends{.which = Threshold::Case::kEnds, .labels = {}, .interval = {}};
  for (int64_t i = kSearchPoints - 1; i > 0 && !ends.labels; --i) {
    if (gain(grid(first, last, i - 1)) > 0.0) ends.labels = change(grid(first, last, i - 1), grid(first, last, i));
  }
  return ends;
}

double begins_at(const Threshold& threshold) {
  switch (threshold.which) {
    case Threshold::Case::kFromStart:
      return 0.0;
    case Threshold::Case::kWithin:
    case Threshold::Case::kBeyond:
      return *threshold.labels;
    case Threshold::Case::kNever:
    case Threshold::Case::kEnds:
      return kInfinity;
  }
  return kUndefined;
}

LawEstimate estimate_of(const CurveErrors& errors, const Laws& laws, double stop_below) {
  const double largest = errors.labels.back();
  return {.law = *laws.measured,
          .floor = of_laws(laws, [](const PowerLaw& law) { return law.floor; }),
          .scale = of_laws(laws, [](const PowerLaw& law) { return law.scale; }),
          .rate = of_laws(laws, [](const PowerLaw& law) { return law.rate; }),
          .doubling = of_laws(laws, [&](const PowerLaw& law) { return law.doubling(largest); }),
          .stop = stop_of(errors, laws, stop_below)};
}

std::vector<double> line_labels(const CurveErrors& errors) {
  std::vector<double> line;
  const double first = std::log(errors.labels.front()), last = std::log(2.0 * errors.labels.back());
  for (int64_t i = 0; i < kLinePoints; ++i) {
    line.push_back(std::exp(std::lerp(first, last, static_cast<double>(i) / (kLinePoints - 1))));
  }
  return line;
}

}  // namespace

CurveAnalysis analyse_curves(const CurveErrors& errors, const AnalysisOptions& options) {
  RIFT_CHECK(errors.sizes() > 0 && static_cast<int64_t>(errors.error.size()) == errors.values());
  const Means means(errors, options);
  CurveAnalysis analysis{.models = {}, .line = line_labels(errors)};
  for (int64_t model = 0; model < errors.models; ++model) {
    ModelCurve curve;
    const std::vector<double> measured = means.measured(model);
    std::vector<std::vector<double>> replicates;
    for (int64_t r = 0; r < means.replicates(); ++r) replicates.push_back(means.replicate(model, r));
    for (size_t s = 0; s < errors.labels.size(); ++s) {
      const auto of_replicate = [&](int64_t r) { return replicates[static_cast<size_t>(r)][s]; };
      curve.points.push_back({.error = sized(measured[s], means.of_each(of_replicate)),
                              .deviation = std::sqrt(variance_over_seeds(errors, model, static_cast<int64_t>(s)))});
    }
    const Laws laws = laws_of(errors, means, model);
    if (laws.measured) {
      curve.law = estimate_of(errors, laws, options.stop_below);
      for (const double labels : analysis.line) {
        curve.line.push_back(of_laws(laws, [&](const PowerLaw& law) { return law.at(labels); }));
      }
    }
    analysis.models.push_back(std::move(curve));
  }
  return analysis;
}

PairCurve analyse_pair(const CurveErrors& errors, int64_t a, int64_t b, const AnalysisOptions& options) {
  const Means means(errors, options);
  PairCurve pair;
  const std::vector<double> of_a = means.measured(a), of_b = means.measured(b);
  std::vector<std::vector<double>> gains;
  for (int64_t r = 0; r < means.replicates(); ++r) {
    std::vector<double> gain = means.replicate(b, r);
    const std::vector<double> less = means.replicate(a, r);
    for (size_t s = 0; s < gain.size(); ++s) gain[s] -= less[s];
    gains.push_back(std::move(gain));
  }
  for (size_t s = 0; s < of_a.size(); ++s) {
    const auto of_replicate = [&](int64_t r) { return gains[static_cast<size_t>(r)][s]; };
    pair.gain.push_back(sized(of_b[s] - of_a[s], means.of_each(of_replicate)));
  }
  const Laws laws_a = laws_of(errors, means, a), laws_b = laws_of(errors, means, b);
  if (!laws_a.measured || !laws_b.measured) return pair;
  pair.passes = passing(errors, *laws_a.measured, *laws_b.measured);
  set_interval(errors, means.of_each([&](int64_t r) {
    const Law& law_a = laws_a.replicates[static_cast<size_t>(r)];
    const Law& law_b = laws_b.replicates[static_cast<size_t>(r)];
    return law_a && law_b ? begins_at(passing(errors, *law_a, *law_b)) : kUndefined;
  }),
               *pair.passes);
  return pair;
}

}  // namespace rift::study
