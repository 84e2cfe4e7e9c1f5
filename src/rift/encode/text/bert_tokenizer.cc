#include "rift/encode/text/bert_tokenizer.h"

#include <algorithm>
#include <limits>
#include <unordered_map>

#include "rift/base/error.h"
#include "rift/encode/text/bert_pre_tokenizer.h"
#include "rift/encode/text/utf8.h"
#include "rift/encode/text/word_cache.h"

namespace rift::encode::text {
namespace {

constexpr size_t kChunkBytes = 1024;

struct Hash {
  using is_transparent = void;
  size_t operator()(std::string_view text) const { return std::hash<std::string_view>{}(text); }
};

/// White space under every normalizer: clean_text takes \v and \f out of the word they stand in.
bool always_ends_word(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }

/// Buffers of a thread, so that encoding a text allocates nothing once they have grown: 256 KiB of the cache, and up
/// to some ten bytes a byte of the longest stretch without white space.
struct Scratch {
  NormalizedText normalized;
  std::vector<AddedTokenMatcher::Part> raw_parts, normalized_parts;
  WordCache words;
  std::vector<WordPiece::Piece> pieces;  // of a long word
};

Scratch& scratch() {
  thread_local Scratch buffers;
  return buffers;
}

class BertTokenizer final : public Tokenizer {
 public:
  explicit BertTokenizer(BertTokenizerSpec spec);
  void encode(std::string_view text, const EncodeOptions& options, Encoding& out) const override;
  int64_t vocab_size() const override { return vocab_size_; }
  std::string_view token(int32_t id) const override;
  int32_t id(std::string_view token) const override;

 private:
  struct Run;
  AddedTokenMatcher matcher(bool normalized) const;
  void check_ids(const std::vector<int32_t>& ids) const;

  std::string source_;
  WordPiece words_;
  BertNormalizer normalizer_;
  std::vector<AddedToken> added_;
  std::unordered_map<std::string, int32_t, Hash, std::equal_to<>> added_ids_;
  std::unordered_map<int32_t, std::string> added_texts_;
  AddedTokenMatcher raw_, normalized_;
  std::vector<int32_t> before_, after_;
  int64_t vocab_size_ = 0;
};

BertNormalizerOptions options_of(const std::optional<BertNormalizerOptions>& options) {
  return options.value_or(BertNormalizerOptions{false, false, false, false});
}

BertTokenizer::BertTokenizer(BertTokenizerSpec spec)
    : source_(std::move(spec.source)),
      words_(Vocabulary(std::move(spec.vocabulary), source_), spec.wordpiece, source_),
      normalizer_(options_of(spec.normalizer)),
      added_(std::move(spec.added_tokens)),
      raw_({}),
      normalized_({}),
      before_(std::move(spec.before)),
      after_(std::move(spec.after)),
      vocab_size_(words_.vocabulary().size()) {
  for (const AddedToken& token : added_) {
    RIFT_REQUIRE(!token.content.empty(), Code::kArtefact, "{}: added token {} is empty", source_, token.id);
    const int32_t known = words_.id(token.content);
    const std::string_view owner = words_.vocabulary().token(token.id);
    RIFT_REQUIRE(token.id >= 0 && token.id < Vocabulary::kMostIds && (known < 0 || known == token.id) &&
                     (owner.empty() || owner == token.content),
                 Code::kArtefact, "{}: added token '{}' has id {}, but the vocabulary gives it {} and that id to '{}'",
                 source_, shorten(token.content), token.id, known, shorten(owner));
    const bool new_text = added_ids_.emplace(token.content, token.id).second;
    const bool new_id = added_texts_.emplace(token.id, token.content).second;
    RIFT_REQUIRE(new_text && new_id, Code::kArtefact, "{}: added token '{}' (id {}) is given twice", source_,
                 shorten(token.content), token.id);
    vocab_size_ = std::max<int64_t>(vocab_size_, token.id + 1);
  }
  std::stable_sort(added_.begin(), added_.end(),
                   [](const AddedToken& a, const AddedToken& b) { return a.special > b.special; });
  raw_ = matcher(false);
  normalized_ = matcher(true);
  check_ids(before_);
  check_ids(after_);
}

AddedTokenMatcher BertTokenizer::matcher(bool normalized) const {
  std::vector<AddedTokenMatcher::Pattern> patterns;
  for (const AddedToken& token : added_) {
    if (token.normalized != normalized) continue;
    std::string text = token.content;
    if (normalized) {
      NormalizedText written;
      normalizer_.normalize({.text = text}, written);
      text = written.bytes;
    }
    RIFT_REQUIRE(!text.empty(), Code::kUnsupported, "{}: the normalizer leaves nothing of added token {}", source_,
                 token.id);
    patterns.push_back({std::move(text), token});
  }
  return AddedTokenMatcher(std::move(patterns));
}

void BertTokenizer::check_ids(const std::vector<int32_t>& ids) const {
  for (const int32_t id : ids) {
    RIFT_REQUIRE(!token(id).empty(), Code::kArtefact, "{}: the tokens around a text name id {}, which no token has",
                 source_, id);
  }
}

std::string_view BertTokenizer::token(int32_t id) const {
  const auto added = added_texts_.find(id);
  return added != added_texts_.end() ? std::string_view(added->second) : words_.vocabulary().token(id);
}

int32_t BertTokenizer::id(std::string_view token) const {
  const auto added = added_ids_.find(token);
  return added != added_ids_.end() ? added->second : words_.id(token);
}

/// One text on its way. Every step returns false once the limit is passed and the rest need not be looked at.
struct BertTokenizer::Run {
  const BertTokenizer& tokenizer;
  Encoding& out;
  Scratch& buffers;
  bool want_offsets;
  size_t limit;  // of out.ids

