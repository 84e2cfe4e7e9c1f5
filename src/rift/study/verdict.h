#pragma once

#include <string>
#include <vector>

#include "rift/base/json.h"

namespace rift::study {

/// Who won and whether that is more than noise, in the current language.
struct Verdict {
  std::string text;                  // who won; and that the fine-tuned model lost, where it did
  std::vector<std::string> remarks;  // what the texts add, and what a test part of this size cannot show
  std::vector<std::string> notes;    // what kind of figures these are: means over seeds and splits, calibration
};

/// One sentence that names the columns of "leakage" of compare.json or metrics.json; empty when there are none.
std::string leakage_remark(const Json& result);

/// Out of compare.json ("task", "test", "models", "best", "pairs", "leakage"): the best model against the runner-up,
/// decided by p_holm < .05 (corrected for asking about every pair).
Verdict verdict_of(const Json& compare);

}  // namespace rift::study
