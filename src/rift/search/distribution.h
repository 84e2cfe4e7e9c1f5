#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "rift/base/json.h"

namespace rift::search {

/// The values that one parameter may take, and how Optuna writes them.
///   kFloat, kInt: from low to high, both included; `log`: uniform in the logarithm; `step` 0 = any value (kFloat).
///   kCategorical: one of `choices` (texts, numbers, true/false), told apart by their places.
/// A value is held as the double of Optuna's tables: the number itself, or the place of the choice.
struct Distribution {
  enum class Kind { kFloat, kInt, kCategorical };
  Kind kind = Kind::kFloat;
  double low = 0.0, high = 1.0;
  bool log = false;
  double step = 0.0;  // kInt: at least 1
  std::vector<Json> choices;

  bool is_categorical() const { return kind == Kind::kCategorical; }
  bool is_discrete() const { return kind != Kind::kFloat || step > 0.0; }
  int64_t count() const;                 // of the values of a discrete one
  bool is_single() const;                // one value only
  bool contains(double value) const;     // between the ends; a place that there is
  double at_place(int64_t place) const;  // the value at a place (0 ..) of a discrete one
  /// The nearest value that may be taken.
  double nearest(double value) const;
  /// The value as an option of run.yaml: a whole number, a number, or the choice.
  Json external(double value) const;
  /// The double of a value that is written so; NaN for one that is none of this distribution's kind.
  double internal(const Json& value) const;
};

/// {"name": "FloatDistribution", "attributes": {...}} as Optuna 5 writes it.
std::string to_optuna_json(const Distribution& distribution);
/// Reads it; `source` names the text in errors. Throws kArtefact, kUnsupported for a distribution of another name
/// (those that Optuna replaced in version 3 are read).
Distribution parse_optuna_json(const std::string& text, const std::string& source);

/// Whether values of one may stand beside the other's in a study: the same kind and scale, or the very same choices
/// (the rule of Optuna: ranges may change, choices may not).
bool are_compatible(const Distribution& a, const Distribution& b);

}  // namespace rift::search
