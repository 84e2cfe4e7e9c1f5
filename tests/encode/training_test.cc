#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <map>

#include "encode/tokenizer_support.h"
#include "rift/base/random.h"
#include "rift/encode/text/training/merge_learner.h"
#include "rift/encode/text/training/train_tokenizer.h"
#include "support/failure.h"
#include "support/temp_directory.h"

namespace rift::encode::text {
namespace {

using test::encoded;
using test::message_of;
using test::tokens_of;
using testing::ElementsAre;
using testing::HasSubstr;

TextStream stream_of(std::vector<std::string> texts) {
  return [texts = std::move(texts), at = size_t{0}](std::string_view& text) mutable {
    if (at == texts.size()) return false;
    text = texts[at++];
    return true;
  };
}

std::string file_of(const TrainedTokenizer& trained, std::string_view name) {
  for (const auto& [file, bytes] : trained.files) {
    if (file == name) return bytes;
  }
  return "";
}

/// The vocabulary in the order of ids.
std::vector<std::string> vocabulary_of(const TrainedTokenizer& trained) {
  std::vector<std::string> tokens;
  for (int32_t id = 0; id < trained.tokenizer->vocab_size(); ++id) tokens.emplace_back(trained.tokenizer->token(id));
  return tokens;
}

std::vector<std::string> generated_texts(uint64_t seed) {
  const CounterRandom random(seed, 1);
  uint64_t draw = 0;
  std::vector<std::string> texts;
  for (int i = 0; i < 200; ++i) {
    std::string text;
    for (uint64_t n = 1 + random.below(draw++, 30); n > 0; --n) {
      text += "abcdeA \u00e9\u8d37"[random.below(draw++, 12)];
    }
    texts.push_back(text);
  }
  return texts;
}

/// The definition: count every pair anew, merge the most frequent one.
LearnedMerges learned_by_definition(MergeLearning work) {
  LearnedMerges learned{.tokens = work.tokens};
  while (static_cast<int64_t>(learned.tokens.size()) < work.vocab_size) {
    std::map<std::pair<int32_t, int32_t>, int64_t> counts;
    for (const auto& [symbols, count] : work.words) {
      for (size_t i = 0; i + 1 < symbols.size(); ++i) counts[{symbols[i], symbols[i + 1]}] += count;
    }
    const auto best = std::ranges::max_element(counts, {}, [](const auto& pair) { return pair.second; });
    if (best == counts.end() || best->second < work.min_frequency) break;
    const auto [left, right] = best->first;
    const auto whole = static_cast<int32_t>(learned.tokens.size());
    learned.tokens.push_back(learned.tokens[static_cast<size_t>(left)] + learned.tokens[static_cast<size_t>(right)]);
    learned.merges.emplace_back(left, right);
    for (auto& [symbols, count] : work.words) {
      for (size_t i = 0; i + 1 < symbols.size(); ++i) {
        if (symbols[i] != left || symbols[i + 1] != right) continue;
        symbols[i] = whole;
        symbols.erase(symbols.begin() + static_cast<int64_t>(i) + 1);
      }
    }
  }
  return learned;
}

TEST(MergeLearner, LearnsWhatTheDefinitionLearns) {
  const CounterRandom random(5, 1);
  uint64_t draw = 0;
  for (int round = 0; round < 300; ++round) {
    MergeLearning work{.tokens = {"a", "b", "c", "d", "e", "f", "g", "h"}, .vocab_size = 16, .min_frequency = 2};
    for (int i = 0; i < 30; ++i) {
      CountedWord word{.count = 1 + static_cast<int64_t>(random.below(draw++, 50))};
      for (uint64_t n = random.below(draw++, 9); n > 0; --n) {
        word.symbols.push_back(static_cast<int32_t>(random.below(draw++, 8)));
      }
      work.words.push_back(std::move(word));
    }
    const LearnedMerges expected = learned_by_definition(work);
    const LearnedMerges found = learn_merges(work);
    EXPECT_EQ(found.tokens, expected.tokens) << round;
    EXPECT_EQ(found.merges, expected.merges) << round;
  }
}

TEST(MergeLearner, EquallyFrequentPairsMergeInTheOrderOfTheirIds) {
  const LearnedMerges learned = learn_merges({.tokens = {"x", "y", "z"},
                                              .words = {{{2, 0}, 3}, {{1, 2}, 3}, {{1, 0}, 3}, {{0, 0}, 2}},
                                              .vocab_size = 100,
                                              .min_frequency = 3});
  EXPECT_THAT(learned.tokens, ElementsAre("x", "y", "z", "yx", "yz", "zx"));
}

TEST(TokenizerTraining, WordPieceLearnsItsWordsAndWritesUnknownCharactersAsUnknown) {
  TokenizerTrainingOptions options{.vocab_size = 28};
  const TrainedTokenizer trained = train_tokenizer(options, stream_of({"Loan loans LOAN", "a loan"}));
  EXPECT_THAT(vocabulary_of(trained), ElementsAre("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "a", "l", "n", "o", "s",
                                                  "##a", "##n", "##o", "##s", "lo", "##an", "loan"));
  EXPECT_THAT(tokens_of(*trained.tokenizer, "A loans, lo"), ElementsAre("a", "loan", "##s", "[UNK]", "lo"));
  EXPECT_EQ(encoded(*trained.tokenizer, "loan").ids, (std::vector<int32_t>{2, 16, 3}));
}

TEST(TokenizerTraining, BytesCanWriteAnyText) {
  TokenizerTrainingOptions options{.kind = RobertaTraining{}, .vocab_size = 270, .special_tokens = {"<row>"}};
  const TrainedTokenizer trained = train_tokenizer(options, stream_of({"pay pay pay back", "pay"}));
  EXPECT_EQ(vocabulary_of(trained)[5], "<row>");
  EXPECT_EQ(vocabulary_of(trained)[6], "!");
  EXPECT_THAT(tokens_of(*trained.tokenizer, "pay pay<row><mask>"), ElementsAre("pay", "\u0120pay", "<row>", "<mask>"));
  for (const std::string_view text : {"\u8d37\u6b3e \U0001F600", "\r\n\t", "e\u0301"}) {
    const Encoding found = encoded(*trained.tokenizer, text, {.max_tokens = 0, .add_special = false});
    EXPECT_EQ(found.ids.size(), text.size()) << "a token for each byte that no merge joins";
  }
}

TEST(TokenizerTraining, OrderOfTextsAndOfRunsChangesNoByte) {
  for (const auto& kind : {decltype(TokenizerTrainingOptions::kind)(BertTraining{.limit_alphabet = 4}),
                           decltype(TokenizerTrainingOptions::kind)(Gpt2Training{})}) {
    const TokenizerTrainingOptions options{.kind = kind, .vocab_size = 400};
    std::vector<std::string> texts = generated_texts(3);
    const TrainedTokenizer first = train_tokenizer(options, stream_of(texts));
    std::ranges::reverse(texts);
    EXPECT_EQ(train_tokenizer(options, stream_of(texts)).files, first.files);
    EXPECT_NE(train_tokenizer(options, stream_of(generated_texts(4))).files, first.files);
  }
}

TEST(TokenizerTraining, WhatIsWrittenLoadsAsTheTokenizerThatWasTrained) {
  for (const auto& kind : {decltype(TokenizerTrainingOptions::kind)(BertTraining{}),
                           decltype(TokenizerTrainingOptions::kind)(RobertaTraining{{.add_prefix_space = true}}),
                           decltype(TokenizerTrainingOptions::kind)(Gpt2Training{})}) {
    const TrainedTokenizer trained = train_tokenizer({.kind = kind, .vocab_size = 320}, stream_of(generated_texts(9)));
    const test::TempDirectory out;
    write_tokenizer(trained, out / "tokenizer");
    const auto whole = load_tokenizer(out / "tokenizer");
    std::filesystem::remove(out / "tokenizer/tokenizer.json");
    const auto of_vocabulary = load_tokenizer(out / "tokenizer");
    for (const std::string& text : generated_texts(10)) {
      const Encoding expected = encoded(*trained.tokenizer, text, {.max_tokens = 0, .want_offsets = true});
      for (const auto* loaded : {whole.get(), of_vocabulary.get()}) {
        const Encoding found = encoded(*loaded, text, {.max_tokens = 0, .want_offsets = true});
        ASSERT_EQ(found.ids, expected.ids) << text;
      }
    }
  }
}

TEST(TokenizerTraining, LimitedAlphabetKeepsTheMostFrequentCharacters) {
  const TokenizerTrainingOptions options{.kind = BertTraining{.limit_alphabet = 2}, .vocab_size = 100};
  const TrainedTokenizer trained = train_tokenizer(options, stream_of({"aab aab bbc", "acb acb acb"}));
  EXPECT_EQ(trained.tokenizer->id("c"), -1);
  EXPECT_EQ(trained.tokenizer->id("##c"), -1);
  EXPECT_NE(trained.tokenizer->id("ab"), -1) << "c is left out of acb, so that ab stands there";
}

TEST(TokenizerTraining, RefusesWhatCannotBeTrained) {
  const auto error = [](Code code, const TokenizerTrainingOptions& options, std::vector<std::string> texts) {
    return message_of(code, [&] { train_tokenizer(options, stream_of(std::move(texts))); });
  };
  EXPECT_THAT(error(Code::kData, {}, {}), HasSubstr("no word to train a tokenizer on"));
  EXPECT_THAT(error(Code::kData, {}, {"", " \n\t"}), HasSubstr("no word"));
  EXPECT_THAT(
      error(Code::kConfig, {.vocab_size = 9}, {"loan"}),
      HasSubstr("vocab_size: expected at least 12 (5 special tokens, the rest the alphabet of the texts), got 9; "
                "raise it or set limit_alphabet"));
  EXPECT_THAT(error(Code::kConfig, {.kind = Gpt2Training{}, .vocab_size = 256}, {"loan"}),
              HasSubstr("expected at least 257"));
  EXPECT_THAT(error(Code::kConfig, {.special_tokens = {"[MASK]"}}, {"loan"}), HasSubstr("'[MASK]' is there already"));
  EXPECT_THAT(error(Code::kConfig, {.special_tokens = {"<a>", ""}}, {"loan"}), HasSubstr("empty"));
}

TEST(TokenizerTraining, IllFormedBytesAreReplacementCharacters) {
  const TokenizerTrainingOptions options{.kind = Gpt2Training{}, .vocab_size = 300};
  EXPECT_EQ(file_of(train_tokenizer(options, stream_of({"a\xFFz a\xFFz"})), "merges.txt"),
            file_of(train_tokenizer(options, stream_of({"a\uFFFDz a\uFFFDz"})), "merges.txt"));
}

TEST(TokenizerTraining, AMegabyteOfOneLetterDoublesItsTokens) {
  const TokenizerTrainingOptions options{.kind = Gpt2Training{}, .vocab_size = 1000};
  const TrainedTokenizer trained = train_tokenizer(options, stream_of({std::string(1 << 20, 'x')}));
  EXPECT_EQ(trained.tokenizer->vocab_size(), 257 + 10) << "2, 4, ... 1024 letters, the longest that is read";
}

}  // namespace
}  // namespace rift::encode::text
