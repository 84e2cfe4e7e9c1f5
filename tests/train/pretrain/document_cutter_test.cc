#include "rift/train/pretrain/document_cutter.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace rift::train {
namespace {

using models::LanguageObjective;
using testing::ElementsAre;
using testing::IsEmpty;

std::vector<std::vector<int32_t>> rows_of(std::vector<int32_t> ids, const CutRule& rule) {
  std::vector<std::vector<int32_t>> rows;
  cut_document(ids, rule, [&](std::span<const int32_t> row) { rows.emplace_back(row.begin(), row.end()); });
  return rows;
}

TEST(DocumentCutter, RowsOfHiddenTokensHaveTheSpecialTokensAroundEach) {
  const CutRule rule{.max_tokens = 5, .special = {.before = {1}, .after = {2}}};
  EXPECT_THAT(rows_of({10, 11, 12, 13, 14, 15, 16}, rule),
              ElementsAre(ElementsAre(1, 10, 11, 12, 2), ElementsAre(1, 13, 14, 15, 2), ElementsAre(1, 16, 2)));
  EXPECT_THAT(rows_of({10, 11, 12}, rule), ElementsAre(ElementsAre(1, 10, 11, 12, 2)));
  EXPECT_THAT(rows_of({}, rule), IsEmpty());
  EXPECT_EQ(least_max_tokens(rule), 3);
}

TEST(DocumentCutter, EveryTokenButTheFirstIsSaidOnceWhereTheNextIsSaid) {
  const CutRule rule{.objective = LanguageObjective::kNextToken, .max_tokens = 4, .special = {.end = 9}};
  EXPECT_THAT(rows_of({10, 11, 12, 13, 14}, rule), ElementsAre(ElementsAre(10, 11, 12, 13), ElementsAre(13, 14, 9)));
  EXPECT_THAT(rows_of({10, 11, 12}, rule), ElementsAre(ElementsAre(10, 11, 12, 9)));
  EXPECT_THAT(rows_of({10}, rule), ElementsAre(ElementsAre(10, 9)));
  for (size_t length = 1; length < 30; ++length) {
    size_t said = 0;
    for (const auto& row : rows_of(std::vector<int32_t>(length, 7), rule)) {
      EXPECT_LE(row.size(), 4u);
      EXPECT_GE(row.size(), 2u);
      said += row.size() - 1;
    }
    EXPECT_EQ(said, length);  // the end of the text among them
  }
}

TEST(DocumentCutter, TokensOfTheTokenizerStandOnceAroundADocument) {
  const CutRule rule{
      .objective = LanguageObjective::kNextToken, .max_tokens = 4, .special = {.end = 9, .before = {1}, .after = {2}}};
  EXPECT_THAT(rows_of({10, 11, 12}, rule), ElementsAre(ElementsAre(1, 10, 11, 12), ElementsAre(12, 2)));
}

TEST(DocumentCutter, ADocumentOfOneTokenWithoutAnythingAroundItSaysNothing) {
  EXPECT_THAT(rows_of({10}, {.objective = LanguageObjective::kNextToken, .max_tokens = 4}), IsEmpty());
}

}  // namespace
}  // namespace rift::train
