#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "rift/checkpoint/format/dtype.h"
#include "rift/checkpoint/format/gguf.h"
#include "rift/checkpoint/format/safetensors.h"

/// Writers that hold one tensor at a time, for models larger than memory.
namespace rift::checkpoint::format {

/// A tensor to be written, without its bytes.
struct TensorSpec {
  std::string name;
  DType dtype = DType::kF32;
  std::vector<int64_t> shape;
  int64_t size_bytes() const;  // throws kBug past 63 bits
};

/// The bytes of the index-th spec, row-major and little-endian; valid until the next call.
using TensorReader = std::function<std::span<const std::byte>(size_t index)>;

/// Looks at a file that is whole but not yet at its place; when it throws, the file goes away and nothing is left.
using FileCheck = std::function<void(const std::filesystem::path& written)>;

/// Writes the file whole or not at all (base/files). Tensors stand by element type from I64 down to BOOL, then by name,
/// as the safetensors library writes them, so that each is aligned to its element and the same tensors give the same
/// bytes; each is read once, in that order. Throws kBug for what the reader would refuse, kEnvironment.
void stream_safetensors(const std::filesystem::path& path, std::span<const TensorSpec> tensors,
                        const Metadata& metadata, const TensorReader& read, const FileCheck& check = {});

/// A file of torch.save, a mapping of names to tensors, as torch 2 writes it (ZIP of stored records at multiples of 64
/// bytes, pickle of protocol 2): torch.load(weights_only=True) and TorchFile read it. Each tensor has a storage of its
/// own. Clocks and processes leave no trace: the same tensors give the same bytes. Throws kUnsupported for more tensors
/// than TorchFile reads, kBug for names that the reader would refuse, kEnvironment.
void stream_torch_file(const std::filesystem::path& path, std::span<const TensorSpec> tensors, const TensorReader& read,
                       const FileCheck& check = {});

/// A tensor of a GGUF file to be written, without its bytes.
struct GgufTensorSpec {
  std::string name;
  GgmlType type = GgmlType::kF32;
  std::vector<int64_t> shape;
  int64_t size_bytes() const;  // of whole blocks; throws kBug past 63 bits
};

/// Writes a GGUF 3 file whole or not at all: metadata and tensors in the order given, alignment 32, elements row-major,
/// or blocks where the type is quantised. Throws kBug for what the reader would refuse, kEnvironment.
void stream_gguf(const std::filesystem::path& path, const GgufMetadata& metadata,
                 std::span<const GgufTensorSpec> tensors, const TensorReader& read, const FileCheck& check = {});

}  // namespace rift::checkpoint::format
