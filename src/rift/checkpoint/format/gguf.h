#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "rift/checkpoint/format/byte_source.h"
#include "rift/checkpoint/format/gguf_quants.h"
#include "rift/checkpoint/format/tensor_archive.h"

/// GGUF 2 and 3: "GGUF", version, counts, typed keys and values, a table of tensors, then the tensors' bytes, each at a
/// multiple of the alignment.
/// Source: docs/gguf.md of ggml; the order and strictness of checks follow gguf_init of llama.cpp, the limits of
/// GgufLimits are rift's own and far below its.
namespace rift::checkpoint::format {

/// Numbers as they stand in the file.
enum class GgufKind : uint32_t {
  kU8 = 0,
  kI8 = 1,
  kU16 = 2,
  kI16 = 3,
  kU32 = 4,
  kI32 = 5,
  kF32 = 6,
  kBool = 7,
  kText = 8,
  kArray = 9,
  kU64 = 10,
  kI64 = 11,
  kF64 = 12,
};

/// A value of the metadata. `kind` is its kind in the file, of an array that of its items; `data` holds unsigned whole
/// numbers and truth values as uint64_t, signed ones as int64_t, f32 and f64 as double.
struct GgufValue {
  GgufKind kind = GgufKind::kU32;
  std::variant<uint64_t, int64_t, double, std::string, std::vector<uint64_t>, std::vector<int64_t>, std::vector<double>,
               std::vector<std::string>>
      data;
  bool operator==(const GgufValue&) const = default;
};

using GgufMetadata = std::vector<std::pair<std::string, GgufValue>>;

/// Bounds on files that nobody vouches for; every breach is an Error(kArtefact) naming the file and the limit.
struct GgufLimits {
  int64_t max_text_bytes = int64_t{16} << 20;  // all texts of the metadata together
  int64_t max_items = 4'000'000;               // of all arrays together
  int64_t max_keys = 10'000;
  int64_t max_key_bytes = 256;
  int64_t max_tensors = 100'000;
  int64_t max_tensor_name_bytes = 63;  // GGML_MAX_NAME - 1
  int64_t max_rank = 4;                // GGML_MAX_DIMS
  int64_t max_alignment = int64_t{1} << 20;
};

/// What a file's head says once it has passed the checks. begin and end of tensors are bytes of the file.
struct GgufHead {
  uint32_t version = 3;
  GgufMetadata metadata;  // in the file's order
  std::vector<TensorInfo>
      tensors;                  // shape as elsewhere in rift: the fastest dimension last (GGUF's own order is reversed)
  std::vector<GgmlType> types;  // of tensors, in the same order
};
GgufHead read_gguf_head(const ByteSource& source, const GgufLimits& limits);

/// A GGUF file. Quantised tensors are read as f32; read_stored() gives their blocks as they lie in the file, for a
/// frozen base that stays quantised (dequantize_blocks() turns them into values when they are needed).
class Gguf final : public TensorArchive {
 public:
  /// Reads and checks the head. Throws kArtefact naming the file, the key or tensor, what was expected and found;
  /// kUnsupported for versions and element types that rift does not read; kEnvironment.
  explicit Gguf(std::unique_ptr<const ByteSource> source, const GgufLimits& limits = {});
  static Gguf open(const std::filesystem::path& path, const GgufLimits& limits = {});

  const std::string& file_name() const override { return source_->name(); }
  void read(const TensorInfo& tensor, std::span<std::byte> out) const override;
  GgmlType type(const TensorInfo& tensor) const { return types_[place_of(tensor)]; }
  void read_stored(const TensorInfo& tensor, std::span<std::byte> out) const;  // tensor.end - tensor.begin bytes

  const GgufMetadata& metadata() const { return metadata_; }
  const GgufValue* find_value(std::string_view key) const;  // nullptr when absent
  // Typed reads throw kArtefact naming file and key when it is absent or of another kind.
  const std::string& text(std::string_view key) const;
  int64_t whole_number(std::string_view key) const;  // of any whole-number kind that fits
  double number(std::string_view key) const;         // f32 and f64
  bool truth(std::string_view key) const;
  const std::vector<std::string>& texts(std::string_view key) const;

 private:
  const GgufValue& value_at(std::string_view key) const;
  template <class T>
  const T& value_of(std::string_view key, std::string_view expected) const;

  std::unique_ptr<const ByteSource> source_;
  GgufMetadata metadata_;
  std::vector<GgmlType> types_;
};

}  // namespace rift::checkpoint::format
