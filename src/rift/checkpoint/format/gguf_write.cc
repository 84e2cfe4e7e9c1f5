#include <algorithm>

#include "rift/base/error.h"
#include "rift/base/little_endian.h"
#include "rift/base/staged_file.h"
#include "rift/checkpoint/format/gguf.h"
#include "rift/checkpoint/format/tensor_writers.h"

namespace rift::checkpoint::format {
namespace {

constexpr size_t kAlignment = 32;  // what a file without general.alignment has
constexpr uint32_t kVersion = 3;

void append_text(std::string& bytes, std::string_view text) {
  append_little_endian(bytes, static_cast<uint64_t>(text.size()));
  bytes += text;
}

/// One number in the width of its kind.
void append_number(std::string& bytes, GgufKind kind, uint64_t value) {
  switch (kind) {
    case GgufKind::kU8:
    case GgufKind::kBool:
      return append_little_endian(bytes, static_cast<uint8_t>(value));
    case GgufKind::kU16:
      return append_little_endian(bytes, static_cast<uint16_t>(value));
    case GgufKind::kU32:
      return append_little_endian(bytes, static_cast<uint32_t>(value));
    default:
      return append_little_endian(bytes, value);
  }
}

void append_number(std::string& bytes, GgufKind kind, int64_t value) {
  switch (kind) {
    case GgufKind::kI8:
      return append_little_endian(bytes, static_cast<int8_t>(value));
    case GgufKind::kI16:
      return append_little_endian(bytes, static_cast<int16_t>(value));
    case GgufKind::kI32:
      return append_little_endian(bytes, static_cast<int32_t>(value));
    default:
      return append_little_endian(bytes, value);
  }
}

void append_number(std::string& bytes, GgufKind kind, double value) {
  if (kind == GgufKind::kF32)
    append_little_endian(bytes, static_cast<float>(value));
  else
    append_little_endian(bytes, value);
}

void append_number(std::string& bytes, GgufKind, const std::string& value) { append_text(bytes, value); }

struct ValueWriter {
  std::string& bytes;
  GgufKind kind;

  template <class T>
  void operator()(const T& value) const {
    append_little_endian(bytes, static_cast<uint32_t>(kind));
    append_number(bytes, kind, value);
  }

  template <class T>
  void operator()(const std::vector<T>& items) const {
    append_little_endian(bytes, static_cast<uint32_t>(GgufKind::kArray));
    append_little_endian(bytes, static_cast<uint32_t>(kind));
    append_little_endian(bytes, static_cast<uint64_t>(items.size()));
    for (const T& item : items) append_number(bytes, kind, item);
  }
};

size_t padded(size_t size) { return (size + kAlignment - 1) / kAlignment * kAlignment; }

std::string head_of(const GgufMetadata& metadata, std::span<const GgufTensorSpec> tensors) {
  std::string head = "GGUF";
  append_little_endian(head, kVersion);
  append_little_endian(head, static_cast<uint64_t>(tensors.size()));
  append_little_endian(head, static_cast<uint64_t>(metadata.size()));
  for (const auto& [key, value] : metadata) {
    append_text(head, key);
    std::visit(ValueWriter{head, value.kind}, value.data);
  }
  size_t offset = 0;
  for (const GgufTensorSpec& tensor : tensors) {
    append_text(head, tensor.name);
    append_little_endian(head, static_cast<uint32_t>(tensor.shape.size()));
    for (size_t i = tensor.shape.size(); i-- > 0;) append_little_endian(head, tensor.shape[i]);
    append_little_endian(head, static_cast<uint32_t>(tensor.type));
    append_little_endian(head, static_cast<uint64_t>(offset));
    offset += padded(static_cast<size_t>(tensor.size_bytes()));
  }
  head.resize(padded(head.size()), '\0');
  return head;
}

/// A head with the size of the whole file, so that the reader checks it before anything is written.
class HeadOnly final : public ByteSource {
 public:
  HeadOnly(const std::string& head, size_t file_bytes)
      : memory_(std::as_bytes(std::span(head)), "GGUF file to be written"), file_bytes_(file_bytes) {}
  const std::string& name() const override { return memory_.name(); }
  int64_t size_bytes() const override { return static_cast<int64_t>(file_bytes_); }
  void read(int64_t offset, std::span<std::byte> out) const override {
    const auto held =
        std::min(out.size(), static_cast<size_t>(memory_.size_bytes() - std::min(offset, memory_.size_bytes())));
    if (held > 0) memory_.read(offset, out.first(held));
    for (std::byte& byte : out.subspan(held)) byte = std::byte{0};
  }

 private:
  MemoryBytes memory_;
  size_t file_bytes_;
};

/// What the reader would refuse is refused before anything is written.
void check_head(const std::string& head, std::span<const GgufTensorSpec> tensors) {
  size_t file_bytes = head.size();
  for (const GgufTensorSpec& tensor : tensors) file_bytes += padded(static_cast<size_t>(tensor.size_bytes()));
  try {
    read_gguf_head(HeadOnly(head, file_bytes), {});
  } catch (const Error& error) {
    RIFT_FAIL(Code::kBug, "{}", error.message());
  }
}

}  // namespace

int64_t GgufTensorSpec::size_bytes() const {
  const GgmlTypeInfo& info = ggml_type_info(type);
  const int64_t elements = checked_element_count(shape);
  int64_t bytes = 0;
  RIFT_CHECK(elements >= 0 && !__builtin_mul_overflow(elements / info.block_elements, info.block_bytes, &bytes));
  return bytes;
}

void stream_gguf(const std::filesystem::path& path, const GgufMetadata& metadata,
                 std::span<const GgufTensorSpec> tensors, const TensorReader& read, const FileCheck& check) {
  const std::string head = head_of(metadata, tensors);
  check_head(head, tensors);
  const std::string zeros(kAlignment, '\0');
  StagedFile file(path);
  file.append(head);
  for (size_t i = 0; i < tensors.size(); ++i) {
    const std::span<const std::byte> bytes = read(i);
    RIFT_REQUIRE(static_cast<int64_t>(bytes.size()) == tensors[i].size_bytes(), Code::kBug,
                 "tensor '{}': {} bytes, its shape needs {}", tensors[i].name, bytes.size(), tensors[i].size_bytes());
    file.append({reinterpret_cast<const char*>(bytes.data()), bytes.size()});
    file.append({zeros.data(), padded(bytes.size()) - bytes.size()});
  }
  if (check) check(file.path());
  file.publish();
}

}  // namespace rift::checkpoint::format
