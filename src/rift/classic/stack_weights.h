#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "rift/base/json.h"
#include "rift/data/schema.h"

namespace rift::classic {

/// What a stack learns: output c of a row = offset[c] + sum over members m of member[m] * x[m][c], where members that
/// read texts are left out of a row without texts and `without_text` stands in for them.
struct StackWeights {
  std::vector<double> member;  // [M], >= 0
  std::vector<double> offset;  // [K]
  double without_text = 0.0;   // one output only; 0 for several classes
  Json to_json() const;
  static StackWeights from_json(const Json& json);  // throws kArtefact
};

/// What the members said of N rows, ready to be weighted.
///   binary: log-odds, cut to [-15, 15];  several classes: log of the softmax;  regression: the prediction
struct StackInputs {
  int64_t rows = 0;
  int64_t members = 0;
  int64_t outputs = 1;                // K
  std::vector<double> values;         // [N*M*K]: row, member, output; 0 where a text member has no text to speak of
  std::vector<uint8_t> without_text;  // [N] or empty: rows whose text members are left out
  std::span<const double> row(int64_t i) const {
    return std::span<const double>(values).subspan(static_cast<size_t>(i * members * outputs),
                                                   static_cast<size_t>(members * outputs));
  }
};

/// Minimises the task's loss (logistic, multinomial, squared error over the labels' variance) plus half the sum of
/// squared member weights, by projected Newton steps with member weights >= 0 (Bertsekas 1982). The offset is free;
/// `without_text` is penalised like a weight in binary tasks and free in regressions; the offsets of several classes
/// have a trace of a penalty. A handful of unknowns; f64, one order of summation. labels [N], weights [N] or empty.
/// Throws kData when all labels are the same.
StackWeights fit_stack_weights(data::Task task, const StackInputs& inputs, std::span<const double> labels,
                               std::span<const double> weights);

/// Outputs [N*K].
std::vector<double> apply_stack_weights(const StackWeights& weights, const StackInputs& inputs);

}  // namespace rift::classic
