#pragma once

#include <string>
#include <vector>

#include "rift/base/json.h"

/// What search.json says, in words: shared by the terminal and the report.
namespace rift::study {

std::string metric_caption(const Json& metric);  // of {"name", "direction"}
/// Complete trials, best first by the first metric; at most `most`.
std::vector<const Json*> best_trials(const Json& search, size_t most);
std::string settings_of(const Json& trial);                                   // "optim.lr 0.0001, ..."
std::vector<std::string> value_texts(const Json& search, const Json& trial);  // one a metric
/// How many trials saw the validation rows, who won, how optimistic that is, what the test rows say once they were
/// asked.
std::vector<std::string> search_sentences(const Json& search);

}  // namespace rift::study
