#include "rift/classic/choice.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <map>

#include "rift/base/error.h"
#include "rift/base/interrupt.h"
#include "rift/base/progress.h"
#include "rift/classic/feature_columns.h"
#include "rift/data/load_dataset.h"
#include "rift/metrics/auc.h"
#include "rift/metrics/probability.h"
#include "rift/metrics/regression.h"
#include "rift/score/calibrator.h"

namespace rift::classic {
namespace {

constexpr int64_t kFolds = 5;
constexpr uint64_t kFoldSeed = 1;
constexpr int64_t kFewOfAClass = 500;
constexpr size_t kFewValues = 1000;

/// Rows of the rarest class among `rows`; classes that have none at all count as well.
int64_t rarest_class(const data::Dataset& dataset, std::span<const int64_t> rows) {
  std::vector<int64_t> seen(static_cast<size_t>(std::max<int64_t>(2, dataset.schema.classes())), 0);
  for (int64_t row : rows) ++seen[static_cast<size_t>(dataset.label[static_cast<size_t>(row)])];
  return *std::min_element(seen.begin(), seen.end());
}

}  // namespace

std::vector<ChoiceFold> choice_folds(const data::Dataset& dataset, std::span<const int64_t> train,
                                     std::span<const int64_t> validation, size_t cheap_rows) {
  const bool is_regression = dataset.schema.task == data::Task::kRegression;
  const bool is_small = validation.empty() || (is_regression ? validation.size() < kFewValues
                                                             : rarest_class(dataset, validation) < kFewOfAClass);
  const bool is_unfit =
      validation.empty() || (dataset.schema.task == data::Task::kBinary && rarest_class(dataset, validation) == 0);
  std::vector<int64_t> both(train.begin(), train.end());
  both.insert(both.end(), validation.begin(), validation.end());
  std::sort(both.begin(), both.end());
  const bool is_cheap = both.size() <= cheap_rows;
  if (!is_unfit && !(is_small && is_cheap))
    return {{{train.begin(), train.end()}, {validation.begin(), validation.end()}}};

  const std::vector<int32_t> fold = data::inner_folds(dataset, both, kFolds, kFoldSeed);
  std::vector<ChoiceFold> folds(is_cheap ? kFolds : 1);
  for (size_t f = 0; f < folds.size(); ++f) {
    for (size_t i = 0; i < both.size(); ++i)
      (fold[i] == static_cast<int32_t>(f) ? folds[f].validation : folds[f].train).push_back(both[i]);
  }
  std::erase_if(
      folds, [&](const ChoiceFold& one) { return one.validation.empty() || !data::can_be_learnt(dataset, one.train); });
  return folds;
}

Judges judges_of(const std::vector<ChoiceFold>& folds, std::span<const int64_t> validation) {
  if (folds.empty()) return {};
  const bool is_part = folds.size() == 1 && std::ranges::equal(folds.front().validation, validation);
  return {is_part ? Judges::Rows::kValidationPart : Judges::Rows::kInnerFolds, static_cast<int64_t>(folds.size())};
}

Json to_json(const Judges& judges) {
  constexpr std::array<std::string_view, 3> kNames = {"none", "validation part", "inner folds"};
  return Json{{"rows", kNames.at(static_cast<size_t>(judges.rows))}, {"folds", judges.folds}};
}

std::string_view choice_metric(data::Task task) {
  switch (task) {
    case data::Task::kBinary:
      return "auc";
    case data::Task::kMulticlass:
    case data::Task::kOrdinal:
      return "log_loss";
    case data::Task::kRegression:
      return "rmse";
    case data::Task::kMultilabel:
      break;
  }
  RIFT_FAIL(Code::kBug, "a task without a metric");
}

bool higher_is_better(data::Task task) { return task == data::Task::kBinary; }

double choice_value(const data::Dataset& dataset, std::span<const int64_t> rows, const score::RawScores& raw) {
  const std::vector<double> label = take_values(dataset.label, rows);
  const std::vector<double> weight = take_values(dataset.weight, rows);
  std::optional<double> value;
  switch (dataset.schema.task) {
    case data::Task::kBinary:
      value = metrics::auc(label, raw.values, weight).value_or(0.5);
      break;
    case data::Task::kMulticlass:
    case data::Task::kOrdinal:
      value = metrics::log_loss(label, score::softmax(raw.values, raw.outputs), raw.outputs, weight);
      break;
    case data::Task::kRegression:
      value = metrics::root_mean_squared_error(label, raw.values, weight);
      break;
    case data::Task::kMultilabel:
      RIFT_FAIL(Code::kBug, "a task without a metric");
  }
  RIFT_REQUIRE(value.has_value(), Code::kData, "the {} validation rows have no weight: settings cannot be compared",
               rows.size());
  return *value;
}

size_t choose_best(data::Task task, size_t folds, std::vector<Try>& tries, std::string_view step,
                   const std::function<double(size_t setting, size_t fold)>& judge) {
  RIFT_CHECK(!tries.empty());
  Progress progress(std::string(step), static_cast<int64_t>(tries.size() * folds), "fits");
  size_t best = 0;
  for (size_t t = 0; t < tries.size(); ++t) {
    tries[t].metric = choice_metric(task);
    double sum = 0.0;
    for (size_t f = 0; f < folds; ++f) {
      throw_if_interrupted();
      sum += judge(t, f);
      progress.advance();
    }
    tries[t].value = sum / static_cast<double>(folds);
    const double gain = tries[t].value - tries[best].value;  // no number without folds: the first stays
    if (higher_is_better(task) ? gain > 0.0 : gain < 0.0) best = t;
  }
  tries[best].chosen = true;
  return best;
}

Json to_json(const std::vector<Try>& tries) {
  Json list = Json::array();
  for (const Try& item : tries) {
    list.push_back(Json{{"settings", item.settings},
                        {"metric", item.metric},
                        {"value", std::isfinite(item.value) ? Json(item.value) : Json(nullptr)},
                        {"chosen", item.chosen}});
  }
  return list;
}

}  // namespace rift::classic
