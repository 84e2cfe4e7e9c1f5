#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "rift/encode/text/added_tokens.h"

namespace rift::encode::text {

/// The added tokens of a tokenizer: their ids, their texts, and where they are found before words are looked at.
class AddedVocabulary {
 public:
  static constexpr size_t kMostTokens = 100'000;

  /// What the tokenizer knows without them.
  struct Around {
    std::string source;                                            // named in errors
    int64_t vocab_size = 0;                                        // of the model's vocabulary
    std::function<int32_t(std::string_view)> id;                   // -1 when unknown
    std::function<std::string_view(int32_t)> token;                // "" outside the vocabulary
    std::function<std::string(std::string_view)> normalized_text;  // as the tokenizer's normalizer writes it
  };
  /// Throws kArtefact: more than kMostTokens, an empty token, one of more than kLongestToken bytes, one given twice,
  /// one whose id the vocabulary gives to another one; kUnsupported: one of which the normalizer leaves nothing.
  AddedVocabulary(std::vector<AddedToken> tokens, const Around& around);

  int32_t id(std::string_view token) const;              // -1 when unknown
  std::string_view token(int32_t id) const;              // "" when unknown
  int64_t vocab_size() const { return vocab_size_; }     // highest id + 1, the model's vocabulary included
  const AddedTokenMatcher& raw() const { return raw_; }  // looked for in the text as it is
  const AddedTokenMatcher& normalized() const { return normalized_; }

 private:
  struct Hash {
    using is_transparent = void;
    size_t operator()(std::string_view text) const { return std::hash<std::string_view>{}(text); }
  };

  std::unordered_map<std::string, int32_t, Hash, std::equal_to<>> ids_;
  std::unordered_map<int32_t, std::string> texts_;
  int64_t vocab_size_;
  AddedTokenMatcher raw_, normalized_;
};

}  // namespace rift::encode::text
