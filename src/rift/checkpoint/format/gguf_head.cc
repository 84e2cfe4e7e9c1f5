#include <algorithm>
#include <array>
#include <bit>
#include <unordered_set>

#include "rift/base/error.h"
#include "rift/base/little_endian.h"
#include "rift/checkpoint/format/complains.h"
#include "rift/checkpoint/format/ggml_types.h"
#include "rift/checkpoint/format/gguf.h"
#include "rift/checkpoint/format/name_text.h"

namespace rift::checkpoint::format {
namespace {

constexpr std::string_view kMagic = "GGUF";
constexpr std::string_view kAlignmentKey = "general.alignment";
constexpr int64_t kDefaultAlignment = 32;
constexpr int64_t kSmallestKeyBytes = 13;  // length, kind, one byte
constexpr int64_t kSmallestInfoBytes = 24;

/// Takes the head's bytes one after the other through a small buffer; knows what is left.
class HeadBytes {
 public:
  explicit HeadBytes(const ByteSource& source) : source_(source) {}

  int64_t position() const { return position_; }
  int64_t remaining() const { return source_.size_bytes() - position_; }

  void take(std::span<std::byte> out, std::string_view what) {
    const auto size = static_cast<int64_t>(out.size());
    RIFT_REQUIRE(size <= remaining(), Code::kArtefact,
                 "{}: {}: expected {} bytes at byte {}, {} are left; it is cut, fetch it again", source_.name(), what,
                 size, position_, remaining());
    for (size_t done = 0; done < out.size();) {
      if (buffer_at_ == buffer_end_) refill();
      const size_t count = std::min(buffer_end_ - buffer_at_, out.size() - done);
      std::copy_n(buffer_.begin() + static_cast<std::ptrdiff_t>(buffer_at_), count,
                  out.begin() + static_cast<std::ptrdiff_t>(done));
      buffer_at_ += count;
      done += count;
      position_ += static_cast<int64_t>(count);
    }
  }

  template <class T>
  T number(std::string_view what) {
    std::array<std::byte, sizeof(T)> bytes;
    take(bytes, what);
    return little_endian<T>(bytes.data());
  }

 private:
  void refill() {
    buffer_at_ = 0;
    buffer_end_ = static_cast<size_t>(std::min(static_cast<int64_t>(buffer_.size()), remaining()));
    source_.read(position_, std::span(buffer_).first(buffer_end_));
  }

  const ByteSource& source_;
  int64_t position_ = 0;
  std::vector<std::byte> buffer_ = std::vector<std::byte>(size_t{1} << 16);
  size_t buffer_at_ = 0;
  size_t buffer_end_ = 0;
};

/// Reads the head in the order of the file; every complaint names the file and the key or tensor.
class HeadReader : Complains<HeadReader> {
 public:
  HeadReader(const ByteSource& source, const GgufLimits& limits) : source_(source), limits_(limits), bytes_(source) {}

  GgufHead read() {
    read_version();
    const int64_t tensors = read_count("tensors", limits_.max_tensors, kSmallestInfoBytes);
    const int64_t keys = read_count("keys", limits_.max_keys, kSmallestKeyBytes);
    for (int64_t i = 0; i < keys; ++i) read_key();
    for (int64_t i = 0; i < tensors; ++i) read_tensor();
    place_tensors();
    return std::move(head_);
  }

 private:
  friend Complains<HeadReader>;
  std::string place() const { return source_.name(); }

  void read_version() {
    std::array<std::byte, 4> magic{};
    bytes_.take(magic, "magic");
    const std::string_view text(reinterpret_cast<const char*>(magic.data()), magic.size());
    require(text == kMagic, "expected a GGUF file, which starts with 'GGUF', got '{}'", shown_name(text));
    head_.version = bytes_.number<uint32_t>("version");
    require(head_.version != 0, "version 0; GGUF begins with 1");
    if ((head_.version & 0xFFFF) == 0)
      fail(Code::kUnsupported, "the file is big-endian, rift reads little-endian ones");
    if (head_.version != 2 && head_.version != 3)
      fail(Code::kUnsupported, "GGUF version {}; rift reads 2 and 3, convert it with llama.cpp", head_.version);
  }

