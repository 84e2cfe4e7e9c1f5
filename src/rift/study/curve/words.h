#pragma once

#include <string>
#include <vector>

#include "rift/base/json.h"

/// What curve.json says, in words: shared by the terminal and the report.
namespace rift::study {

/// Who is best, where the fine-tuned model passes each other one, what the next doubling is worth, when to stop.
std::vector<std::string> curve_answers(const Json& curve);
/// How far that goes: sizes, seeds, how intervals are made.
std::vector<std::string> curve_notes(const Json& curve);

std::string curve_metric_caption(const Json& curve);
/// A number of labels as people say it: two digits that count.
std::string about_labels(double labels);
/// "0.901 (0.883 - 0.917)" of {"value", "low", "high"}; `sign`: with a + above 0.
std::string value_text(const Json& curve, const Json& value);
std::string gain_text(const Json& curve, const Json& gain);
/// A threshold in a table: "about 140", "from the start", "900 (extrapolated)", "not up to 4,000".
std::string threshold_text(const Json& curve, const Json& threshold);

}  // namespace rift::study
