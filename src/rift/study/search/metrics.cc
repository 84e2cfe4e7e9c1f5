#include "rift/study/search/metrics.h"

#include <fmt/ranges.h>

#include <algorithm>

#include "rift/base/error.h"
#include "rift/study/judgement.h"

namespace rift::study {
namespace {

using search::Direction;

constexpr const char* kPinball = "pinball";
constexpr const char* kDeviance = "deviance";

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

/// What the loss adds to the figures of every model of the task.
std::vector<SearchMetric> metrics_of(const objective::LossOptions& loss) {
  if (std::holds_alternative<objective::QuantileLoss>(loss.kind)) return {{kPinball, Direction::kMinimize}};
  const bool has_power = std::holds_alternative<objective::PoissonLoss>(loss.kind) ||
                         std::holds_alternative<objective::GammaLoss>(loss.kind) ||
                         std::holds_alternative<objective::TweedieLoss>(loss.kind);
  if (has_power) return {{kDeviance, Direction::kMinimize}};
  return {};
}

SearchMetric named_of(const std::vector<SearchMetric>& all, data::Task task, const std::string& name,
                      std::string_view key) {
  const std::string wanted = name.empty() ? main_figure(task).name : name;
  const auto found = std::ranges::find(all, wanted, &SearchMetric::name);
  if (found != all.end()) return *found;
  std::vector<std::string> known;
  for (const SearchMetric& metric : all) known.push_back(metric.name);
  RIFT_FAIL(Code::kConfig, "{}: a {} task has {}; got '{}'", key, data::task_name(task), fmt::join(known, ", "),
            shorten(wanted));
}

}  // namespace

SearchMetric metric_named(data::Task task, const std::string& name, std::string_view key) {
  return named_of(metrics_of(task), task, name, key);
}

std::vector<SearchMetric> search_metrics(data::Task task, const objective::LossOptions& loss,
                                         const search::MetricOptions& options) {
  constexpr std::string_view kKey = "search.metric";
  std::vector<SearchMetric> all = metrics_of(task);
  for (const SearchMetric& added : metrics_of(loss)) all.push_back(added);
  std::vector<SearchMetric> chosen = {named_of(all, task, options.name, kKey)};
  if (options.second.empty()) return chosen;
  chosen.push_back(named_of(all, task, options.second, kKey));
  RIFT_REQUIRE(chosen.front().name != chosen.back().name, Code::kConfig, "{}: '{}' stands there twice", kKey,
               chosen.front().name);
  return chosen;
}

bool goes_by_the_loss(const SearchMetric& metric) {
  return metric.name == kLossMetric || metric.name == kPinball || metric.name == kDeviance;
}

std::string names_in_evaluations(data::Task task) {
  std::string names;
  for (const SearchMetric& metric : metrics_of(task)) {
    if (metric.in_evaluations) names += (names.empty() ? "" : ", ") + metric.name;
  }
  return names;
}

}  // namespace rift::study
