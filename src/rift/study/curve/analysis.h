#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "rift/metrics/interval.h"
#include "rift/metrics/power_law.h"

/// What measured errors say of a learning curve. Errors: lower is better, 0 is perfect.
namespace rift::study {

/// Errors on the same test rows: [M models][S sizes][K seeds], seed k of every size and model being one chain of nested
/// samples; and the same of R replicates, each under one drawing of the test rows.
struct CurveErrors {
  std::vector<double> labels;  // [S] rising
  int64_t models = 0;
  int64_t seeds = 0;
  std::vector<double> error;       // [M*S*K]
  std::vector<double> replicates;  // [R*M*S*K]; NaN where undefined

  int64_t sizes() const { return static_cast<int64_t>(labels.size()); }
  int64_t values() const { return models * sizes() * seeds; }
  int64_t replicate_count() const { return values() == 0 ? 0 : static_cast<int64_t>(replicates.size()) / values(); }
  int64_t place(int64_t model, int64_t size, int64_t seed) const { return (model * sizes() + size) * seeds + seed; }
};

/// A figure with its 95 % interval; none where too few replicates define it.
struct Sized {
  double value = 0.0;
  std::optional<metrics::Interval> interval;
};

struct CurvePoint {
  Sized error;             // mean over the seeds
  double deviation = 0.0;  // over the seeds
};

/// Where something happens on the axis of labels. Beyond: outside of what was measured, by the fit alone.
struct Threshold {
  /// kFromStart: at the smallest size measured already; kNever: not up to kFarthest times the largest either;
  /// kEnds: at the smallest size, but no longer at the largest: `labels` is where it ends.
  enum class Case { kFromStart, kWithin, kBeyond, kNever, kEnds };
  Case which = Case::kNever;
  std::optional<double> labels;  // kWithin, kBeyond, kEnds
  /// 95 % interval of where it begins. An end at the smallest size may lie below it; none = not up to kFarthest times
  /// the largest.
  struct Span {
    std::optional<double> low, high;
  };
  std::optional<Span> interval;
};

inline constexpr double kFarthest = 10.0;

struct LawEstimate {
  metrics::PowerLaw law;
  Sized floor, scale, rate;
  Sized doubling;  // what twice the labels of the largest size take off the error
  Threshold stop;  // from where on a doubling takes off less than was asked for
};

struct ModelCurve {
  std::vector<CurvePoint> points;  // [S]
  std::optional<LawEstimate> law;  // none with fewer than metrics::kFewestSizesOfALaw sizes
  std::vector<Sized> line;         // of the law at the labels of CurveAnalysis::line
};

/// Model a against model b.
struct PairCurve {
  std::vector<Sized> gain;          // [S] error of b - error of a
  std::optional<Threshold> passes;  // from where on a has the smaller error by the laws; none without both laws
};

struct CurveAnalysis {
  std::vector<ModelCurve> models;
  std::vector<double> line;  // labels from the smallest size to twice the largest, evenly in their logarithm
};

struct AnalysisOptions {
  double stop_below = 0.005;
  int64_t seed = 1;
};

/// Intervals are percentiles over the replicates; each replicate also draws K - 1 of the K chains with replacement
/// (Rao and Wu, JASA 83 (1988): with so many the mean of few draws spreads as it should), the same for all models. The
/// laws' weights are 1 / variance over the seeds, that of a size drawn towards the mean of all sizes as if
/// kPriorSeeds more seeds had shown that mean; equal where the seeds show no spread.
CurveAnalysis analyse_curves(const CurveErrors& errors, const AnalysisOptions& options);
PairCurve analyse_pair(const CurveErrors& errors, int64_t a, int64_t b, const AnalysisOptions& options);

inline constexpr double kPriorSeeds = 4.0;

}  // namespace rift::study
