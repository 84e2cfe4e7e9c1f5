#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "rift/encode/text/pipeline/aligned_text.h"
#include "rift/encode/text/pipeline/word_patterns.h"

namespace rift::encode::text {

/// What becomes of the delimiters that a pre-tokenizer cuts at.
enum class Delimiters : uint8_t { kRemoved, kIsolated, kMergedWithPrevious, kMergedWithNext, kContiguous };

/// Pre-tokenizers by the names of tokenizer.json.
struct ByteLevelStep {  // its mapping of bytes to printable characters is the vocabulary's business: Bpe reads it back
  bool add_prefix_space = false;
  bool use_regex = true;  // WordPattern::kGpt2
};
struct PatternStep {  // Split at a regular expression whose matches are words, as is what lies between them
  WordPattern pattern = WordPattern::kGpt2;
};
struct TextSplitStep {  // Split at a text, not empty
  std::string text;
  Delimiters delimiters = Delimiters::kIsolated;
};
struct MetaspaceStep {
  enum class Prepend : uint8_t {
    kAlways,
    kFirst,  // to a word that stands for the first bytes of the original
    kNever
  };
  std::string replacement;  // of spaces: one character
  Prepend prepend = Prepend::kAlways;
  bool split = true;
};
struct DigitsStep {
  bool individual = false;
};
struct PunctuationStep {
  Delimiters delimiters = Delimiters::kIsolated;
};
struct WhitespaceSplitStep {};
struct RunStartStep {  // no part of a file: cuts before each run of a text, where Bpe::run_start() says it may
  std::string text;
};
using PreTokenizerStep = std::variant<ByteLevelStep, PatternStep, TextSplitStep, MetaspaceStep, DigitsStep,
                                      PunctuationStep, WhitespaceSplitStep, RunStartStep>;

/// The words of a text. Memory that is used from call to call.
struct Words {
  AlignedText text;         // what the spans are counted in: the text, or what steps that insert made of it
  std::vector<Span> spans;  // none is empty
  AlignedText spare_text;
  std::vector<Span> spare_spans;
};

/// Steps one after the other, each on what the one before it left. Linear time.
class PreTokenizers {
 public:
  explicit PreTokenizers(std::vector<PreTokenizerStep> steps) : steps_(std::move(steps)) {}

  /// Whether words depend on where they stand in the original, so that origins are needed to find them.
  bool needs_origins() const;

  /// Replaces words.spans by the words of words.text, which is one word at first.
  void split(Words& words) const;

 private:
  std::vector<PreTokenizerStep> steps_;
};

}  // namespace rift::encode::text
