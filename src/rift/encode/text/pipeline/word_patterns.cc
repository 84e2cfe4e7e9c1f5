#include "rift/encode/text/pipeline/word_patterns.h"

#include <algorithm>
#include <limits>
#include <string>

#include "rift/base/error.h"
#include "rift/encode/text/pipeline/detailed_words.h"

namespace rift::encode::text {
namespace {

struct PatternText {
  std::string_view text;
  WordPattern pattern;
};

constexpr PatternText kTexts[] = {
    {R"('s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+)", WordPattern::kGpt2},
    // as tiktoken writes it, in its older and newer versions
    {R"('(?:[sdmt]|ll|ve|re)| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+)", WordPattern::kGpt2},
    {R"('(?:[sdmt]|ll|ve|re)| ?\p{L}++| ?\p{N}++| ?[^\s\p{L}\p{N}]++|\s++$|\s+(?!\S)|\s)", WordPattern::kGpt2},
    {R"((?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+)",
     WordPattern::kLlama3},
    {R"('(?i:[sdmt]|ll|ve|re)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+)",
     WordPattern::kLlama3},
    {R"('(?i:[sdmt]|ll|ve|re)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]|\s+(?!\S)|\s+)",
     WordPattern::kLlama3},
    {R"((?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+)",
     WordPattern::kQwen2},
    {R"('(?i:[sdmt]|ll|ve|re)|[^\r\n\p{L}\p{N}]?+\p{L}++|\p{N}{1,3}+| ?[^\s\p{L}\p{N}]++[\r\n]*+|\s++$|\s*[\r\n]|\s+(?!\S)|\s)",
     WordPattern::kCl100k},
    {R"([^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+(?i:'s|'t|'re|'ve|'m|'ll|'d)?|)"
     R"([^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*(?i:'s|'t|'re|'ve|'m|'ll|'d)?|)"
     R"(\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+)",
     WordPattern::kO200k},
    {R"([^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+|)"
     R"([^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*|)"
     R"(\p{N}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+)",
     WordPattern::kTekken},
    {R"(\p{N}{1,3})", WordPattern::kNumbers},
    {"[\u4E00-\u9FA5\u3040-\u309F\u30A0-\u30FF]+", WordPattern::kIdeographs},
    {R"([!"#$%&'()*+,\-./:;<=>?@\[\\\]^_`{|}~][A-Za-z]+|[^\r\n\p{L}\p{P}\p{S}]?[\p{L}\p{M}]+|)"
     R"( ?[\p{P}\p{S}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+)",
     WordPattern::kDeepSeek},
};

/// Finds where the word that begins at a place ends.
class Scanner : public DetailedScanner {
 public:
  using DetailedScanner::DetailedScanner;

  size_t gpt2_end(size_t at) const {
    if (text_[at] == '\'') {
      if (const size_t end = contraction_end(at, false)) return end;
    }
    const auto [kind, bytes] = look(at);
    if (kind != Kind::kSpace) return run_end(at + bytes, kind);
    if (text_[at] == ' ' && at + 1 < text_.size()) {
      const auto [next, size] = look(at + 1);
      if (next != Kind::kSpace) return run_end(at + 1 + size, next);
    }
    return space_end(at, run_end(at + bytes, Kind::kSpace));
  }

  size_t llama3_end(size_t at, int most_digits) const {
    if (text_[at] == '\'') {
      if (const size_t end = contraction_end(at, true)) return end;
    }
    const auto [kind, bytes] = look(at);
    const size_t behind = at + bytes;
    if (kind == Kind::kLetter) return run_end(behind, kind);
    if (kind == Kind::kNumber) return digits_end(behind, most_digits - 1);
    if (!is_line_end(text_[at]) && behind < text_.size()) {
      const auto [next, size] = look(behind);
      if (next == Kind::kLetter) return run_end(behind + size, next);
      if (text_[at] == ' ' && next == Kind::kOther) return line_ends(run_end(behind + size, next));
    }
    if (kind == Kind::kOther) return line_ends(run_end(behind, kind));
    return blank_end(at, behind);
  }

  size_t cl100k_end(size_t at) const {
    if (look(at).kind == Kind::kSpace && run_end(at, Kind::kSpace) == text_.size()) return text_.size();  // \s++$
    return llama3_end(at, std::numeric_limits<int>::max());
  }
};

template <class End>
void append(std::string_view text, uint32_t begin, std::vector<Span>& words, const End& end_of) {
  for (size_t at = 0; at < text.size();) {
    const size_t end = end_of(at);
    words.push_back({begin + static_cast<uint32_t>(at), begin + static_cast<uint32_t>(end)});
    at = end;
  }
}

}  // namespace

std::optional<WordPattern> word_pattern_of(std::string_view regular_expression) {
  std::string text;  // a line end in it may stand as it is or as an escape
  for (const char c : regular_expression) text += c == '\r' ? "\\r" : c == '\n' ? "\\n" : std::string(1, c);
  const auto* known = std::ranges::find(kTexts, text, &PatternText::text);
  return known != std::end(kTexts) ? std::optional(known->pattern) : std::nullopt;
}

bool covers_every_text(WordPattern pattern) {
  return pattern != WordPattern::kNumbers && pattern != WordPattern::kIdeographs && pattern != WordPattern::kDeepSeek;
}

std::string_view regular_expression(WordPattern pattern) {
  const auto* known = std::ranges::find(kTexts, pattern, &PatternText::pattern);
  RIFT_CHECK(known != std::end(kTexts));
  return known->text;
}

void append_words(WordPattern pattern, std::string_view text, uint32_t begin, std::vector<Span>& words) {
  const Scanner scanner(text);
  switch (pattern) {
    case WordPattern::kGpt2:
      return append(text, begin, words, [&](size_t at) { return scanner.gpt2_end(at); });
    case WordPattern::kLlama3:
      return append(text, begin, words, [&](size_t at) { return scanner.llama3_end(at, 3); });
    case WordPattern::kQwen2:
      return append(text, begin, words, [&](size_t at) { return scanner.llama3_end(at, 1); });
    case WordPattern::kCl100k:
      return append(text, begin, words, [&](size_t at) { return scanner.cl100k_end(at); });
    case WordPattern::kO200k:
      return append(text, begin, words, [&](size_t at) { return scanner.cased_end(at, {}); });
    case WordPattern::kTekken:
      return append(text, begin, words,
                    [&](size_t at) { return scanner.cased_end(at, {.most_digits = 1, .contractions = false}); });
    case WordPattern::kNumbers:
      return append(text, begin, words, [&](size_t at) { return scanner.numbers_end(at); });
    case WordPattern::kIdeographs:
      return append(text, begin, words, [&](size_t at) { return scanner.ideographs_end(at); });
    case WordPattern::kDeepSeek:
      return append(text, begin, words, [&](size_t at) { return scanner.deepseek_end(at); });
  }
}

}  // namespace rift::encode::text
