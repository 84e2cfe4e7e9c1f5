#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "rift/base/json.h"
#include "rift/data/dataset.h"
#include "rift/score/scorer.h"

namespace rift::classic {

/// One setting that was tried and what it reached on the validation rows.
struct Try {
  Json settings;
  std::string metric;  // "auc", "log_loss" or "rmse"
  double value = 0.0;  // NaN when no rows could judge; null in JSON
  bool chosen = false;
};

Json to_json(const std::vector<Try>& tries);

/// Rows that settings are fitted on and rows that judge them.
struct ChoiceFold {
  std::vector<int64_t> train;
  std::vector<int64_t> validation;
};

/// Usually the two parts as given. Where the validation part is too small to tell settings apart (none at all, fewer
/// than 500 rows of a class, fewer than 1,000 rows of a regression) and the two together have at most `cheap_rows`:
/// five folds of both together, each judging once (data::inner_folds, so groups stay together). Where it is empty or
/// holds one class and there are more rows: one fold in five judges. A fold whose training rows are all of one class
/// is left out, so there may be none.
std::vector<ChoiceFold> choice_folds(const data::Dataset& dataset, std::span<const int64_t> train,
                                     std::span<const int64_t> validation, size_t cheap_rows);

/// Which rows of choice_folds() told the settings apart.
struct Judges {
  enum class Rows { kNone, kValidationPart, kInnerFolds };
  Rows rows = Rows::kNone;
  int64_t folds = 0;  // that judged; 1 for the validation part
};
Judges judges_of(const std::vector<ChoiceFold>& folds, std::span<const int64_t> validation);
/// {"rows": "none", "validation part" or "inner folds", "folds": n}
Json to_json(const Judges& judges);

/// The best of some fixed settings, ready to be fitted on training + validation rows.
template <class Options>
struct Choice {
  Options options;
  std::vector<Try> tries;
  Judges judges;
};

/// AUC of binary rows (0.5 when only one class is there), log loss of several classes, root mean squared error.
std::string_view choice_metric(data::Task task);
bool higher_is_better(data::Task task);
double choice_value(const data::Dataset& dataset, std::span<const int64_t> rows, const score::RawScores& raw);

/// Fills value with the mean over the folds, marks the best (of equal ones and without folds the first) and returns
/// its index.
///   judge(setting, fold) -> choice_value of that setting on that fold
size_t choose_best(data::Task task, size_t folds, std::vector<Try>& tries, std::string_view step,
                   const std::function<double(size_t setting, size_t fold)>& judge);

}  // namespace rift::classic
