#pragma once

#include <cstddef>
#include <span>
#include <vector>

namespace rift::data {

/// Finds columns of numbers that are the sum of others, such as total = principal + interest + fees, from least squares
/// on a sample of rows: the parts are the columns with weight 1. Missing numbers count as zero.
class SumParts {
 public:
  struct Part {
    size_t column = 0;
    double squared_correlation = 0.0;  // with the total
  };
  SumParts(const std::vector<const std::vector<double>*>& columns, std::vector<size_t> rows);
  /// Empty unless at least two parts, none of them negative, make up the total in 99 % of the rows (to 1e-4 of it).
  std::vector<Part> parts_of(size_t total) const;

 private:
  std::vector<double> weights_of(size_t total) const;  // of the standardised columns
  double value(size_t column, size_t row) const;

  const std::vector<const std::vector<double>*>& columns_;
  std::vector<size_t> rows_;
  std::vector<double> mean_;
  std::vector<double> deviation_;
  std::vector<double> correlation_;  // [C,C]
};

}  // namespace rift::data
