#include "rift/checkpoint/format/safetensors.h"

#include <array>

#include "rift/base/error.h"
#include "rift/base/little_endian.h"

namespace rift::checkpoint::format {
namespace {

constexpr int64_t kLengthBytes = 8;
constexpr uint64_t kFormatMaxHeaderBytes = 100'000'000;  // the format's own limit

int64_t read_header_length(const ByteSource& source, const SafetensorsLimits& limits) {
  RIFT_REQUIRE(source.size_bytes() >= kLengthBytes, Code::kArtefact,
               "{}: expected a safetensors file, which has at least 8 bytes, got {}; fetch it again", source.name(),
               source.size_bytes());
  std::array<std::byte, kLengthBytes> bytes;
  source.read(0, bytes);
  const uint64_t length = little_endian<uint64_t>(bytes.data());
  RIFT_REQUIRE(length <= kFormatMaxHeaderBytes, Code::kArtefact,
               "{}: header length is {} bytes, a safetensors header has at most {}; is this a safetensors file?",
               source.name(), length, kFormatMaxHeaderBytes);
  const auto length_bytes = static_cast<int64_t>(length);  // <= 100,000,000, so 8 + length cannot overflow
  RIFT_REQUIRE(kLengthBytes + length_bytes <= source.size_bytes(), Code::kArtefact,
               "{}: header needs {} bytes, the file has {}; it is cut, fetch it again", source.name(),
               kLengthBytes + length_bytes, source.size_bytes());
  RIFT_REQUIRE(length_bytes <= limits.max_header_bytes, Code::kArtefact, "{}: header has {} bytes, the limit is {}",
               source.name(), length_bytes, limits.max_header_bytes);
  return length_bytes;
}

}  // namespace

Safetensors::Safetensors(std::unique_ptr<const ByteSource> source, const SafetensorsLimits& limits)
    : source_(std::move(source)) {
  const int64_t header_bytes = read_header_length(*source_, limits);
  std::string json(static_cast<size_t>(header_bytes), '\0');
  source_->read(kLengthBytes, std::as_writable_bytes(std::span(json)));
  data_begin_ = kLengthBytes + header_bytes;
  SafetensorsHeader header =
      parse_safetensors_header(json, source_->size_bytes() - data_begin_, source_->name(), limits);
  metadata_ = std::move(header.metadata);
  set_tensors(std::move(header.tensors));
}

Safetensors Safetensors::open(const std::filesystem::path& path, const SafetensorsLimits& limits) {
  return Safetensors(std::make_unique<FileBytes>(path), limits);
}

void Safetensors::read(const TensorInfo& tensor, std::span<std::byte> out) const {
  RIFT_CHECK(static_cast<int64_t>(out.size()) == tensor.size_bytes());
  source_->read(data_begin_ + tensor.begin, out);
}

}  // namespace rift::checkpoint::format
