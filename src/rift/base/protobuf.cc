#include "rift/base/protobuf.h"

#include <bit>

#include "rift/base/error.h"
#include "rift/base/little_endian.h"

namespace rift::protobuf {
void Writer::varint(uint64_t value) {
  for (; value >= 0x80; value >>= 7) message_ += static_cast<char>((value & 0x7F) | 0x80);
  message_ += static_cast<char>(value);
}

void Writer::number(uint32_t field, int64_t value) {
  tag(field, Wire::kVarint);
  varint(static_cast<uint64_t>(value));
}

void Writer::f32(uint32_t field, float value) {
  tag(field, Wire::kFixed32);
  append_little_endian(message_, std::bit_cast<uint32_t>(value));
}

void Writer::f64(uint32_t field, double value) {
  tag(field, Wire::kFixed64);
  append_little_endian(message_, std::bit_cast<uint64_t>(value));
}

void Writer::bytes_head(uint32_t field, uint64_t size) {
  tag(field, Wire::kBytes);
  varint(size);
}

void Writer::bytes(uint32_t field, std::string_view value) {
  bytes_head(field, value.size());
  message_ += value;
}

std::optional<Field> Reader::next() {
  if (rest_.empty()) return std::nullopt;
  const uint64_t key = varint();
  Field field{.number = key >> 3, .wire = static_cast<Wire>(key & 7), .value = 0, .bytes = {}};
  switch (field.wire) {
    case Wire::kVarint:
      field.value = varint();
      return field;
    case Wire::kFixed64:
      field.value = fixed(8);
      return field;
    case Wire::kFixed32:
      field.value = fixed(4);
      return field;
    case Wire::kBytes:
      field.bytes = take(varint());
      return field;
  }
  fail("a field of an unknown kind");
}

void Reader::require(const Field& field, Wire wire, std::string_view name) const {
  if (field.wire != wire) fail(fmt::format("{} is of the wrong kind", name));
}

void Reader::fail(std::string_view what) const { RIFT_FAIL(Code::kArtefact, "{}: {}; {}", source_, what, question_); }

std::string_view Reader::take(uint64_t bytes) {
  if (bytes > rest_.size()) fail("the file is cut short");
  const std::string_view taken = rest_.substr(0, bytes);
  rest_.remove_prefix(bytes);
  return taken;
}

uint64_t Reader::varint() {
  uint64_t value = 0;
  for (int shift = 0; shift < 64; shift += 7) {
    const auto byte = static_cast<uint8_t>(take(1)[0]);
    value |= static_cast<uint64_t>(byte & 0x7F) << shift;
    if (byte < 0x80) return value;
  }
  fail("a number of more than 64 bits");
}

uint64_t Reader::fixed(size_t bytes) {
  const std::string_view from = take(bytes);
  uint64_t value = 0;
  for (size_t i = bytes; i > 0; --i) value = value << 8 | static_cast<uint8_t>(from[i - 1]);
  return value;
}

}  // namespace rift::protobuf
