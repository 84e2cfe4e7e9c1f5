#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "rift/encode/text/byte_trie.h"

namespace rift::encode::text {

/// A token that is found in the text before words are looked at, such as [MASK].
struct AddedToken {
  std::string content;
  int32_t id = 0;
  bool special = false;
  bool single_word = false;  // only where no word character stands on either side
  bool lstrip = false;       // takes the white space on its left along
  bool rstrip = false;
  bool normalized = false;  // looked for in the normalized text, itself normalized; else in the text as it is
};

/// Finds added tokens, leftmost longest first, as the `tokenizers` library does: a match that single_word refuses is
/// passed over whole, of tokens that are spelt alike the first counts, and a match of white space that the token before
/// it took along is none when lstrip leaves nothing of it. Linear in the text times the longest token.
class AddedTokenMatcher {
 public:
  struct Pattern {
    std::string text;  // not empty; what is looked for
    AddedToken token;
  };
  explicit AddedTokenMatcher(std::vector<Pattern> patterns);

  /// A stretch [begin, end) of the text that is a token (id >= 0) or lies between tokens (id < 0).
  struct Part {
    size_t begin = 0, end = 0;
    int32_t id = -1;
  };
  /// Replaces `parts` by what covers `text` (valid UTF-8).
  void split(std::string_view text, std::vector<Part>& parts) const;
  bool empty() const { return patterns_.empty(); }

 private:
  size_t next_begin(std::string_view text, size_t at) const;

  std::vector<Pattern> patterns_;
  ByteTrie trie_;
  std::string first_bytes_;  // of the patterns, each once
  std::array<bool, 256> is_first_byte_{};
};

}  // namespace rift::encode::text
