#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

namespace rift::encode::text {

/// A stretch [begin, end) of a text.
struct Span {
  uint32_t begin = 0, end = 0;
};

/// The regular expressions that byte-level tokenizers cut texts into words with. Every character belongs to a word.
enum class WordPattern : uint8_t {
  kGpt2,    // 's|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+
  kLlama3,  // (?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|
            // ...
  kQwen2    // the same with \p{N}
};

/// The pattern of which this is the text; unset for any other.
std::optional<WordPattern> word_pattern_of(std::string_view regular_expression);

std::string_view regular_expression(WordPattern pattern);

/// Appends the words of `text` (valid UTF-8), which begins at byte `begin` of what the spans are counted in. By hand,
/// without a regular expression's stack and backtracking: linear time, each byte is looked at three times at most.
void append_words(WordPattern pattern, std::string_view text, uint32_t begin, std::vector<Span>& words);

}  // namespace rift::encode::text
