#pragma once

#include "rift/encode/text/pipeline/word_patterns.h"
#include "rift/encode/text/pipeline/word_scanner.h"

namespace rift::encode::text {

/// Words of patterns that tell capital letters, small ones, marks and signs apart. Linear: a character is looked at
/// four times at most.
class DetailedScanner : public WordScanner {
 public:
  using WordScanner::WordScanner;

  struct Cased {
    int most_digits = 3;
    bool contractions = true;  // (?i:'s|'t|'re|'ve|'m|'ll|'d)? behind a word
  };
  /// Where the word at `at` ends by
  ///   P?U*L+C?|P?U+L*C?|\p{N}{1,most_digits}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+
  /// with P [^\r\n\p{L}\p{N}], U [\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}], L [\p{Ll}\p{Lm}\p{Lo}\p{M}] and C a contraction.
  size_t cased_end(size_t at, const Cased& options) const;

  /// Where the word at `at` ends by DeepSeek's third pattern, or what lies before the next one.
  size_t deepseek_end(size_t at) const;

  /// \p{N}{1,3}, or what lies before the next one.
  size_t numbers_end(size_t at) const;

  /// [一-龥぀-ゟ゠-ヿ]+, or what lies before the next one.
  size_t ideographs_end(size_t at) const;

 private:
  using Detail = CharacterKinds::Detail;
  struct Near {
    Detail detail;
    size_t bytes;
  };
  Near near(size_t at) const;
  size_t cased_word_end(size_t at) const;
  size_t lower_end(size_t at) const;
  size_t signs_end(size_t at) const;
  size_t letters_and_marks_end(size_t at) const;
  size_t deepseek_match(size_t at) const;
  bool is_ideograph(size_t at) const;
};

}  // namespace rift::encode::text
