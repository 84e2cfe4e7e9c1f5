#include "rift/encode/text/pipeline/bpe.h"

#include <algorithm>
#include <utility>

#include "rift/base/error.h"
#include "rift/encode/text/kept_buffer.h"
#include "rift/encode/text/pipeline/byte_alphabet.h"
#include "rift/encode/text/sentencepiece_space.h"
#include "rift/encode/text/utf8.h"
#include "rift/encode/text/word_cache.h"

namespace rift::encode::text {
namespace {

/// Of each id; empty where there is no token or one that is not of the byte alphabet.
std::vector<std::string> texts_of_bytes(const Vocabulary& vocabulary) {
  std::vector<std::string> texts;
  texts.reserve(static_cast<size_t>(vocabulary.size()));
  for (int32_t id = 0; id < vocabulary.size(); ++id) {
    texts.push_back(bytes_written_as(vocabulary.token(id)).value_or(""));
  }
  return texts;
}

ByteTrie tokens_by_bytes(const Vocabulary& vocabulary) {
  const auto texts = texts_of_bytes(vocabulary);
  std::vector<ByteTrie::Entry> entries;
  for (size_t id = 0; id < texts.size(); ++id) {
    if (!texts[id].empty()) entries.push_back({texts[id], static_cast<int32_t>(id)});
  }
  return ByteTrie(std::move(entries));
}

MergeTable merges_of(const std::vector<BpeOptions::Merge>& merges, const ByteTrie& ids, std::string_view source) {
  std::vector<MergeTable::Merge> table;
  table.reserve(merges.size());
  for (const BpeOptions::Merge& merge : merges) {
    const auto id = [&](const std::string& token) {
      const int32_t found = ids.value(token);
      RIFT_REQUIRE(found >= 0, Code::kArtefact, "{}: merge {} of '{}' and '{}': the vocabulary has no '{}'", source,
                   table.size() + 1, shorten(merge.left), shorten(merge.right), shorten(token));
      return found;
    };
    table.push_back({id(merge.left), id(merge.right), id(merge.left + merge.right)});
  }
  return MergeTable(table);
}

bool may_cut_before_spaces(const BpeOptions& options, const ByteTrie& ids) {
  const auto reaches_over = [](const BpeOptions::Merge& merge) {
    return merge.right.starts_with(kSentencePieceSpace) && !merge.left.ends_with(kSentencePieceSpace);
  };
  return !options.byte_level && !options.ignore_merges && ids.value(kSentencePieceSpace) >= 0 &&
         std::ranges::none_of(options.merges, reaches_over);
}

}  // namespace

Bpe::Bpe(Vocabulary vocabulary, const BpeOptions& options, std::string_view source)
    : vocabulary_(std::move(vocabulary)),
      ids_(vocabulary_.trie()),
      texts_(options.byte_level ? tokens_by_bytes(vocabulary_) : ByteTrie()),
      merges_(merges_of(options.merges, ids_, source)),
      byte_level_(options.byte_level),
      fuse_unk_(options.fuse_unk),
      ignore_merges_(options.ignore_merges),
      number_(WordCache::next_number()),
      whole_({}) {
  if (options.unk_token) {
    unk_id_ = id(*options.unk_token);
    RIFT_REQUIRE(unk_id_ >= 0, Code::kArtefact, "{}: the unknown token '{}' is not in the vocabulary", source,
                 shorten(*options.unk_token));
  }
  for (size_t byte = 0; byte < byte_ids_.size(); ++byte) {
    const auto character = static_cast<char>(byte);
    byte_ids_[byte] = byte_level_             ? texts_.value({&character, 1})
                      : options.byte_fallback ? ids_.value(fmt::format("<0x{:02X}>", byte))
                                              : -1;
  }
  if (may_cut_before_spaces(options, ids_)) run_start_ = kSentencePieceSpace;
  whole_ = whole_words();
}

/// Words that split() leaves whole, found by asking it.
WordTable Bpe::whole_words() const {
  const auto texts = byte_level_ ? texts_of_bytes(vocabulary_) : std::vector<std::string>();
  std::vector<WordTable::Entry> entries;
  std::vector<Piece> pieces;
  for (int32_t id = 0; id < vocabulary_.size(); ++id) {
    const std::string_view text = byte_level_ ? texts[static_cast<size_t>(id)] : vocabulary_.token(id);
    if (text.empty() || text.size() > ShortWord::kMostBytes) continue;
    pieces.clear();
    split(text, pieces);
    if (pieces.size() == 1 && pieces[0].end == text.size()) entries.push_back({text, pieces[0].id});
  }
  return WordTable(entries);
}

void Bpe::split(std::string_view word, std::vector<Piece>& pieces) const {
  if (ignore_merges_) {
    if (const int32_t id = byte_level_ ? texts_.value(word) : ids_.value(word); id >= 0) {
      return pieces.push_back({id, static_cast<uint32_t>(word.size())});
    }
  }
  thread_local Symbols symbols;
  symbols.clear();
  append_symbols(word, symbols);
  merges_.apply(symbols);
  uint32_t end = 0;
  for (const auto& symbol : symbols) {
    end += symbol.bytes;
    pieces.push_back({symbol.id, end});
  }
  keep_small(symbols);
}

/// The symbols that a word is merged from: its bytes or its characters.
void Bpe::append_symbols(std::string_view word, Symbols& symbols) const {
  uint32_t unknown_bytes = 0;  // of the unknown token on its way
  uint32_t skipped_bytes = 0;  // without a token, which the next symbol covers
  const auto flush = [&] {
    if (unknown_bytes > 0) symbols.push_back({unk_id_, unknown_bytes});
    unknown_bytes = 0;
  };
  for (size_t at = 0; at < word.size();) {
    const uint32_t bytes = byte_level_ ? 1 : decode_valid(word, at).bytes;
    const std::string_view character = word.substr(at, bytes);
    at += bytes;
    const int32_t id = byte_level_ ? byte_ids_[static_cast<uint8_t>(character[0])] : ids_.value(character);
    if (id >= 0) {
      flush();
      symbols.push_back({id, bytes + std::exchange(skipped_bytes, 0)});
    } else if (!byte_level_ && append_bytes(character, symbols)) {
      // as the library has it, an unknown token on its way comes behind them
    } else if (unk_id_ >= 0) {
      if (!fuse_unk_) flush();
      unknown_bytes += bytes;
    } else {
      skipped_bytes += bytes;
    }
  }
  flush();
}

/// False when a byte has no token.
bool Bpe::append_bytes(std::string_view character, Symbols& symbols) const {
  const auto id = [this](char byte) { return byte_ids_[static_cast<uint8_t>(byte)]; };
  if (std::ranges::any_of(character, [&](char byte) { return id(byte) < 0; })) return false;
  for (const char byte : character) symbols.push_back({id(byte), 1});
  return true;
}

}  // namespace rift::encode::text
