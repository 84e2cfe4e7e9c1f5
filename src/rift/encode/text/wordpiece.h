#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "rift/encode/text/byte_trie.h"
#include "rift/encode/text/piece.h"
#include "rift/encode/text/word_table.h"

namespace rift::encode::text {

/// Bytes of a token and of any text that a tokenizer looks for. A search begins anew at each byte of a text, so that
/// its time is the text's length times at most this.
inline constexpr size_t kLongestToken = 1024;

/// Tokens by id. The arena holds their bytes, so that views stay valid as long as the vocabulary stays where it is.
class Vocabulary {
 public:
  static constexpr int64_t kMostIds = 4'000'000;
  static constexpr int64_t kMostBytes = int64_t{16} << 20;  // of all tokens together

  struct Token {
    std::string text;
    int64_t id = 0;
    int line = 0;  // where it stands in the source, 0 when unknown
  };
  /// Ids need not be dense. Throws kArtefact naming `source` and the line: no token, an id below 0 or above what the
  /// number of tokens allows (4 times as many, at most kMostIds), an id given twice, a token of more than kLongestToken
  /// bytes, an empty or oversized vocabulary.
  Vocabulary(std::vector<Token> tokens, std::string_view source);

  int64_t size() const { return static_cast<int64_t>(begins_.size()) - 1; }  // highest id + 1
  std::string_view token(int64_t id) const;                                  // "" where there is none

  /// Ids by their tokens. Lists of tokens, which some files have, may hold one twice.
  enum class OfEqual { kFirst, kLast };
  ByteTrie trie(OfEqual which = OfEqual::kFirst) const;

 private:
  std::string bytes_;
  std::vector<uint32_t> begins_;  // size() + 1
};

struct WordPieceOptions {
  std::string unk_token = "[UNK]";
  std::string continuing_subword_prefix = "##";
  int64_t max_input_chars_per_word = 100;
};

/// Greedy longest-match-first pieces of a word (Wu et al. 2016, arXiv:1609.08144, as in BERT's tokenization.py).
/// A word with a stretch that no piece begins, or with too many characters, is the unknown token as a whole.
/// Time: linear in the text. A byte of a word is looked at once for each match that passes over it, so at most as often
/// as the longest token has bytes (BERT's: 18) and as the word has (max_input_chars_per_word: a longer one is not
/// split).
class WordPiece {
 public:
  /// Throws kArtefact when the unknown token is not in the vocabulary.
  WordPiece(Vocabulary vocabulary, const WordPieceOptions& options, std::string_view source);

  /// Appends the pieces of a word of valid UTF-8, not empty.
  void split(std::string_view word, std::vector<Piece>& pieces) const;

  /// The id of a word that is one piece, -1 of any other or where split() has to tell. What split() gives, sooner: most
  /// words are in the vocabulary.
  int32_t whole(const ShortWord& word) const { return whole_.find(word); }

  const Vocabulary& vocabulary() const { return vocabulary_; }
  int32_t id(std::string_view token) const { return trie_.value(token); }  // -1 when unknown
  uint32_t number() const { return number_; }                              // for WordCache

 private:
  Vocabulary vocabulary_;
  ByteTrie trie_;
  WordTable whole_;
  ByteTrie::Node continuing_ = ByteTrie::kNoNode;  // where pieces inside a word begin
  int64_t max_characters_ = 100;
  int32_t unk_id_ = 0;
  uint32_t number_;
};

}  // namespace rift::encode::text
