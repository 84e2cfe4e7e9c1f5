#include "rift/checkpoint/stored_matrix.h"

#include <utility>

#include "rift/base/error.h"

namespace rift::checkpoint {

StoredMatrix::StoredMatrix(format::GgmlType type, int64_t rows, int64_t columns, std::vector<std::byte> blocks)
    : type_(type), rows_(rows), columns_(columns), blocks_(std::move(blocks)) {
  const format::GgmlTypeInfo& info = format::ggml_type_info(type);
  RIFT_CHECK(info.quantised() && columns % info.block_elements == 0);
  RIFT_CHECK(size_bytes() == rows * columns / info.block_elements * info.block_bytes);
}

void StoredMatrix::read_rows(int64_t first, int64_t last, std::span<float> out) const {
  RIFT_CHECK(0 <= first && first <= last && last <= rows_ && std::ssize(out) == (last - first) * columns_);
  const auto row_bytes = blocks_.size() / static_cast<size_t>(rows_);
  format::dequantize_blocks(
      type_,
      std::span(blocks_).subspan(static_cast<size_t>(first) * row_bytes, static_cast<size_t>(last - first) * row_bytes),
      out);
}

}  // namespace rift::checkpoint
