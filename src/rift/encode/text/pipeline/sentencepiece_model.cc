#include "rift/encode/text/pipeline/sentencepiece_model.h"

#include <bit>
#include <cmath>
#include <optional>

#include "rift/base/error.h"
#include "rift/encode/text/utf8.h"
#include "rift/encode/text/wordpiece.h"

namespace rift::encode::text {
namespace {

/// Walks over the fields of a protocol buffer message (protobuf.dev/programming-guides/encoding).
class Fields {
 public:
  enum class Wire { kNumber = 0, kEight = 1, kBytes = 2, kFour = 5 };
  struct Field {
    uint64_t number = 0;
    Wire wire = Wire::kNumber;
    uint64_t value = 0;      // kNumber, kFour, kEight
    std::string_view bytes;  // kBytes
  };

  Fields(std::string_view message, std::string_view source) : rest_(message), source_(source) {}

  std::optional<Field> next() {
    if (rest_.empty()) return std::nullopt;
    const uint64_t key = varint();
    Field field{.number = key >> 3, .wire = static_cast<Wire>(key & 7)};
    switch (field.wire) {
      case Wire::kNumber:
        field.value = varint();
        return field;
      case Wire::kEight:
        field.value = little_endian(8);
        return field;
      case Wire::kFour:
        field.value = little_endian(4);
        return field;
      case Wire::kBytes:
        field.bytes = take(varint());
        return field;
    }
    fail("a field of an unknown kind");
  }

  [[noreturn]] void fail(std::string_view what) const {
    RIFT_FAIL(Code::kArtefact, "{}: {}; is this a SentencePiece model?", source_, what);
  }
  void require(const Field& field, Wire wire, std::string_view name) const {
    if (field.wire != wire) fail(fmt::format("{} is of the wrong kind", name));
  }

 private:
  std::string_view take(uint64_t bytes) {
    if (bytes > rest_.size()) fail("the file is cut short");
    const std::string_view taken = rest_.substr(0, bytes);
    rest_.remove_prefix(bytes);
    return taken;
  }
  uint64_t varint() {
    uint64_t value = 0;
    for (int shift = 0; shift < 64; shift += 7) {
      const auto byte = static_cast<uint8_t>(take(1)[0]);
      value |= static_cast<uint64_t>(byte & 0x7F) << shift;
      if (byte < 0x80) return value;
    }
    fail("a number of more than 64 bits");
  }
  uint64_t little_endian(size_t bytes) {
    const std::string_view from = take(bytes);
    uint64_t value = 0;
    for (size_t i = bytes; i > 0; --i) value = value << 8 | static_cast<uint8_t>(from[i - 1]);
    return value;
  }

  std::string_view rest_;
  std::string_view source_;
};

using Wire = Fields::Wire;

void read_piece(std::string_view message, SentencePieceModel& model) {
  Fields fields(message, model.source);
  ScoredToken piece;
  auto kind = SentencePieceModel::Kind::kNormal;
  while (const auto field = fields.next()) {
    if (field->number == 1) {
      fields.require(*field, Wire::kBytes, "a piece");
      piece.text = field->bytes;
    } else if (field->number == 2) {
      fields.require(*field, Wire::kFour, "a score");
      piece.score = std::bit_cast<float>(static_cast<uint32_t>(field->value));
    } else if (field->number == 3) {
      fields.require(*field, Wire::kNumber, "a piece's type");
      if (field->value < 1 || field->value > 6) fields.fail("a piece of an unknown type");
      kind = static_cast<SentencePieceModel::Kind>(field->value);
    }
  }
  if (!is_valid_utf8(piece.text)) fields.fail(fmt::format("piece {} is not UTF-8", model.pieces.size()));
  if (!std::isfinite(piece.score)) fields.fail(fmt::format("the score of piece {} is no number", model.pieces.size()));
  if (static_cast<int64_t>(model.pieces.size()) >= Vocabulary::kMostIds) fields.fail("too many pieces");
  model.pieces.push_back(std::move(piece));
  model.kinds.push_back(kind);
}

void read_trainer(std::string_view message, SentencePieceModel& model) {
  Fields fields(message, model.source);
  while (const auto field = fields.next()) {
    if (field->number == 3) {
      fields.require(*field, Wire::kNumber, "the model's type");
      RIFT_REQUIRE(field->value == 1 || field->value == 2, Code::kUnsupported,
                   "{}: a model of type {} is not implemented (1, Unigram, and 2, BPE, are)", model.source,
                   field->value);
      model.type = static_cast<SentencePieceModel::Type>(field->value);
    } else if (field->number == 45) {
      fields.require(*field, Wire::kBytes, "the unknown piece");
      model.unk_piece = field->bytes;
    }
  }
}

void read_normalizer(std::string_view message, SentencePieceModel& model) {
  Fields fields(message, model.source);
  while (const auto field = fields.next()) {
    if (field->number != 2) continue;
    fields.require(*field, Wire::kBytes, "the character map");
    model.charsmap = field->bytes;
  }
}

}  // namespace

SentencePieceModel read_sentencepiece_model(std::string_view bytes, std::string_view source) {
  SentencePieceModel model;
  model.source = source;
  Fields fields(bytes, source);
  while (const auto field = fields.next()) {
    if (field->number < 1 || field->number > 3) continue;
    fields.require(*field, Wire::kBytes, "a part of the model");
    if (field->number == 1) read_piece(field->bytes, model);
    if (field->number == 2) read_trainer(field->bytes, model);
    if (field->number == 3) read_normalizer(field->bytes, model);
  }
  if (model.pieces.empty()) fields.fail("there are no pieces");
  return model;
}

}  // namespace rift::encode::text