  int64_t read_count(std::string_view what, int64_t limit, int64_t smallest_bytes) {
    const auto count = bytes_.number<uint64_t>(what);
    require(count <= static_cast<uint64_t>(limit), "{} {}, the limit is {}", count, what, limit);
    require(static_cast<int64_t>(count) <= bytes_.remaining() / smallest_bytes,
            "{} {} need more than the {} bytes left; it is cut, fetch it again", count, what, bytes_.remaining());
    return static_cast<int64_t>(count);
  }

  /// Bytes of a text that may have `limit` of them.
  std::string read_text(std::string_view what, int64_t limit) {
    const auto size = bytes_.number<uint64_t>(what);
    require(size <= static_cast<uint64_t>(bytes_.remaining()), "{}: a text of {} bytes, {} are left", what, size,
            bytes_.remaining());
    require(size <= static_cast<uint64_t>(limit), "{}: a text of {} bytes, the limit is {}", what, size, limit);
    std::string text(static_cast<size_t>(size), '\0');
    bytes_.take(std::as_writable_bytes(std::span(text)), what);
    return text;
  }

  // ---- metadata ----
  void read_key() {
    std::string key = read_text("a key", limits_.max_key_bytes);
    require(!key.empty() && is_printable_ascii(key), "key '{}': expected 1 to {} printable ASCII bytes",
            shown_name(key), limits_.max_key_bytes);
    require(keys_.insert(key).second, "two keys are called '{}'", key);
    GgufValue value = read_value(key);
    if (key == kAlignmentKey) read_alignment(value);
    head_.metadata.emplace_back(std::move(key), std::move(value));
  }

  GgufKind read_kind(const std::string& key) {
    const auto number = bytes_.number<uint32_t>(key);
    require(number <= static_cast<uint32_t>(GgufKind::kF64), "key '{}': unknown kind of value {}", key, number);
    return static_cast<GgufKind>(number);
  }

  GgufValue read_value(const std::string& key) {
    const GgufKind kind = read_kind(key);
    switch (kind) {
      case GgufKind::kArray:
        return read_array(key);
      case GgufKind::kText:
        return {kind, read_metadata_text(key)};
      case GgufKind::kF32:
      case GgufKind::kF64:
        return {kind, read_real(kind, key)};
      case GgufKind::kI8:
      case GgufKind::kI16:
      case GgufKind::kI32:
      case GgufKind::kI64:
        return {kind, read_signed(kind, key)};
      default:
        return {kind, read_unsigned(kind, key)};
    }
  }

  std::string read_metadata_text(const std::string& key) {
    std::string text = read_text(key, limits_.max_text_bytes - text_bytes_);
    text_bytes_ += static_cast<int64_t>(text.size());
    return text;
  }

  double read_real(GgufKind kind, const std::string& key) {
    return kind == GgufKind::kF32 ? static_cast<double>(bytes_.number<float>(key)) : bytes_.number<double>(key);
  }

  int64_t read_signed(GgufKind kind, const std::string& key) {
    switch (kind) {
      case GgufKind::kI8:
        return bytes_.number<int8_t>(key);
      case GgufKind::kI16:
        return bytes_.number<int16_t>(key);
      case GgufKind::kI32:
        return bytes_.number<int32_t>(key);
      default:
        return bytes_.number<int64_t>(key);
    }
  }

  uint64_t read_unsigned(GgufKind kind, const std::string& key) {
    switch (kind) {
      case GgufKind::kU8:
        return bytes_.number<uint8_t>(key);
      case GgufKind::kU16:
        return bytes_.number<uint16_t>(key);
      case GgufKind::kU32:
        return bytes_.number<uint32_t>(key);
      case GgufKind::kBool: {
        const auto value = bytes_.number<uint8_t>(key);
        require(value <= 1, "key '{}': expected true or false (1 or 0), got {}", key, value);
        return value;
      }
      default:
        return bytes_.number<uint64_t>(key);
    }
  }

