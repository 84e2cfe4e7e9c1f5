#pragma once

#include <filesystem>
#include <span>
#include <string>
#include <vector>

#include "rift/checkpoint/format/tensor_writers.h"

/// Files of tensors that are all in memory, by the writers that hold one at a time.
namespace rift::test {

/// `bytes` holds the elements row-major in little-endian order.
struct TensorBytes {
  std::string name;
  checkpoint::format::DType dtype = checkpoint::format::DType::kF32;
  std::vector<int64_t> shape;
  std::span<const std::byte> bytes;
};

inline void write_safetensors(const std::filesystem::path& path, std::span<const TensorBytes> tensors,
                              const checkpoint::format::Metadata& metadata = {{"format", "pt"}}) {
  std::vector<checkpoint::format::TensorSpec> specs;
  for (const TensorBytes& tensor : tensors) specs.push_back({tensor.name, tensor.dtype, tensor.shape});
  checkpoint::format::stream_safetensors(path, specs, metadata, [&](size_t index) { return tensors[index].bytes; });
}

/// `bytes` holds the elements row-major, or blocks where the type is quantised.
struct GgufTensorBytes {
  std::string name;
  checkpoint::format::GgmlType type = checkpoint::format::GgmlType::kF32;
  std::vector<int64_t> shape;
  std::span<const std::byte> bytes;
};

inline void write_gguf(const std::filesystem::path& path, const checkpoint::format::GgufMetadata& metadata,
                       std::span<const GgufTensorBytes> tensors) {
  std::vector<checkpoint::format::GgufTensorSpec> specs;
  for (const GgufTensorBytes& tensor : tensors) specs.push_back({tensor.name, tensor.type, tensor.shape});
  checkpoint::format::stream_gguf(path, metadata, specs, [&](size_t index) { return tensors[index].bytes; });
}

}  // namespace rift::test
