#pragma once

#include <string>
#include <vector>

#include "rift/data/label.h"

namespace rift::data {

/// The task that a label column asks for, as `rift init` takes it.
struct LabelPlan {
  Task task = Task::kBinary;
  std::vector<std::string> positive;  // kBinary: the bad class, "*: ..." where classes are grouped
  std::vector<std::string> notes;     // sentences; they name the most frequent classes only, never a rare value
};

/// Two classes -> binary, the bad one guessed. More are binary only where all but two are one of those two behind the
/// same notes ("Old policy. Status:Paid" and "Old policy. Status:Charged Off" beside "Paid" and "Charged Off");
/// numbers never are. Many numbers, or such with fractions -> regression; else multiclass.
/// Throws kData: one class; a column of texts most of which come once, as names of customers do.
LabelPlan plan_label(const std::string& column, const Texts& texts, const std::vector<LabelClass>& classes);

}  // namespace rift::data
