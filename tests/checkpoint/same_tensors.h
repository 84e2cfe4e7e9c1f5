#pragma once

#include <gtest/gtest.h>

#include <cstddef>
#include <vector>

#include "rift/checkpoint/format/tensor_archive.h"

namespace rift::test {

inline std::vector<std::byte> elements_of(const checkpoint::format::TensorArchive& archive,
                                          const checkpoint::format::TensorInfo& tensor) {
  std::vector<std::byte> bytes(static_cast<size_t>(tensor.size_bytes()));
  archive.read(tensor, bytes);
  return bytes;
}

/// Both hold the same names with the same element types, shapes and bits.
inline void expect_same_tensors(const checkpoint::format::TensorArchive& found,
                                const checkpoint::format::TensorArchive& expected) {
  EXPECT_EQ(found.tensors().size(), expected.tensors().size());
  for (const auto& tensor : expected.tensors()) {
    const auto* other = found.find(tensor.name);
    ASSERT_NE(other, nullptr) << tensor.name;
    EXPECT_EQ(other->dtype, tensor.dtype) << tensor.name;
    EXPECT_EQ(other->shape, tensor.shape) << tensor.name;
    EXPECT_TRUE(elements_of(found, *other) == elements_of(expected, tensor)) << tensor.name;
  }
}

}  // namespace rift::test
