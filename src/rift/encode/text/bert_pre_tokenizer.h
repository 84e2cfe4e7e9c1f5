#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace rift::encode::text {

/// Walks over the words of a text as BERT's pre-tokenizer cuts them (Devlin et al. 2018, tokenization.py): at white
/// space, which goes, and on both sides of a punctuation character, which is a word of its own. Linear time, no memory:
///   for (BertPreTokenizer words(text); !words.done();) for (const auto [begin, end] : words.next()) ...
class BertPreTokenizer {
 public:
  struct Word {
    uint32_t begin = 0, end = 0;  // bytes of the text
  };

  /// `text`: valid UTF-8 of less than 4 GiB, which has to stay.
  explicit BertPreTokenizer(std::string_view text) : text_(text) {}

  bool done() const { return at_ > text_.size(); }  // one step more than the text is long, at which its last word ends
  /// The words that end in the next 64 bytes, in order; none, often enough. Until the next call.
  std::span<const Word> next();

 private:
  static constexpr size_t kBlock = 64;

  /// Of a block; bit i stands for its byte i.
  struct Separators {
    uint64_t bytes = 0;        // of white space and punctuation
    uint64_t punctuation = 0;  // first bytes of punctuation characters
    uint64_t last = 0;         // their last bytes
  };
  Separators separators();
  void add_beyond_ascii(int bit, Separators& now);

  std::string_view text_;
  size_t at_ = 0;                       // where the next block begins
  Separators ahead_;                    // of the next block: what a character before it reaches into it
  uint64_t in_word_ = 0;                // 1 when the byte before at_ belongs to a word that is no punctuation
  uint64_t after_last_ = 0;             // 1 when it is the last one of a punctuation character
  std::array<Word, kBlock + 1> words_;  // one may have begun before the block
  size_t begun_ = 0, ended_ = 0;        // of words_
};

}  // namespace rift::encode::text
