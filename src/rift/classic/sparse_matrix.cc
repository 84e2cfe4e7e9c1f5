#include "rift/classic/sparse_matrix.h"

#include "rift/base/error.h"

namespace rift::classic {

void SparseMatrix::append_row(std::span<const SparseEntry> row) {
  int64_t before = -1;
  for (const SparseEntry& entry : row) {
    RIFT_CHECK(entry.column > before && entry.column < columns_);
    before = entry.column;
  }
  entries_.insert(entries_.end(), row.begin(), row.end());
  starts_.push_back(static_cast<int64_t>(entries_.size()));
}

SparseMatrix SparseMatrix::transposed() const {
  SparseMatrix result(rows());
  result.starts_.assign(static_cast<size_t>(columns_) + 1, 0);
  for (const SparseEntry& entry : entries_) ++result.starts_[static_cast<size_t>(entry.column) + 1];
  for (size_t j = 1; j < result.starts_.size(); ++j) result.starts_[j] += result.starts_[j - 1];
  std::vector<int64_t> next(result.starts_.begin(), result.starts_.end() - 1);
  result.entries_.resize(entries_.size());
  for (int64_t i = 0; i < rows(); ++i)
    for (const SparseEntry& entry : row(i))
      result.entries_[static_cast<size_t>(next[static_cast<size_t>(entry.column)]++)] = {static_cast<int32_t>(i),
                                                                                         entry.value};
  return result;
}

}  // namespace rift::classic
