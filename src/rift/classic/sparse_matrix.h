#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace rift::classic {

/// One stored value of a row.
struct SparseEntry {
  int32_t column;
  float value;
};

/// Rows of few non-zero values (CSR). Entries of a row ascend by column.
class SparseMatrix {
 public:
  explicit SparseMatrix(int64_t columns = 0) : columns_(columns) {}
  int64_t rows() const { return static_cast<int64_t>(starts_.size()) - 1; }
  int64_t columns() const { return columns_; }
  std::span<const SparseEntry> row(int64_t i) const {
    const auto begin = static_cast<size_t>(starts_[static_cast<size_t>(i)]);
    return {entries_.data() + begin, static_cast<size_t>(starts_[static_cast<size_t>(i) + 1]) - begin};
  }
  void append_row(std::span<const SparseEntry> row);  // throws kBug on a column out of range or out of order
  SparseMatrix transposed() const;

 private:
  int64_t columns_;
  std::vector<int64_t> starts_ = {0};
  std::vector<SparseEntry> entries_;
};

}  // namespace rift::classic