  static int64_t smallest_bytes(GgufKind kind) {
    switch (kind) {
      case GgufKind::kU8:
      case GgufKind::kI8:
      case GgufKind::kBool:
        return 1;
      case GgufKind::kU16:
      case GgufKind::kI16:
        return 2;
      case GgufKind::kU32:
      case GgufKind::kI32:
      case GgufKind::kF32:
        return 4;
      default:
        return 8;  // a text has its length
    }
  }

  GgufValue read_array(const std::string& key) {
    const GgufKind kind = read_kind(key);
    require(kind != GgufKind::kArray, "key '{}': arrays of arrays are not part of GGUF", key);
    const auto count = bytes_.number<uint64_t>(key);
    require(count <= static_cast<uint64_t>(bytes_.remaining() / smallest_bytes(kind)),
            "key '{}': {} items need more than the {} bytes left; it is cut, fetch it again", key, count,
            bytes_.remaining());
    items_ += static_cast<int64_t>(count);
    require(items_ <= limits_.max_items, "key '{}': the arrays have {} items so far, the limit is {}", key, items_,
            limits_.max_items);
    const auto fill = [&](auto items, auto read_item) {
      items.reserve(static_cast<size_t>(count));
      for (uint64_t i = 0; i < count; ++i) items.push_back(read_item());
      return GgufValue{kind, std::move(items)};
    };
    switch (kind) {
      case GgufKind::kText:
        return fill(std::vector<std::string>(), [&] { return read_metadata_text(key); });
      case GgufKind::kF32:
      case GgufKind::kF64:
        return fill(std::vector<double>(), [&] { return read_real(kind, key); });
      case GgufKind::kI8:
      case GgufKind::kI16:
      case GgufKind::kI32:
      case GgufKind::kI64:
        return fill(std::vector<int64_t>(), [&] { return read_signed(kind, key); });
      default:
        return fill(std::vector<uint64_t>(), [&] { return read_unsigned(kind, key); });
    }
  }

  void read_alignment(const GgufValue& value) {
    const auto* number = std::get_if<uint64_t>(&value.data);
    require(number != nullptr && value.kind == GgufKind::kU32, "key '{}': expected a u32", kAlignmentKey);
    require(std::has_single_bit(*number) && *number <= static_cast<uint64_t>(limits_.max_alignment),
            "key '{}': expected a power of two up to {}, got {}", kAlignmentKey, limits_.max_alignment, *number);
    alignment_ = static_cast<int64_t>(*number);
  }

  // ---- tensors ----
  void read_tensor() {
    TensorInfo tensor;
    tensor.name = read_text("a tensor's name", limits_.max_tensor_name_bytes);
    require(!tensor.name.empty() && is_printable_ascii(tensor.name),
            "tensor '{}': expected a name of 1 to {} printable ASCII bytes", shown_name(tensor.name),
            limits_.max_tensor_name_bytes);
    require(names_.insert(tensor.name).second, "two tensors are called '{}'", tensor.name);
    const auto rank = bytes_.number<uint32_t>(tensor.name);
    require(rank <= static_cast<uint64_t>(limits_.max_rank), "tensor '{}': expected at most {} dimensions, got {}",
            tensor.name, limits_.max_rank, rank);
    for (uint32_t i = 0; i < rank; ++i) {
      const auto size = bytes_.number<int64_t>(tensor.name);
      require(size > 0, "tensor '{}': dimension {} is {}, expected at least 1", tensor.name, i, size);
      tensor.shape.push_back(size);
    }
    std::reverse(tensor.shape.begin(), tensor.shape.end());
    const GgmlTypeInfo& type = read_type(tensor.name);
    tensor.dtype = type.dtype;
    if (type.quantised()) tensor.stored_as = type.name;
    const int64_t stored_bytes = size_of(tensor, type);
    const auto offset = bytes_.number<uint64_t>(tensor.name);
    require(offset == static_cast<uint64_t>(data_bytes_),
            "tensor '{}': expected at byte {} of the data, behind the tensor before it, got {}", tensor.name,
            data_bytes_, offset);
    tensor.begin = data_bytes_;
    const bool counted = !__builtin_add_overflow(data_bytes_, stored_bytes, &tensor.end) &&
                         !__builtin_add_overflow(tensor.end, padding(tensor.end), &data_bytes_);
    require(counted, "tensor '{}': the sizes of the tensors so far pass 63 bits", tensor.name);
    head_.tensors.push_back(std::move(tensor));
    head_.types.push_back(type.type);
  }

