#include "rift/encode/text/pipeline/sentencepiece_model.h"

#include <bit>
#include <cmath>

#include "rift/base/error.h"
#include "rift/base/protobuf.h"
#include "rift/encode/text/utf8.h"
#include "rift/encode/text/wordpiece.h"

namespace rift::encode::text {
namespace {

using protobuf::Wire;

protobuf::Reader fields_of(std::string_view message, std::string_view source) {
  return {message, source, "is this a SentencePiece model?"};
}

void read_piece(std::string_view message, SentencePieceModel& model) {
  protobuf::Reader fields = fields_of(message, model.source);
  ScoredToken piece;
  auto kind = SentencePieceModel::Kind::kNormal;
  while (const auto field = fields.next()) {
    if (field->number == 1) {
      fields.require(*field, Wire::kBytes, "a piece");
      piece.text = field->bytes;
    } else if (field->number == 2) {
      fields.require(*field, Wire::kFixed32, "a score");
      piece.score = std::bit_cast<float>(static_cast<uint32_t>(field->value));
    } else if (field->number == 3) {
      fields.require(*field, Wire::kVarint, "a piece's type");
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
  protobuf::Reader fields = fields_of(message, model.source);
  while (const auto field = fields.next()) {
    if (field->number == 3) {
      fields.require(*field, Wire::kVarint, "the model's type");
      RIFT_REQUIRE(field->value == 1 || field->value == 2, Code::kUnsupported,
                   "{}: a model of type {} is not implemented (1, Unigram, and 2, BPE, are)", model.source,
                   field->value);
      model.type = static_cast<SentencePieceModel::Type>(field->value);
    } else if (field->number == 24) {
      fields.require(*field, Wire::kVarint, "treat_whitespace_as_suffix");
      RIFT_REQUIRE(field->value == 0, Code::kUnsupported,
                   "{}: treat_whitespace_as_suffix, spaces behind a word instead of before it, is not implemented",
                   model.source);
    } else if (field->number == 45) {
      fields.require(*field, Wire::kBytes, "the unknown piece");
      model.unk_piece = field->bytes;
    }
  }
}

void read_normalizer(std::string_view message, SentencePieceModel& model) {
  protobuf::Reader fields = fields_of(message, model.source);
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
  protobuf::Reader fields = fields_of(bytes, source);
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
