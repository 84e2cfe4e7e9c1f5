#include "rift/encode/text/bert_tokenizer.h"

#include <algorithm>

#include "rift/base/error.h"
#include "rift/encode/text/added_vocabulary.h"
#include "rift/encode/text/bert_pre_tokenizer.h"
#include "rift/encode/text/kept_buffer.h"
#include "rift/encode/text/utf8.h"
#include "rift/encode/text/word_cache.h"

namespace rift::encode::text {
namespace {

constexpr size_t kChunkBytes = 1024;

/// White space under every normalizer: clean_text takes \v and \f out of the word they stand in.
bool always_ends_word(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }

/// Buffers of a thread, so that encoding a text allocates nothing once they have grown: 256 KiB of the cache, and up
/// to some ten bytes a byte of the longest stretch without white space, at most kKeptBytes each.
struct Scratch {
  NormalizedText normalized;
  std::vector<AddedTokenMatcher::Part> raw_parts, normalized_parts;
  WordCache words;
  std::vector<Piece> pieces;  // of a long word

  void keep_small() {
    const auto keep = [](auto&... buffers) { (encode::text::keep_small(buffers), ...); };
    keep(normalized.bytes, normalized.origin, raw_parts, normalized_parts, pieces);
  }
};

Scratch& scratch() {
  thread_local Scratch buffers;
  return buffers;
}

class BertTokenizer final : public Tokenizer {
 public:
  explicit BertTokenizer(BertTokenizerSpec spec);
  void encode(std::string_view text, const EncodeOptions& options, Encoding& out) const override;
  int64_t vocab_size() const override { return added_.vocab_size(); }
  std::string_view token(int32_t id) const override;
  int32_t id(std::string_view token) const override;

 private:
  struct Run;
  void check_ids(const std::vector<int32_t>& ids) const;

  std::string source_;
  WordPiece words_;
  BertNormalizer normalizer_;
  AddedVocabulary added_;
  TokensAround around_;
};

BertNormalizerOptions options_of(const std::optional<BertNormalizerOptions>& options) {
  return options.value_or(BertNormalizerOptions{false, false, false, false});
}

BertTokenizer::BertTokenizer(BertTokenizerSpec spec)
    : source_(std::move(spec.source)),
      words_(Vocabulary(std::move(spec.vocabulary), source_), spec.wordpiece, source_),
      normalizer_(options_of(spec.normalizer)),
      added_(std::move(spec.added_tokens), {.source = source_,
                                            .vocab_size = words_.vocabulary().size(),
                                            .id = [this](std::string_view token) { return words_.id(token); },
                                            .token = [this](int32_t id) { return words_.vocabulary().token(id); },
                                            .normalized_text =
                                                [this](std::string_view text) {
                                                  NormalizedText written;
                                                  normalizer_.normalize({.text = text}, written);
                                                  return written.bytes;
                                                }}),
      around_(std::move(spec.around)) {
  check_ids(around_.before);
  check_ids(around_.after);
}

void BertTokenizer::check_ids(const std::vector<int32_t>& ids) const {
  for (const int32_t id : ids) {
    RIFT_REQUIRE(!token(id).empty(), Code::kArtefact, "{}: the tokens around a text name id {}, which no token has",
                 source_, id);
  }
}

std::string_view BertTokenizer::token(int32_t id) const {
  const auto added = added_.token(id);
  return !added.empty() ? added : words_.vocabulary().token(id);
}

int32_t BertTokenizer::id(std::string_view token) const {
  const int32_t added = added_.id(token);
  return added >= 0 ? added : words_.id(token);
}

/// One text on its way. Every step returns false once the limit is passed and the rest need not be looked at.
struct BertTokenizer::Run {
  const BertTokenizer& tokenizer;
  TokenSink& sink;
  Scratch& buffers;

  Offset origin(size_t begin, size_t end) const {
    const auto& origins = buffers.normalized.origin;
    return sink.want_offsets ? Offset{origins[begin].begin, origins[end - 1].end} : Offset{};
  }

  /// `word` at byte `begin` of the normalized text.
  bool word(std::string_view word, size_t begin) {
    if (word.size() > ShortWord::kMostBytes) return long_word(word, begin);
    const auto key = ShortWord::of(word);
    if (const int32_t id = tokenizer.words_.whole(key); id >= 0)
      return sink.add(id, origin(begin, begin + word.size()));
    return pieces(buffers.words.pieces(tokenizer.words_, word, key), begin);
  }

  bool long_word(std::string_view word, size_t begin) {
    buffers.pieces.clear();
    tokenizer.words_.split(word, buffers.pieces);
    return pieces(buffers.pieces, begin);
  }

  bool pieces(std::span<const Piece> pieces, size_t begin) {
    size_t from = begin;
    for (const auto& piece : pieces) {
      if (!sink.add(piece.id, origin(from, begin + piece.end))) return false;
      from = begin + piece.end;
    }
    return true;
  }

  /// Words of the normalized bytes [begin, end).
  bool words(size_t begin, size_t end) {
    const std::string_view text = std::string_view(buffers.normalized.bytes).substr(0, end);
    for (BertPreTokenizer found(text.substr(begin)); !found.done();) {
      for (const auto [first, last] : found.next()) {
        if (!word(text.substr(begin + first, last - first), begin + first)) return false;
      }
    }
    return true;
  }

  /// A stretch without added tokens that are looked for in the text as it is.
  bool stretch(std::string_view text, size_t begin) {
    std::string& bytes = buffers.normalized.bytes;
    tokenizer.normalizer_.normalize({text, static_cast<uint32_t>(begin), sink.want_offsets}, buffers.normalized);
    tokenizer.added_.normalized().split(bytes, buffers.normalized_parts);
    bytes.append(ShortWord::kMostBytes, '\0');  // what ShortWord may read behind the last word
    return std::all_of(buffers.normalized_parts.begin(), buffers.normalized_parts.end(), [&](const auto& part) {
      return part.id < 0 ? words(part.begin, part.end) : sink.add(part.id, origin(part.begin, part.end));
    });
  }

  /// The same in pieces that end after white space, so that the rest of a long text costs nothing once the limit is
  /// reached.
  bool chunks(std::string_view text, size_t begin) {
    if (!tokenizer.added_.normalized().empty()) return stretch(text, begin);
    for (size_t at = 0; at < text.size();) {
      size_t end = std::min(at + kChunkBytes, text.size());
      while (end < text.size() && !always_ends_word(text[end - 1])) ++end;
      if (!stretch(text.substr(at, end - at), begin + at)) return false;
      at = end;
    }
    return true;
  }

  void text(std::string_view text) {
    tokenizer.added_.raw().split(text, buffers.raw_parts);
    for (const auto& part : buffers.raw_parts) {
      const Offset offset = {static_cast<uint32_t>(part.begin), static_cast<uint32_t>(part.end)};
      const bool more =
          part.id < 0 ? chunks(text.substr(part.begin, part.end - part.begin), part.begin) : sink.add(part.id, offset);
      if (!more) return;
    }
  }
};

void BertTokenizer::encode(std::string_view text, const EncodeOptions& options, Encoding& out) const {
  encode_in_frame(text, options, around_, out, [&](std::string_view valid, TokenSink& sink) {
    Run{*this, sink, scratch()}.text(valid);
    scratch().keep_small();
  });
}

}  // namespace

std::unique_ptr<Tokenizer> make_bert_tokenizer(BertTokenizerSpec spec) {
  return std::make_unique<BertTokenizer>(std::move(spec));
}

}  // namespace rift::encode::text
