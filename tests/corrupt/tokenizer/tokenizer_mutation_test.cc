#include <gtest/gtest.h>

#include "fuzz/tokenizer_fuzz.h"
#include "rift/base/random.h"

// A seeded stand-in for the fuzzer: every mutant of a tokenizer.json is refused with an Error or encodes texts inside
// its bounds, and every text is encoded. It means most under AddressSanitizer (preset asan).
namespace rift {
namespace {

/// Words that hit the grammar and the rules more often than single bytes do.
constexpr std::string_view kWords[] = {"{",
                                       "}",
                                       "[",
                                       "]",
                                       ":",
                                       ",",
                                       "\"",
                                       "-1",
                                       "0",
                                       "4000000",
                                       "2147483648",
                                       "1e99",
                                       "null",
                                       "true",
                                       "false",
                                       "1.5",
                                       "\\u0000",
                                       "\\ud800",
                                       "\"type\": 1,",
                                       "\"vocab\"",
                                       "##",
                                       "[UNK]",
                                       "\"\"",
                                       "\xFF",
                                       "BertNormalizer",
                                       "WordPiece",
                                       "\"id\": 7,",
                                       "\xCC\x81",
                                       "\xE6\x88\x91",
                                       "\"lowercase\": false,"};

class Mutator {
 public:
  explicit Mutator(uint64_t stream) : random_(20240601, stream) {}
  size_t below(size_t bound) { return static_cast<size_t>(random_.below(index_++, bound)); }

  std::string mutant(std::string_view seed) {
    std::string text(seed);
    for (size_t edits = 1 + below(3); edits > 0 && !text.empty(); --edits) {
      const size_t at = below(text.size());
      switch (below(6)) {
        case 0:
          text[at] = static_cast<char>(below(256));
          break;
        case 1:
          if (below(4) == 0) text.resize(at);
          break;
        case 2:
          text.erase(at, 1 + below(6));
          break;
        case 3:
          text.insert(at, kWords[below(std::size(kWords))]);
          break;
        case 4:
          text.insert(at, text.substr(below(text.size()), below(40)));
          break;
        default:
          text[at] = static_cast<char>('0' + below(10));
      }
    }
    return text;
  }

 private:
  CounterRandom random_;
  uint64_t index_ = 0;
};

class TokenizerMutants : public testing::TestWithParam<std::string_view> {};

TEST_P(TokenizerMutants, OfTheFileAreRefusedOrEncode) {
  constexpr int kMutants = 20'000;
  ASSERT_TRUE(fuzz::read_tokenizer(GetParam()));
  Mutator mutator(1);
  int accepted = 0;
  for (int i = 0; i < kMutants; ++i) {
    const std::string text = mutator.mutant(GetParam());
    try {
      accepted += fuzz::read_tokenizer(text) ? 1 : 0;
    } catch (const std::exception& error) {
      FAIL() << "mutant " << i << ": " << error.what() << "\n" << text;
    }
  }
  EXPECT_GT(accepted, kMutants / 100);
  EXPECT_LT(accepted, kMutants * 9 / 10);
}

TEST_P(TokenizerMutants, OfATextAreEncoded) {
  const auto tokenizer = make_tokenizer(encode::text::read_tokenizer_json(GetParam(), "fuzz"));
  const std::string seed =
      "The loans <row>  e\xCC\x81\xCC\xA3 \xE6\x88\x91 [MASK] \xF0\x9F\x98\x80\xE2\x80\x8D \xEA\xB0\x80\xE1\x86\xAB "
      "\xCD\x84\xCC\xA3, <mask>\r\n 12``";
  Mutator mutator(2);
  for (int i = 0; i < 50'000; ++i) {
    const std::string text = mutator.mutant(seed);
    ASSERT_NO_THROW(fuzz::encode_text(*tokenizer, text)) << i;
  }
}

INSTANTIATE_TEST_SUITE_P(Files, TokenizerMutants,
                         testing::Values(fuzz::kTokenizerJson, fuzz::kBpeJson, fuzz::kUnigramJson),
                         [](const auto& info) {
                           return std::string(info.index == 0 ? "wordpiece" : info.index == 1 ? "bpe" : "unigram");
                         });

}  // namespace
}  // namespace rift
