#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

/// The wire format of protocol buffers: fields by number, without their names and types, which a .proto file holds.
/// rift reads and writes so few messages of others (SentencePiece models, TensorBoard's events, ONNX) that their fields
/// stand beside the code that knows them, and no compiler of .proto files is part of the build.
/// Source: protobuf.dev/programming-guides/encoding.
namespace rift::protobuf {

/// How a field's value lies in the bytes; groups, which nobody writes any more, are left out.
enum class Wire : uint8_t { kVarint = 0, kFixed64 = 1, kBytes = 2, kFixed32 = 5 };

/// A message to be written, field by field. The same calls give the same bytes.
class Writer {
 public:
  void number(uint32_t field, int64_t value);  // int32, int64, enum, bool: negative ones take ten bytes
  void f32(uint32_t field, float value);
  void f64(uint32_t field, double value);
  void bytes(uint32_t field, std::string_view value);  // string, bytes or a message within
  /// The head of a field of `size` bytes that follow elsewhere.
  void bytes_head(uint32_t field, uint64_t size);

  const std::string& message() const { return message_; }

 private:
  void varint(uint64_t value);
  void tag(uint32_t field, Wire wire) { varint(uint64_t{field} << 3 | static_cast<uint64_t>(wire)); }

  std::string message_;
};

struct Field {
  uint64_t number = 0;
  Wire wire = Wire::kVarint;
  uint64_t value = 0;      // kVarint, kFixed32, kFixed64
  std::string_view bytes;  // kBytes
};

/// Walks over the fields of a message that nobody vouches for.
class Reader {
 public:
  /// `source` names the file in errors, `question` ends them: "is this a SentencePiece model?". All three have to stay.
  Reader(std::string_view message, std::string_view source, std::string_view question)
      : rest_(message), source_(source), question_(question) {}

  /// The next field, nullopt at the end. Throws kArtefact where the bytes are no fields.
  std::optional<Field> next();
  /// Throws kArtefact unless the field called `name` lies as `wire`.
  void require(const Field& field, Wire wire, std::string_view name) const;
  [[noreturn]] void fail(std::string_view what) const;  // kArtefact

 private:
  std::string_view take(uint64_t bytes);
  uint64_t varint();
  uint64_t fixed(size_t bytes);

  std::string_view rest_;
  std::string_view source_;
  std::string_view question_;
};

}  // namespace rift::protobuf
