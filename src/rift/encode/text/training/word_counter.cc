#include "rift/encode/text/training/word_counter.h"

#include <algorithm>
#include <unordered_map>

#include "rift/base/error.h"
#include "rift/encode/text/bert_normalizer.h"
#include "rift/encode/text/bert_pre_tokenizer.h"
#include "rift/encode/text/pipeline/pre_tokenizers.h"
#include "rift/encode/text/utf8.h"

namespace rift::encode::text {
namespace {

constexpr size_t kMostBytes = size_t{1} << 30;

class Tally {
 public:
  void add(std::string_view word) {
    const auto found = counts_.find(word);
    if (found != counts_.end()) {
      ++found->second;
    } else {
      counts_.emplace(word, 1);
    }
  }
  WordCounts take() {
    WordCounts counts(std::make_move_iterator(counts_.begin()), std::make_move_iterator(counts_.end()));
    std::ranges::sort(counts);
    return counts;
  }

 private:
  struct Hash {
    using is_transparent = void;
    size_t operator()(std::string_view text) const { return std::hash<std::string_view>{}(text); }
  };
  std::unordered_map<std::string, int64_t, Hash, std::equal_to<>> counts_;
};

/// Calls visit(text) with each text as valid UTF-8.
template <class Visit>
void for_each_text(const TextStream& texts, const Visit& visit) {
  std::string_view text;
  for (int64_t number = 1; texts(text); ++number) {
    RIFT_REQUIRE(text.size() < kMostBytes, Code::kData,
                 "text {} has {} bytes; a tokenizer is trained on texts of less than {}: cut it into documents", number,
                 text.size(), kMostBytes);
    if (is_valid_utf8(text)) {
      visit(text);
    } else {
      visit(std::string_view(repair_utf8(text).text));
    }
  }
}

void count(const BertTraining& options, const TextStream& texts, Tally& tally) {
  const BertNormalizer normalizer({.handle_chinese_chars = options.handle_chinese_chars,
                                   .strip_accents = options.strip_accents,
                                   .lower_case = options.lower_case});
  NormalizedText normalized;
  for_each_text(texts, [&](std::string_view text) {
    normalizer.normalize({.text = text}, normalized);
    const std::string_view bytes = normalized.bytes;
    for (BertPreTokenizer words(bytes); !words.done();) {
      for (const auto [begin, end] : words.next()) tally.add(bytes.substr(begin, end - begin));
    }
  });
}

void count(const ByteLevelTraining& options, const TextStream& texts, Tally& tally) {
  const PreTokenizers pre_tokenizers({ByteLevelStep{.add_prefix_space = options.add_prefix_space}});
  Words words;
  for_each_text(texts, [&](std::string_view text) {
    words.text.assign(text, 0, pre_tokenizers.needs_origins());
    pre_tokenizers.split(words);
    const std::string_view bytes = words.text.bytes;
    for (const Span span : words.spans) tally.add(bytes.substr(span.begin, span.end - span.begin));
  });
}

}  // namespace

WordCounts count_words(const TokenizerTrainingOptions& options, const TextStream& texts) {
  Tally tally;
  std::visit([&](const auto& kind) { count(kind, texts, tally); }, options.kind);
  WordCounts counts = tally.take();
  RIFT_REQUIRE(!counts.empty(), Code::kData, "no word to train a tokenizer on: the texts are empty or there are none");
  return counts;
}

}  // namespace rift::encode::text
