#include "rift/encode/text/word_table.h"

#include <gtest/gtest.h>

#include <cstring>
#include <map>
#include <string>

#include "rift/base/random.h"

namespace rift::encode::text {
namespace {

/// With bytes behind it that are not the word's.
ShortWord short_word(std::string_view word) {
  const std::string readable = std::string(word).append(ShortWord::kMostBytes, '#');
  return ShortWord::of(std::string_view(readable).substr(0, word.size()));
}

TEST(ShortWord, IsItsBytesAndNotWhatFollows) {
  std::string text = "loans and more of it";
  const ShortWord before = ShortWord::of(std::string_view(text).substr(0, 5));
  text.replace(5, 15, "XXXXXXXXXXXXXXX");
  EXPECT_EQ(ShortWord::of(std::string_view(text).substr(0, 5)), before);
  EXPECT_NE(ShortWord::of(std::string_view(text).substr(0, 6)), before);
  EXPECT_NE(short_word(std::string_view("a", 1)), short_word(std::string_view("a\0", 2)));
}

TEST(WordTable, OfEqualWordsTheFirstCounts) {
  const WordTable table({{"loan", 5}, {"car", 4}, {"loan", 6}});
  EXPECT_EQ(table.find(short_word("loan")), 5);
  EXPECT_EQ(table.find(short_word("car")), 4);
  EXPECT_EQ(table.find(short_word("cars")), WordTable::kNoValue);
  EXPECT_EQ(WordTable({}).find(short_word("car")), WordTable::kNoValue);
}

/// Words that multiplying leaves at one place: the hash is no secret.
TEST(WordTable, WordsOfOnePlaceCostNoMoreThanOthers) {
  std::vector<std::string> words;
  for (uint64_t i = 1; i <= 50'000; ++i) {
    const uint64_t first = i * 0x0101010101010101u, second = first * 0x9E3779B97F4A7C15u ^ 0x1234567u;
    std::string word(16, '\0');
    std::memcpy(word.data(), &first, 8);
    std::memcpy(word.data() + 8, &second, 8);
    words.push_back(std::move(word));
  }
  ASSERT_EQ(short_word(words.front()).place(17), short_word(words.back()).place(17));
  std::vector<WordTable::Entry> entries = {{"loan", 0}};
  for (const std::string& word : words) entries.push_back({word, static_cast<int32_t>(entries.size())});
  const WordTable table(entries);
  int held = 0;
  for (size_t i = 0; i < words.size(); ++i) {
    const int32_t found = table.find(short_word(words[i]));
    if (found == WordTable::kNoValue) continue;
    ASSERT_EQ(found, static_cast<int32_t>(i) + 1);
    ++held;
  }
  EXPECT_EQ(held, WordTable::kMostLooks);
  EXPECT_EQ(table.find(short_word("loan")), 0);
}

TEST(WordTable, EqualsAMapOnWordsOfEveryLength) {
  const CounterRandom random(1, 1);
  uint64_t draw = 0;
  std::map<std::string, int32_t> words;
  const auto drawn = [&](uint64_t letters) {
    std::string word;
    for (uint64_t n = 1 + random.below(draw++, ShortWord::kMostBytes); n > 0; --n) {
      word += static_cast<char>(random.below(draw++, letters));  // zeros among them
    }
    return word;
  };
  for (int32_t i = 0; i < 20'000; ++i) words.emplace(drawn(i % 2 == 0 ? 2 : 256), i);
  std::vector<WordTable::Entry> entries;
  for (const auto& [word, value] : words) entries.push_back({word, value});
  const WordTable table(entries);
  for (const auto& [word, value] : words) ASSERT_EQ(table.find(short_word(word)), value);
  for (int i = 0; i < 20'000; ++i) {
    const std::string word = drawn(i % 2 == 0 ? 2 : 256);
    const auto known = words.find(word);
    ASSERT_EQ(table.find(short_word(word)), known == words.end() ? WordTable::kNoValue : known->second);
  }
}

}  // namespace
}  // namespace rift::encode::text
