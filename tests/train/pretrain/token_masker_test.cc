#include "rift/train/pretrain/token_masker.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <map>
#include <numeric>

namespace rift::train {
namespace {

using testing::ElementsAre;

// Ids: 0 = [PAD], 1 = [CLS], 2 = [SEP], 3 = [MASK]; 4 .. 49 begin a word, 50 .. 99 go on with one.
constexpr int32_t kMask = 3;
constexpr size_t kSize = 100;

MaskVocabulary vocabulary() {
  MaskVocabulary made{
      .mask = kMask, .begins_word = std::vector<uint8_t>(kSize), .special = std::vector<uint8_t>(kSize)};
  for (size_t id = 0; id < kSize; ++id) {
    made.special[id] = id < 4;
    made.begins_word[id] = id < 50;
  }
  return made;
}

/// [CLS], words of one to three tokens, [SEP].
std::vector<int32_t> long_row(size_t words) {
  std::vector<int32_t> ids = {1};
  for (size_t i = 0; i < words; ++i) {
    ids.push_back(static_cast<int32_t>(4 + i % 46));
    for (size_t more = 0; more < i % 3; ++more) ids.push_back(static_cast<int32_t>(50 + (i + more) % 50));
  }
  ids.push_back(2);
  return ids;
}

TEST(TokenMasker, HidesTheShareOfWordsAndReplacesEightyTenTen) {
  const TokenMasker masker({.share = 0.15}, vocabulary());
  const auto ids = long_row(60'000);
  const MaskedRow row = masker.masked(ids, {.seed = 1, .epoch = 0, .row_key = 5});
  size_t words = 0;
  std::map<std::string, double> became;
  for (size_t i = 0; i < row.places.size(); ++i) {
    const auto at = static_cast<size_t>(row.places[i]);
    EXPECT_EQ(row.hidden[i], ids[at]);
    words += ids[at] < 50 ? 1 : 0;
    became[row.ids[at] == kMask ? "mask" : row.ids[at] == ids[at] ? "same" : "other"] += 1;
  }
  // Four standard deviations of a binomial.
  EXPECT_NEAR(static_cast<double>(words), 9000, 4 * std::sqrt(60'000 * 0.15 * 0.85));
  const auto hidden = static_cast<double>(row.places.size());
  EXPECT_NEAR(became["mask"] / hidden, 0.8 + 0.1 / kSize, 4 * std::sqrt(0.16 / hidden));
  EXPECT_NEAR(became["other"] / hidden, 0.1, 4 * std::sqrt(0.09 / hidden));
  EXPECT_NEAR(became["same"] / hidden, 0.1, 4 * std::sqrt(0.09 / hidden));
}

TEST(TokenMasker, AWordIsHiddenWholeAndNothingElseChanges) {
  const TokenMasker masker({.share = 0.3}, vocabulary());
  const auto ids = long_row(300);
  const MaskedRow row = masker.masked(ids, {.seed = 2});
  std::vector<bool> hidden(ids.size());
  for (const int64_t place : row.places) hidden[static_cast<size_t>(place)] = true;
  for (size_t i = 1; i + 1 < ids.size(); ++i) {
    if (ids[i] >= 50) {
      EXPECT_EQ(hidden[i], hidden[i - 1]) << i;
    }
    if (!hidden[i]) {
      EXPECT_EQ(row.ids[i], ids[i]) << i;
    }
  }
  EXPECT_FALSE(hidden.front() || hidden.back());
}

TEST(TokenMasker, SingleTokensAreHiddenAloneWhereWordsDoNotMatter) {
  const TokenMasker masker({.share = 0.3, .whole_word = false}, vocabulary());
  const auto ids = long_row(300);
  const MaskedRow row = masker.masked(ids, {.seed = 2});
  std::vector<bool> hidden(ids.size());
  for (const int64_t place : row.places) hidden[static_cast<size_t>(place)] = true;
  size_t apart = 0;
  for (size_t i = 1; i + 1 < ids.size(); ++i) apart += ids[i] >= 50 && hidden[i] != hidden[i - 1] ? 1 : 0;
  EXPECT_GT(apart, 20u);
}

TEST(TokenMasker, FollowsFromSeedEpochAndRowAlone) {
  const TokenMasker masker({}, vocabulary());
  const auto ids = long_row(200);
  const TokenMasker::Draw draw{.seed = 3, .epoch = 4, .row_key = 5};
  EXPECT_EQ(masker.masked(ids, draw).ids, masker.masked(ids, draw).ids);
  for (const TokenMasker::Draw& other : {TokenMasker::Draw{4, 4, 5}, {3, 5, 5}, {3, 4, 6}, {3, -1, 5}}) {
    EXPECT_NE(masker.masked(ids, draw).places, masker.masked(ids, other).places);
  }
  EXPECT_EQ(masker.count(ids, draw), static_cast<int64_t>(masker.masked(ids, draw).places.size()));
}

TEST(TokenMasker, AShortRowHasAlwaysAHiddenWordAndARowOfSpecialTokensNone) {
  const TokenMasker masker({.share = 0.01}, vocabulary());
  const std::vector<int32_t> row = {1, 10, 60, 11, 2}, nothing = {1, 2};
  std::map<size_t, int> sizes;
  for (uint64_t key = 0; key < 200; ++key) ++sizes[masker.masked(row, {.row_key = key}).places.size()];
  EXPECT_EQ(sizes.count(0), 0u);
  EXPECT_GT(sizes[1], 50);  // the word of one token
  EXPECT_GT(sizes[2], 50);
  EXPECT_EQ(masker.count(nothing, {}), 0);
  EXPECT_THAT(masker.masked(nothing, {}).ids, ElementsAre(1, 2));
}

}  // namespace
}  // namespace rift::train
