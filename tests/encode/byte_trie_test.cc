#include "rift/encode/text/byte_trie.h"

#include <gtest/gtest.h>

#include <map>

#include "rift/base/random.h"

namespace rift::encode::text {
namespace {

TEST(ByteTrie, FindsTheLongestKeyATextBeginsWith) {
  const ByteTrie trie({{"a", 1}, {"abc", 2}, {"b", 3}});
  EXPECT_EQ(trie.longest("abd").value, 1);
  EXPECT_EQ(trie.longest("abcd").value, 2);
  EXPECT_EQ(trie.longest("abcd").bytes, 3u);
  EXPECT_EQ(trie.longest("cab").bytes, 0u);
  EXPECT_EQ(trie.longest("").bytes, 0u);
  EXPECT_EQ(ByteTrie().longest("a").bytes, 0u);
}

TEST(ByteTrie, ContinuesBelowAPrefix) {
  const ByteTrie trie({{"##ing", 7}, {"ing", 8}, {"##", 9}});
  const ByteTrie::Node inside = trie.find("##");
  ASSERT_NE(inside, ByteTrie::kNoNode);
  EXPECT_EQ(trie.longest("ings", inside).value, 7);
  EXPECT_EQ(trie.longest("xings", inside).bytes, 0u);  // the bytes of the prefix itself do not count
  EXPECT_EQ(trie.find("#x"), ByteTrie::kNoNode);
  EXPECT_EQ(trie.longest("ing", ByteTrie::kNoNode).bytes, 0u);
}

TEST(ByteTrie, OfEqualKeysTheFirstCounts) {
  const ByteTrie trie({{"b", 5}, {"a", 4}, {"b", 6}});
  EXPECT_EQ(trie.value("b"), 5);
}

TEST(ByteTrie, EqualsAMapOnRandomKeysWithNarrowAndWideNodes) {
  const CounterRandom random(1, 1);
  uint64_t draw = 0;
  std::map<std::string, int32_t> keys;
  for (int32_t i = 0; i < 20'000; ++i) {
    std::string key;
    const uint64_t letters = i % 3 == 0 ? 256 : 5;  // many children here, few there
    for (uint64_t n = 1 + random.below(draw++, 6); n > 0; --n) key += static_cast<char>(random.below(draw++, letters));
    keys.emplace(key, i);
  }
  std::vector<ByteTrie::Entry> entries;
  for (const auto& [key, value] : keys) entries.push_back({key, value});
  const ByteTrie trie(entries);
  for (const auto& [key, value] : keys) ASSERT_EQ(trie.value(key), value);
  for (int i = 0; i < 20'000; ++i) {
    std::string text;
    for (int n = 0; n < 8; ++n) text += static_cast<char>(random.below(draw++, i % 2 == 0 ? 256 : 5));
    size_t longest = 0;
    for (size_t n = 1; n <= text.size(); ++n) longest = keys.contains(text.substr(0, n)) ? n : longest;
    const ByteTrie::Match match = trie.longest(text);
    ASSERT_EQ(match.bytes, longest);
    ASSERT_EQ(match.value, longest > 0 ? keys.at(text.substr(0, longest)) : ByteTrie::kNoValue);
  }
}

}  // namespace
}  // namespace rift::encode::text
