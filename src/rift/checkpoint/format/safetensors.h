#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "rift/checkpoint/format/byte_source.h"
#include "rift/checkpoint/format/tensor_archive.h"

/// safetensors: u64 little-endian N, N bytes of JSON header, then the tensors' bytes without holes.
/// Source: github.com/huggingface/safetensors README ("Format") and the rules that its Rust reader checks; the limits
/// of SafetensorsLimits are rift's own.
namespace rift::checkpoint::format {

using Metadata = std::vector<std::pair<std::string, std::string>>;

/// Bounds on files that nobody vouches for; every breach is an Error(kArtefact) naming the file and the limit.
struct SafetensorsLimits {
  int64_t max_header_bytes = int64_t{16} << 20;
  int64_t max_tensors = 100'000;
  int64_t max_rank = 8;
  int64_t max_name_bytes = 512;
};

/// A safetensors file; begin and end of its tensors count from the first byte behind the header.
class Safetensors final : public TensorArchive {
 public:
  /// Reads and checks the header. Throws kArtefact naming the file, the tensor, what was expected and found;
  /// kUnsupported for an element type that rift does not read; kEnvironment when the system cannot read.
  explicit Safetensors(std::unique_ptr<const ByteSource> source, const SafetensorsLimits& limits = {});
  static Safetensors open(const std::filesystem::path& path, const SafetensorsLimits& limits = {});

  const std::string& file_name() const override { return source_->name(); }
  void read(const TensorInfo& tensor, std::span<std::byte> out) const override;
  const Metadata& metadata() const { return metadata_; }  // in the file's order

 private:
  std::unique_ptr<const ByteSource> source_;
  Metadata metadata_;
  int64_t data_begin_ = 0;
};

/// What a header says once it has passed the checks.
struct SafetensorsHeader {
  std::vector<TensorInfo> tensors;  // in order of their bytes
  Metadata metadata;
};

/// Checks a header's JSON against the `data_bytes` that follow it in the file called `file_name`.
SafetensorsHeader parse_safetensors_header(std::string_view json, int64_t data_bytes, const std::string& file_name,
                                           const SafetensorsLimits& limits);

}  // namespace rift::checkpoint::format
