#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "rift/encode/text/byte_trie.h"
#include "rift/encode/text/piece.h"
#include "rift/encode/text/word_table.h"
#include "rift/encode/text/wordpiece.h"

namespace rift::encode::text {

struct UnigramOptions {
  std::vector<double> scores;     // log probabilities, by id
  std::optional<int32_t> unk_id;  // of characters without a token
  bool byte_fallback = false;     // tokens <0x00> to <0xFF> before it
};

/// The most probable pieces of a word under a unigram language model (Kudo 2018, arXiv:1804.10959), as the `tokenizers`
/// library computes them: one Viterbi pass, an unknown character costs 10 more than the least probable token, unknown
/// characters in a row are one token, of equal paths the one found first stays.
/// Time: linear in the word, times the longest token a byte may begin, at most kLongestToken. Tokens: as many as a
/// Vocabulary takes.
class Unigram {
 public:
  /// Throws kArtefact when scores and vocabulary differ in number, a score is no number or the unknown id has no token.
  Unigram(Vocabulary vocabulary, UnigramOptions options, std::string_view source);

  /// Appends the pieces of a word of valid UTF-8, not empty. Without unk_id, characters that have no token are passed
  /// over where bytes do not stand in for them.
  void split(std::string_view word, std::vector<Piece>& pieces) const;

  int32_t whole(const ShortWord&) const { return -1; }  // whether a token is its own best path takes a pass to know

  const Vocabulary& vocabulary() const { return vocabulary_; }
  int32_t id(std::string_view token) const { return ids_.value(token); }  // -1 when unknown; of equal tokens the last
  uint32_t number() const { return number_; }                             // for WordCache

 private:
  /// The best way to a byte.
  struct Node {
    double score = 0;
    uint32_t begin = 0;
    int32_t id = -1;  // -1: no way leads there
  };
  void find_paths(std::string_view word, std::vector<Node>& nodes) const;
  void append_token(std::string_view text, uint32_t end, std::vector<Piece>& pieces) const;

  Vocabulary vocabulary_;
  UnigramOptions options_;
  ByteTrie ids_;
  double unk_score_ = 0;
  std::array<int32_t, 256> byte_ids_;
  uint32_t number_;
};

}  // namespace rift::encode::text
