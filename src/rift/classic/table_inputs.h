#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "rift/classic/logistic.h"
#include "rift/classic/sparse_matrix.h"

namespace rift::classic {

/// A table as inputs of a linear model: a number or date takes two columns (its value and the flag for missing), a
/// category one for missing, one for unknown and one for each name. Encoders stand in the order of their fields.
struct TableInputs {
  data::Schema schema;
  std::vector<encode::tabular::NumberEncoder> numbers;
  std::vector<encode::tabular::CategoryEncoder> categories;

  static TableInputs fit(const data::Dataset& dataset, std::span<const int64_t> rows, const LogisticOptions& options);
  int64_t columns() const;
  SparseMatrix encode(const data::Table& table, std::span<const int64_t> rows) const;

  Json to_json() const;  // [{"column", "encoder"}]
  /// Throws kArtefact when a feature does not fit the schema of the package.
  static TableInputs from_json(const Json& json, const data::Schema& schema);
};

}  // namespace rift::classic
