#include "rift/checkpoint/format/gguf.h"

#include <algorithm>
#include <limits>

#include "rift/base/error.h"

namespace rift::checkpoint::format {

Gguf::Gguf(std::unique_ptr<const ByteSource> source, const GgufLimits& limits) : source_(std::move(source)) {
  GgufHead head = read_gguf_head(*source_, limits);
  metadata_ = std::move(head.metadata);
  types_ = std::move(head.types);
  set_tensors(std::move(head.tensors));
}

Gguf Gguf::open(const std::filesystem::path& path, const GgufLimits& limits) {
  return Gguf(std::make_unique<FileBytes>(path), limits);
}

void Gguf::read_stored(const TensorInfo& tensor, std::span<std::byte> out) const {
  RIFT_CHECK(static_cast<int64_t>(out.size()) == tensor.end - tensor.begin);
  source_->read(tensor.begin, out);
}

void Gguf::read(const TensorInfo& tensor, std::span<std::byte> out) const {
  RIFT_CHECK(static_cast<int64_t>(out.size()) == tensor.size_bytes());
  const GgmlTypeInfo& info = ggml_type_info(type(tensor));
  if (!info.quantised()) {
    read_stored(tensor, out);
    return;
  }
  constexpr int64_t kBlocksAtOnce = 4096;
  const int64_t blocks = tensor.element_count() / info.block_elements;
  std::vector<std::byte> stored(static_cast<size_t>(std::min(blocks, kBlocksAtOnce) * info.block_bytes));
  std::vector<float> values(static_cast<size_t>(std::min(blocks, kBlocksAtOnce) * info.block_elements));
  for (int64_t done = 0; done < blocks;) {
    const int64_t count = std::min(blocks - done, kBlocksAtOnce);
    const auto part = std::span(stored).first(static_cast<size_t>(count * info.block_bytes));
    const auto decoded = std::span(values).first(static_cast<size_t>(count * info.block_elements));
    source_->read(tensor.begin + done * info.block_bytes, part);
    dequantize_blocks(info.type, part, decoded);
    const auto bytes = std::as_bytes(decoded);
    std::copy(bytes.begin(), bytes.end(),
              out.begin() + static_cast<std::ptrdiff_t>(done * info.block_elements) * std::ptrdiff_t{sizeof(float)});
    done += count;
  }
}

const GgufValue* Gguf::find_value(std::string_view key) const {
  const auto found =
      std::find_if(metadata_.begin(), metadata_.end(), [&](const auto& entry) { return entry.first == key; });
  return found == metadata_.end() ? nullptr : &found->second;
}

const GgufValue& Gguf::value_at(std::string_view key) const {
  const GgufValue* value = find_value(key);
  RIFT_REQUIRE(value != nullptr, Code::kArtefact, "{}: key '{}' is missing", file_name(), key);
  return *value;
}

template <class T>
const T& Gguf::value_of(std::string_view key, std::string_view expected) const {
  const T* value = std::get_if<T>(&value_at(key).data);
  RIFT_REQUIRE(value != nullptr, Code::kArtefact, "{}: key '{}': expected {}", file_name(), key, expected);
  return *value;
}

const std::string& Gguf::text(std::string_view key) const { return value_of<std::string>(key, "a text"); }

const std::vector<std::string>& Gguf::texts(std::string_view key) const {
  return value_of<std::vector<std::string>>(key, "a list of texts");
}

double Gguf::number(std::string_view key) const { return value_of<double>(key, "a number (f32 or f64)"); }

bool Gguf::truth(std::string_view key) const {
  const auto& value = value_of<uint64_t>(key, "true or false");
  RIFT_REQUIRE(value_at(key).kind == GgufKind::kBool, Code::kArtefact, "{}: key '{}': expected true or false",
               file_name(), key);
  return value != 0;
}

int64_t Gguf::whole_number(std::string_view key) const {
  const GgufValue& value = value_at(key);
  if (const auto* number = std::get_if<int64_t>(&value.data)) return *number;
  const auto* number = std::get_if<uint64_t>(&value.data);
  const bool fits = number != nullptr && value.kind != GgufKind::kBool &&
                    *number <= static_cast<uint64_t>(std::numeric_limits<int64_t>::max());
  RIFT_REQUIRE(fits, Code::kArtefact, "{}: key '{}': expected a whole number that fits 63 bits", file_name(), key);
  return static_cast<int64_t>(*number);
}

}  // namespace rift::checkpoint::format
