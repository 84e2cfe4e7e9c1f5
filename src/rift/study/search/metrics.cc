#include "rift/study/search/metrics.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <limits>

#include "rift/base/error.h"
#include "rift/study/judgement.h"

namespace rift::study {
namespace {

using search::Direction;

const std::vector<SearchMetric>& metrics_of(data::Task task) {
  constexpr Direction kUp = Direction::kMaximize, kDown = Direction::kMinimize;
  static const std::vector<SearchMetric> kBinary = {{"auc", kUp, true},
                                                    {"ks", kUp},
                                                    {"gini", kUp},
                                                    {"ap", kUp},
                                                    {"brier", kDown},
                                                    {"log_loss", kDown, true},
                                                    {"ece", kDown},
                                                    {"accuracy", kUp, true},
                                                    {"macro_f1", kUp, true},
                                                    {"mcc", kUp},
                                                    {kLossMetric, kDown, true}};
  static const std::vector<SearchMetric> kClasses = {{"auc", kUp},   {"log_loss", kDown, true}, {"brier", kDown},
                                                     {"ece", kDown}, {"accuracy", kUp, true},   {"macro_f1", kUp, true},
                                                     {"mcc", kUp},   {kLossMetric, kDown, true}};
  static const std::vector<SearchMetric> kOrdered = [] {
    std::vector<SearchMetric> metrics = kClasses;
    metrics.insert(metrics.end() - 1, {{"qwk", kUp, true}, {"rps", kDown, true}});
    return metrics;
  }();
  static const std::vector<SearchMetric> kLabels = {
      {"auc", kUp},      {"log_loss", kDown, true}, {"brier", kDown},          {"accuracy", kUp, true},
      {"micro_f1", kUp}, {"macro_f1", kUp, true},   {kLossMetric, kDown, true}};
  static const std::vector<SearchMetric> kAmounts = {
      {"rmse", kDown}, {"mae", kDown}, {"r2", kUp}, {kLossMetric, kDown, true}};
  switch (task) {
    case data::Task::kBinary:
      return kBinary;
    case data::Task::kMulticlass:
      return kClasses;
    case data::Task::kOrdinal:
      return kOrdered;
    case data::Task::kMultilabel:
      return kLabels;
    case data::Task::kRegression:
      return kAmounts;
  }
  RIFT_CHECK(false);
  return kBinary;
}

}  // namespace

std::vector<SearchMetric> search_metrics(data::Task task, const search::MetricOptions& options) {
  const std::vector<SearchMetric>& all = metrics_of(task);
  std::vector<std::string> known;
  for (const SearchMetric& metric : all) known.push_back(metric.name);
  std::vector<std::string> names = {options.name.empty() ? main_figure(task).name : options.name};
  if (!options.second.empty()) names.push_back(options.second);
  std::vector<SearchMetric> chosen;
  for (const std::string& name : names) {
    const auto found = std::ranges::find(all, name, &SearchMetric::name);
    RIFT_REQUIRE(found != all.end(), Code::kConfig, "search.metric: a {} task has {}; got '{}'", data::task_name(task),
                 fmt::join(known, ", "), shorten(name));
    RIFT_REQUIRE(std::ranges::find(chosen, name, &SearchMetric::name) == chosen.end(), Code::kConfig,
                 "search.metric: '{}' stands there twice", name);
    chosen.push_back(*found);
  }
  return chosen;
}

ScoredFigures::ScoredFigures(const data::Dataset& dataset, std::span<const int64_t> rows, const score::RawScores& raw)
    : judged_(std::make_unique<Judged>(dataset, rows, raw, score::Calibrator::identity(dataset.schema.task))),
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
