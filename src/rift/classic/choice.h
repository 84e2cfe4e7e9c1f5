#pragma once

#include <string>
#include <vector>

#include "rift/base/json.h"

namespace rift::classic {

/// One setting that was tried and what it reached on the validation rows.
struct Try {
  Json settings;
  std::string metric;  // "auc", "log_loss" or "rmse"
  double value = 0.0;
  bool chosen = false;
};

/// The best of some fixed settings by validation rows, ready to be fitted on training + validation rows.
template <class Options>
struct Choice {
  Options options;
  std::vector<Try> tries;
};

Json to_json(const std::vector<Try>& tries);

}  // namespace rift::classic