  const GgmlTypeInfo& read_type(const std::string& name) {
    const auto number = bytes_.number<uint32_t>(name);
    if (const auto type = ggml_type_of(number)) return ggml_type_info(*type);
    const std::string_view known = known_unsupported_ggml_type(number);
    if (!known.empty()) refuse_ggml_type(fmt::format("{}: tensor '{}'", place(), name), known);
    fail(Code::kArtefact, "tensor '{}': unknown element type {}", name, number);
  }

  int64_t size_of(const TensorInfo& tensor, const GgmlTypeInfo& type) const {
    const int64_t row = tensor.shape.empty() ? 1 : tensor.shape.back();
    require(row % type.block_elements == 0, "tensor '{}': rows of {} elements are not whole blocks of {} ({})",
            tensor.name, row, type.block_elements, type.name);
    const int64_t elements = checked_element_count(tensor.shape);
    int64_t stored_bytes = 0;
    int64_t read_bytes = 0;
    const bool counted = elements >= 0 &&
                         !__builtin_mul_overflow(elements / type.block_elements, type.block_bytes, &stored_bytes) &&
                         !__builtin_mul_overflow(elements, dtype_size_bytes(type.dtype), &read_bytes);
    require(counted, "tensor '{}': the size in bytes of {} {} passes 63 bits", tensor.name, type.name,
            shape_text(tensor.shape));
    return stored_bytes;
  }

  int64_t padding(int64_t size_bytes) const { return (alignment_ - size_bytes % alignment_) % alignment_; }

  /// Offsets count from the first multiple of the alignment behind the head; nothing but padding may follow the last.
  void place_tensors() {
    const int64_t data_begin = bytes_.position() + padding(bytes_.position());
    const int64_t file_bytes = source_.size_bytes();
    const int64_t stored_bytes = head_.tensors.empty() ? 0 : head_.tensors.back().end;
    const bool whole = head_.tensors.empty() || (data_begin <= file_bytes && stored_bytes <= file_bytes - data_begin);
    require(whole, "the tensors need {} bytes from byte {}, the file has {}; it is cut, fetch it again", stored_bytes,
            data_begin, file_bytes);
    require(file_bytes <= data_begin || file_bytes - data_begin <= data_bytes_,
            "the tensors end at byte {}, the file has {}; something else is appended", data_begin + data_bytes_,
            file_bytes);
    for (TensorInfo& tensor : head_.tensors) {
      tensor.begin += data_begin;
      tensor.end += data_begin;
    }
  }

  const ByteSource& source_;
  const GgufLimits& limits_;
  HeadBytes bytes_;
  GgufHead head_;
  std::unordered_set<std::string> keys_;
  std::unordered_set<std::string> names_;
  int64_t text_bytes_ = 0;
  int64_t items_ = 0;
  int64_t alignment_ = kDefaultAlignment;
  int64_t data_bytes_ = 0;  // of the tensors so far, padding included
};

}  // namespace

GgufHead read_gguf_head(const ByteSource& source, const GgufLimits& limits) {
  return HeadReader(source, limits).read();
}

}  // namespace rift::checkpoint::format
