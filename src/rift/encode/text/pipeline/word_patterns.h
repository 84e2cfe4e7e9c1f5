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

/// The regular expressions that byte-level tokenizers cut texts into words with; word_patterns.cc has their texts. What
/// lies between matches of kNumbers and the last two is a word too.
enum class WordPattern : uint8_t {
  kGpt2,        // 's|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+
  kLlama3,      // (?i:'s|...)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+
  kQwen2,       // the same with \p{N}
  kCl100k,      // with \p{N}+, as the `tokenizers` library reads tiktoken's \p{N}{1,3}+, and \s++$ before \s*[\r\n]
  kO200k,       // GPT-4o, Llama 4, Phi 4: words end before a capital letter behind a small one
  kTekken,      // Mistral Nemo: the same without contractions and with \p{N}
  kNumbers,     // \p{N}{1,3}, the first of DeepSeek V3's three
  kIdeographs,  // [一-龥぀-ゟ゠-ヿ]+, the second
  kDeepSeek     // the third
};

/// The pattern of which this is the text, or one that cuts every text alike; unset for any other.
std::optional<WordPattern> word_pattern_of(std::string_view regular_expression);

/// A text of the pattern.
std::string_view regular_expression(WordPattern pattern);

/// Whether every character belongs to a match, so that no text lies between matches.
bool covers_every_text(WordPattern pattern);

/// Appends the words of `text` (valid UTF-8), which begins at byte `begin` of what the spans are counted in. By hand,
/// without a regular expression's stack and backtracking: linear time, each byte is looked at a few times at most.
void append_words(WordPattern pattern, std::string_view text, uint32_t begin, std::vector<Span>& words);

}  // namespace rift::encode::text
