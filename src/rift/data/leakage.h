#pragma once

#include <string>
#include <vector>

#include "rift/base/json.h"
#include "rift/data/dataset.h"

namespace rift::data {

enum class LeakKind { kSeparatesLabel, kFilledForOneClass, kAfterDecision, kSharedRows, kSharedIds, kSharedGroups };

/// One finding, with the column that it is about and the evidence in figures; never a value of a row.
struct Leak {
  LeakKind kind = LeakKind::kSeparatesLabel;
  std::string column;    // empty for shared rows
  std::string evidence;  // a sentence of base/sentences in the current language
  double value = 0.0;    // AUC, share or count
};

/// Looks for a feature that alone separates the label (AUC > .97; a category by its out-of-sample bad rates), one that
/// is filled almost for one class only, a date after the decision, and rows, ids or groups on both sides of the split.
std::vector<Leak> find_leaks(const Dataset& dataset);
Json to_json(const std::vector<Leak>& leaks);
void log_leaks(const std::vector<Leak>& leaks);  // a warning each

/// Rows whose values all stand in an earlier row. The columns have the same number of rows.
int64_t repeated_rows(const std::vector<const Column*>& columns);

}  // namespace rift::data
