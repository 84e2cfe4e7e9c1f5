#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "rift/encode/text/byte_trie.h"
#include "rift/encode/text/piece.h"
#include "rift/encode/text/pipeline/merge_table.h"
#include "rift/encode/text/word_table.h"
#include "rift/encode/text/wordpiece.h"

namespace rift::encode::text {

struct BpeOptions {
  struct Merge {
    std::string left, right;
  };
  std::vector<Merge> merges;             // the first one goes before all others; of equal ones the last counts
  bool byte_level = false;               // tokens are written in GPT-2's characters for bytes
  std::optional<std::string> unk_token;  // of what has no token; unset: it is passed over
  bool fuse_unk = false;                 // one unknown token for characters in a row
  bool byte_fallback = false;            // tokens <0x00> to <0xFF> before the unknown one
  bool ignore_merges = false;            // a word that is a token stays one, whatever the merges say
};

/// Byte-pair encoding (Sennrich et al. 2016, arXiv:1508.07909; over bytes: Radford et al. 2019, GPT-2), as the
/// `tokenizers` library computes it: of all neighbours in a word the pair of the lowest rank merges, the leftmost
/// first. Time: n log n in the bytes of a word. The number of merges is bounded by what a tokenizer's files may hold
/// (JsonLimits, kMostTokenizerBytes, merges_of_scores()), that of tokens by Vocabulary.
class Bpe {
 public:
  /// Throws kArtefact: a merge of tokens that are not in the vocabulary or that give none, no unknown token.
  Bpe(Vocabulary vocabulary, const BpeOptions& options, std::string_view source);

  /// Appends the pieces of a word of valid UTF-8, not empty; none when nothing of it has a token. Where neither a byte
  /// nor an unknown token stands for a character, the next piece covers it (the library's offsets go astray there).
  void split(std::string_view word, std::vector<Piece>& pieces) const;

  /// The id of a word that is one piece, -1 of any other or where split() has to tell.
  int32_t whole(const ShortWord& word) const { return whole_.find(word); }

  /// A text before whose runs words may be cut without a change of their pieces: the space of SentencePiece, where no
  /// merge reaches over its beginning. Texts that no pre-tokenizer cuts are so met as words again. "" when there is
  /// none.
  std::string_view run_start() const { return run_start_; }

  const Vocabulary& vocabulary() const { return vocabulary_; }
  int32_t id(std::string_view token) const { return ids_.value(token); }  // -1 when unknown
  uint32_t number() const { return number_; }                             // for WordCache

 private:
  using Symbols = std::vector<MergeTable::Symbol>;
  void append_symbols(std::string_view word, Symbols& symbols) const;
  bool append_bytes(std::string_view character, Symbols& symbols) const;
  WordTable whole_words() const;

  Vocabulary vocabulary_;
  ByteTrie ids_;    // tokens as the vocabulary writes them
  ByteTrie texts_;  // byte_level: the bytes they stand for
  MergeTable merges_;
  bool byte_level_, fuse_unk_, ignore_merges_;
  int32_t unk_id_ = -1;
  std::string_view run_start_;
  std::array<int32_t, 256> byte_ids_;  // byte_level: of single bytes; byte_fallback: of <0x00> ...; -1: none
  uint32_t number_;
  WordTable whole_;
};

}  // namespace rift::encode::text