  bool add(int32_t id, Offset offset) {
    if (out.ids.size() >= limit) return !(out.truncated = true);
    out.ids.push_back(id);
    if (want_offsets) out.offsets.push_back(offset);
    return true;
  }

  Offset origin(size_t begin, size_t end) const {
    const auto& origins = buffers.normalized.origin;
    return want_offsets ? Offset{origins[begin].begin, origins[end - 1].end} : Offset{};
  }

  /// `word` at byte `begin` of the normalized text.
  bool word(std::string_view word, size_t begin) {
    if (word.size() > ShortWord::kMostBytes) return long_word(word, begin);
    const auto key = ShortWord::of(word);
    if (const int32_t id = tokenizer.words_.whole(key); id >= 0) return add(id, origin(begin, begin + word.size()));
    return pieces(buffers.words.pieces(tokenizer.words_, word, key), begin);
  }

  bool long_word(std::string_view word, size_t begin) {
    buffers.pieces.clear();
    tokenizer.words_.split(word, buffers.pieces);
    return pieces(buffers.pieces, begin);
  }

  bool pieces(std::span<const WordPiece::Piece> pieces, size_t begin) {
    size_t from = begin;
    for (const auto& piece : pieces) {
      if (!add(piece.id, origin(from, begin + piece.end))) return false;
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
    tokenizer.normalizer_.normalize({text, static_cast<uint32_t>(begin), want_offsets}, buffers.normalized);
    tokenizer.normalized_.split(bytes, buffers.normalized_parts);
    bytes.append(ShortWord::kMostBytes, '\0');  // what ShortWord may read behind the last word
    return std::all_of(buffers.normalized_parts.begin(), buffers.normalized_parts.end(), [&](const auto& part) {
      return part.id < 0 ? words(part.begin, part.end) : add(part.id, origin(part.begin, part.end));
    });
  }

  /// The same in pieces that end after white space, so that the rest of a long text costs nothing once the limit is
  /// reached.
  bool chunks(std::string_view text, size_t begin) {
    if (!tokenizer.normalized_.empty()) return stretch(text, begin);
    for (size_t at = 0; at < text.size();) {
      size_t end = std::min(at + kChunkBytes, text.size());
      while (end < text.size() && !always_ends_word(text[end - 1])) ++end;
      if (!stretch(text.substr(at, end - at), begin + at)) return false;
      at = end;
    }
    return true;
  }

  void text(std::string_view text) {
    tokenizer.raw_.split(text, buffers.raw_parts);
    for (const auto& part : buffers.raw_parts) {
      const Offset offset = {static_cast<uint32_t>(part.begin), static_cast<uint32_t>(part.end)};
      const bool more =
          part.id < 0 ? chunks(text.substr(part.begin, part.end - part.begin), part.begin) : add(part.id, offset);
      if (!more) return;
    }
  }
};

void BertTokenizer::encode(std::string_view text, const EncodeOptions& options, Encoding& out) const {
  out.ids.clear();
  out.offsets.clear();
  out.truncated = text.size() > std::numeric_limits<uint32_t>::max() / 3;  // offsets are 32 bits, repairs may triple
  if (out.truncated) text = text.substr(0, std::numeric_limits<uint32_t>::max() / 3);
  const auto special = [&](const std::vector<int32_t>& ids) {
    if (!options.add_special) return;
    out.ids.insert(out.ids.end(), ids.begin(), ids.end());
    if (options.want_offsets) out.offsets.resize(out.ids.size());
  };
  special(before_);
  const size_t reserved = options.add_special ? before_.size() + after_.size() : 0;
  const size_t room = options.max_tokens <= 0 ? std::numeric_limits<size_t>::max() / 2
                                              : std::max(static_cast<size_t>(options.max_tokens), reserved) - reserved;
  Run run{*this, out, scratch(), options.want_offsets, out.ids.size() + room};
  if (is_valid_utf8(text)) {
    run.text(text);
  } else {
    const RepairedText valid = repair_utf8(text);
    run.text(valid.text);
    for (Offset& offset : out.offsets) {
      offset = {valid.original_place(offset.begin), valid.original_place(offset.end)};
    }
  }
  special(after_);
}

}  // namespace

std::unique_ptr<Tokenizer> make_bert_tokenizer(BertTokenizerSpec spec) {
  return std::make_unique<BertTokenizer>(std::move(spec));
}

}  // namespace rift::encode::text
