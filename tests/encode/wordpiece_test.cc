#include "rift/encode/text/wordpiece.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "rift/base/random.h"
#include "rift/encode/text/word_cache.h"

namespace rift::encode::text {
namespace {

using testing::ElementsAre;

WordPiece wordpiece(const std::vector<std::string>& tokens, const WordPieceOptions& options = {}) {
  std::vector<Vocabulary::Token> vocabulary;
  for (const std::string& token : tokens) vocabulary.push_back({token, static_cast<int64_t>(vocabulary.size())});
  return WordPiece(Vocabulary(std::move(vocabulary), "test"), options, "test");
}

std::vector<int32_t> ids_of(std::span<const Piece> pieces) {
  std::vector<int32_t> ids;
  for (const auto& piece : pieces) ids.push_back(piece.id);
  return ids;
}

std::vector<int32_t> split(const WordPiece& words, std::string_view word) {
  std::vector<Piece> pieces;
  words.split(word, pieces);
  return ids_of(pieces);
}

/// A word with bytes behind it, as the cache reads it.
struct Readable {
  explicit Readable(std::string_view word) : bytes(std::string(word).append(ShortWord::kMostBytes, '\0')) {}
  std::string_view word() const { return std::string_view(bytes).substr(0, bytes.size() - ShortWord::kMostBytes); }
  ShortWord key() const { return ShortWord::of(word()); }
  std::string bytes;
};

std::vector<int32_t> cached(WordCache& cache, const WordPiece& words, std::string_view word) {
  const Readable readable(word);
  return ids_of(cache.pieces(words, readable.word(), readable.key()));
}

TEST(WordPiece, TakesTheLongestMatchAndTheWholeWordWhereItIsOne) {
  const WordPiece words = wordpiece({"[UNK]", "loan", "##s", "lo", "##ans", "loans", "##an"});
  EXPECT_THAT(split(words, "loans"), ElementsAre(5));
  EXPECT_THAT(split(words, "loanss"), ElementsAre(5, 2));
  EXPECT_THAT(split(words, "loan"), ElementsAre(1));
  EXPECT_THAT(split(words, "loansx"), ElementsAre(0));
  EXPECT_EQ(words.whole(Readable("loans").key()), 5);
  EXPECT_EQ(words.whole(Readable("loanss").key()), -1);
}

TEST(WordPiece, AWordOfTooManyCharactersIsUnknownEvenWhereTheVocabularyHasIt) {
  const WordPiece words = wordpiece({"[UNK]", "loans", "loan", "\u00E9\u00E9"}, {.max_input_chars_per_word = 4});
  for (const std::string_view word : {"loans", "loan", "\u00E9\u00E9"}) {
    const std::vector<int32_t> expected = split(words, word);
    const int32_t whole = words.whole(Readable(word).key());
    EXPECT_EQ(whole, word == "loans" ? -1 : expected[0]) << word;
  }
  EXPECT_THAT(split(words, "loans"), ElementsAre(0));
  EXPECT_THAT(split(words, "\u00E9\u00E9"), ElementsAre(3));
}

TEST(WordPiece, FailedLongMatchesAreTakenBack) {
  // every match runs on to the end of the longest token before it fails
  const std::string long_token(40, 'a');
  const WordPiece words = wordpiece({"[UNK]", "a", "##a", long_token + "b", "##" + long_token + "b"});
  std::vector<int32_t> expected(100, 2);
  expected[0] = 1;
  EXPECT_EQ(split(words, std::string(100, 'a')), expected);
  EXPECT_THAT(split(words, std::string(101, 'a')), ElementsAre(0));
  EXPECT_THAT(split(words, std::string(99, 'a') + "c"), ElementsAre(0));
}

TEST(WordCache, GivesWhatSplitGivesHoweverManyWordsItHasMet) {
  const WordPiece words = wordpiece({"[UNK]", "a", "b", "##a", "##b", "##ab", "##aab", "aa"});
  const WordPiece other = wordpiece({"[UNK]", "b", "a", "##b", "##a", "ab", "##ba"});
  WordCache cache;
  const CounterRandom random(1, 1);
  uint64_t draw = 0;
  const uint64_t many = uint64_t{8} << WordCache::kSlotBits;  // words drive each other out
  size_t most_pieces = 0;
  for (uint64_t i = 0; i < many; ++i) {
    std::string word;
    for (uint64_t n = 1 + random.below(draw++, ShortWord::kMostBytes); n > 0; --n) {
      word += "abc"[random.below(draw++, i % 16 == 0 ? 3 : 2)];
    }
    const std::vector<int32_t> expected = split(words, word);
    most_pieces = std::max(most_pieces, expected.size());
    ASSERT_EQ(cached(cache, words, word), expected) << word;
    ASSERT_EQ(cached(cache, other, word), split(other, word)) << word;
    ASSERT_EQ(cached(cache, words, word), expected) << word;
  }
  EXPECT_GT(most_pieces, WordCache::kMostPieces);
}

}  // namespace
}  // namespace rift::encode::text
