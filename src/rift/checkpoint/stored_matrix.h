#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "rift/checkpoint/format/gguf_quants.h"

namespace rift::checkpoint {

/// A matrix as the blocks of a GGUF file, in memory: a few bits a number, read by rows.
class StoredMatrix {
 public:
  /// `blocks`: rows of whole blocks of a quantised type. Throws kBug when they do not fit.
  StoredMatrix(format::GgmlType type, int64_t rows, int64_t columns, std::vector<std::byte> blocks);

  int64_t rows() const { return rows_; }
  int64_t columns() const { return columns_; }
  int64_t size_bytes() const { return static_cast<int64_t>(blocks_.size()); }
  /// Rows first .. last - 1 as numbers, equal to the bit to what Gguf::read() gives; `out` has exactly that many.
  void read_rows(int64_t first, int64_t last, std::span<float> out) const;

 private:
  format::GgmlType type_;
  int64_t rows_;
  int64_t columns_;
  std::vector<std::byte> blocks_;
};

}  // namespace rift::checkpoint
