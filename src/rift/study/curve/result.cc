#include "rift/study/curve/result.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "rift/base/error.h"
#include "rift/base/progress.h"
#include "rift/metrics/bootstrap.h"
#include "rift/study/curve/analysis.h"
#include "rift/study/curve/samples.h"
#include "rift/study/scored_figures.h"

namespace rift::study {
namespace {

constexpr int64_t kMostReplicates = 1000, kFewestReplicates = 200;
constexpr double kMostWork = 1e9;  // rows that are looked at, over fits and replicates
constexpr double kStopBelow = 0.005;
constexpr double kStopShare = 0.01;  // of the error of an amount

int64_t whole(double rows) { return std::llround(rows); }

/// The mean of a number of rows over the samples of one size.
template <class Count>
double mean_of(const std::vector<Parts>& samples, Count&& count) {
  double sum = 0.0;
  for (const Parts& sample : samples) sum += static_cast<double>(count(sample));
  return sum / static_cast<double>(samples.size());
}

/// Values of the metric as errors and back: the same map both ways.
double turned(const SearchMetric& metric, double value) {
  return metric.direction == search::Direction::kMaximize ? 1.0 - value : value;
}

CurveErrors errors_of(const CurveFacts& facts) {
  CurveErrors errors{.labels = {},
                     .models = static_cast<int64_t>(facts.models.size()),
                     .seeds = static_cast<int64_t>(facts.seeds.size()),
                     .error = {},
                     .replicates = {}};
  for (const auto& of_size : facts.samples) errors.labels.push_back(mean_of(of_size, labels_in));
  std::vector<ScoredFigures> scored;
  for (const FittedModel& model : facts.models) {
    for (const auto& of_size : model.fits) {
      for (const CurveFit& fit : of_size)
        scored.emplace_back(facts.dataset, facts.parts.test, fit.test, fit.calibrator);
    }
  }
  const auto error = [&](const ScoredFigures& figures, std::span<const double> times) {
    return turned(facts.metric, figures.value(facts.metric.name, times));
  };
  for (const ScoredFigures& figures : scored) errors.error.push_back(error(figures, {}));
  const bool defined = std::ranges::none_of(errors.error, [](double value) { return std::isnan(value); });
  RIFT_REQUIRE(defined, Code::kData,
               "learning_curve.metric: {} is not defined on the test rows; name another, or test on more rows",
               facts.metric.name);
  const auto rows = static_cast<int64_t>(facts.parts.test.size());
  const double work = static_cast<double>(scored.size()) * static_cast<double>(rows);
  const int64_t replicates = std::clamp(static_cast<int64_t>(kMostWork / work), kFewestReplicates, kMostReplicates);
  errors.replicates = metrics::bootstrap_replicates({}, rows, errors.values(),
                                                    [&](std::span<const double> times, std::span<double> out) {
                                                      for (size_t i = 0; i < scored.size(); ++i)
                                                        out[i] = error(scored[i], times);
                                                    },
                                                    {.replicates = replicates});
  return errors;
}

/// Adds "value", "low" and "high" of an error as the metric has it.
void set_value(const SearchMetric& metric, const Sized& error, Json& json) {
  const bool up = metric.direction == search::Direction::kMaximize;
  json["value"] = turned(metric, error.value);
  if (!error.interval) {
    json["low"] = json["high"] = nullptr;
    return;
  }
  json["low"] = turned(metric, up ? error.interval->high : error.interval->low);
  json["high"] = turned(metric, up ? error.interval->low : error.interval->high);
}

/// What is not turned: a gain, a number of the law.
Json plain_json(const Sized& one) {
  return Json{{"value", one.value},
              {"low", one.interval ? Json(one.interval->low) : Json()},
              {"high", one.interval ? Json(one.interval->high) : Json()}};
}

Json threshold_json(const Threshold& threshold) {
  constexpr std::array<std::string_view, 5> kCases = {"from the start", "within", "beyond", "never", "ends"};
  const auto json = [](const std::optional<double>& labels) { return labels ? Json(*labels) : Json(); };
  Json result{{"case", kCases.at(static_cast<size_t>(threshold.which))}, {"labels", json(threshold.labels)}};
  if (threshold.interval) {
    result["low"] = json(threshold.interval->low);
    result["high"] = json(threshold.interval->high);
  }
  return result;
}

Json model_json(const CurveFacts& facts, const CurveErrors& errors, int64_t model, const CurveAnalysis& analysis) {
  const ModelCurve& curve = analysis.models[static_cast<size_t>(model)];
  Json points = Json::array();
  for (size_t s = 0; s < curve.points.size(); ++s) {
    Json point{{"labels", whole(errors.labels[s])}};
    set_value(facts.metric, curve.points[s].error, point);
    point["deviation"] = curve.points[s].deviation;
    Json seeds = Json::array();
    for (int64_t k = 0; k < errors.seeds; ++k) {
      const int64_t place = errors.place(model, static_cast<int64_t>(s), k);
      seeds.push_back(turned(facts.metric, errors.error[static_cast<size_t>(place)]));
    }
    point["seeds"] = std::move(seeds);
    points.push_back(std::move(point));
  }
  Json json{{"name", facts.models[static_cast<size_t>(model)].name}, {"points", std::move(points)}};
  json["law"] = json["line"] = json["doubling"] = json["stop"] = nullptr;
  if (!curve.law) return json;
  json["law"] = Json{{"floor", plain_json(curve.law->floor)},
                     {"scale", plain_json(curve.law->scale)},
                     {"rate", plain_json(curve.law->rate)}};
  Json line = Json::array();
  for (size_t i = 0; i < curve.line.size(); ++i) {
    Json at{{"labels", analysis.line[i]}};
    set_value(facts.metric, curve.line[i], at);
    line.push_back(std::move(at));
  }
  json["line"] = std::move(line);
  const Json worth = plain_json(curve.law->doubling);
  json["doubling"] = Json{{"from", whole(errors.labels.back())},
                          {"to", whole(2.0 * errors.labels.back())},
                          {"worth", worth.at("value")},
                          {"low", worth.at("low")},
                          {"high", worth.at("high")}};
  json["stop"] = threshold_json(curve.law->stop);
  return json;
}

Json pair_json(const CurveFacts& facts, const CurveErrors& errors, int64_t a, int64_t b,
               const AnalysisOptions& options) {
  const PairCurve pair = analyse_pair(errors, a, b, options);
  Json gains = Json::array();
  for (size_t s = 0; s < pair.gain.size(); ++s) {
    Json gain{{"labels", whole(errors.labels[s])}};
    const Json plain = plain_json(pair.gain[s]);
    for (const Json::Member& member : plain.as_object()) gain[member.key] = member.value;
    gains.push_back(std::move(gain));
  }
  return Json{{"a", facts.models[static_cast<size_t>(a)].name},
              {"b", facts.models[static_cast<size_t>(b)].name},
              {"gain", std::move(gains)},
              {"passes", pair.passes ? threshold_json(*pair.passes) : Json()}};
}

Json pairs_json(const CurveFacts& facts, const CurveErrors& errors, const AnalysisOptions& options) {
  Json pairs = Json::array();
  const auto tuned = std::ranges::find(facts.models, name_of(ModelKind::kFineTuned), &FittedModel::name);
  if (tuned == facts.models.end()) return pairs;
  const int64_t a = tuned - facts.models.begin();
  for (int64_t b = 0; b < errors.models; ++b) {
    if (b != a) pairs.push_back(pair_json(facts, errors, a, b, options));
  }
  return pairs;
}

/// An amount has a unit of its own: a share of the best model's error at the largest size.
double stop_below(const CurveFacts& facts, const CurveErrors& errors) {
  if (facts.stop_below) return *facts.stop_below;
  const std::string& name = facts.metric.name;
  if (name != "rmse" && name != "mae") return kStopBelow;
  double least = INFINITY;
  for (int64_t model = 0; model < errors.models; ++model) {
    double mean = 0.0;
    for (int64_t k = 0; k < errors.seeds; ++k) {
      mean += errors.error[static_cast<size_t>(errors.place(model, errors.sizes() - 1, k))] /
              static_cast<double>(errors.seeds);
    }
    least = std::min(least, mean);
  }
  return std::max(kStopShare * least, 1e-12);
}

/// Of several seeds the means, to whole rows.
Json sizes_json(const std::vector<std::vector<Parts>>& samples) {
  Json sizes = Json::array();
  for (const std::vector<Parts>& of_size : samples) {
    const auto mean = [&](auto&& count) { return whole(mean_of(of_size, count)); };
    sizes.push_back(Json{{"labels", mean(labels_in)},
                         {"train", mean([](const Parts& sample) { return sample.fit.train.size(); })},
                         {"validation", mean([](const Parts& sample) { return sample.fit.validation.size(); })},
                         {"calibration", mean([](const Parts& sample) { return sample.calibration.size(); })}});
  }
  return sizes;
}

}  // namespace

Json curve_json(const CurveFacts& facts) {
  RIFT_CHECK(!facts.models.empty() && !facts.samples.empty());
  const CurveErrors errors = errors_of(facts);
  const AnalysisOptions options{.stop_below = stop_below(facts, errors)};
  const CurveAnalysis analysis = analyse_curves(errors, options);
  Json models = Json::array();
  for (int64_t model = 0; model < errors.models; ++model) models.push_back(model_json(facts, errors, model, analysis));
  return Json{{"task", data::task_name(facts.dataset.schema.task)},
              {"split", facts.parts.split.digest},
              {"metric", facts.metric.name},
              {"more_is_better", facts.metric.direction == search::Direction::kMaximize},
              {"seeds", Json(facts.seeds)},
              {"test", Json{{"rows", static_cast<int64_t>(facts.parts.test.size())}}},
              {"replicates", errors.replicate_count()},
              {"stop_below", options.stop_below},
              {"labels_in_all", facts.labels_in_all},
              {"sizes", sizes_json(facts.samples)},
              {"models", std::move(models)},
              {"pairs", pairs_json(facts, errors, options)}};
}

}  // namespace rift::study
