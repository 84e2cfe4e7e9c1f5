#include "rift/data/column_summary.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <functional>

namespace rift::data {
namespace {

KindGuess guess(int64_t rows, const std::function<std::string(int64_t)>& cell) {
  Texts texts;
  for (int64_t row = 0; row < rows; ++row) {
    const std::string value = cell(row);
    if (value.empty()) {
      texts.append_missing();
    } else {
      texts.append(value);
    }
  }
  return guess_kind(summarize({.name = "c", .values = std::move(texts)}));
}

TEST(GuessKind, NumbersDatesAndCodes) {
  EXPECT_EQ(guess(100, [](auto i) { return fmt::format("{}", i % 7); }).kind, Kind::kNumber);
  EXPECT_EQ(guess(100, [](auto i) { return i % 3 ? fmt::format("{}.5", i) : "NA"; }).kind, Kind::kNumber);
  EXPECT_EQ(guess(100, [](auto i) { return fmt::format("{}%", i % 50); }).kind, Kind::kNumber);
  EXPECT_EQ(guess(100, [](auto i) { return fmt::format("${}", i % 30); }).kind, Kind::kCategory);
  EXPECT_EQ(guess(100, [](auto i) { return fmt::format("${}", i % 50); }).kind, Kind::kIgnore);
  EXPECT_EQ(guess(100, [](auto i) { return i % 2 ? "true" : "false"; }).kind, Kind::kCategory);
  EXPECT_EQ(guess(100, [](auto i) { return fmt::format("2020-01-{:02}", i % 28 + 1); }).kind, Kind::kDate);
  EXPECT_EQ(guess(5000, [](auto i) { return fmt::format("{:03}xx", i * 7 % 800); }).kind, Kind::kCategory);
  EXPECT_EQ(guess(100, [](auto i) { return fmt::format("A{}", i % 5); }).kind, Kind::kCategory);
}

TEST(GuessKind, ColumnsThatNameRowsOrSayNothing) {
  const auto reason = [](int64_t rows, const std::function<std::string(int64_t)>& cell) {
    const KindGuess found = guess(rows, cell);
    EXPECT_EQ(found.kind, Kind::kIgnore);
    return found.reason;
  };
  EXPECT_EQ(reason(100, [](auto i) { return fmt::format("img_{}.jpg", i * 977); }), KindReason::kNamesRows);
  EXPECT_EQ(reason(100, [](auto i) { return fmt::format("{}", 1'000'000 + 13 * i); }), KindReason::kNamesRows);
  EXPECT_EQ(reason(2000, [](auto i) { return fmt::format("{}", (i * 7919 + 11) % 1'000'003); }),
            KindReason::kNamesRows);
  EXPECT_EQ(reason(100, [](auto) { return ""; }), KindReason::kEmpty);
  EXPECT_EQ(reason(100, [](auto) { return "x"; }), KindReason::kConstant);
  EXPECT_EQ(reason(1000, [](auto i) { return i == 5 ? "" : "0"; }), KindReason::kConstant);
}

TEST(GuessKind, AFewDifferentAmountsAreNoNames) {
  EXPECT_EQ(guess(200, [](auto i) { return fmt::format("{}", i * 7919 % 100'003); }).kind, Kind::kNumber);
  EXPECT_EQ(guess(10, [](auto i) { return fmt::format("{}", i); }).kind, Kind::kNumber);
}

TEST(GuessKind, TextsAreSentencesOrManyNames) {
  EXPECT_EQ(guess(500, [](auto i) { return fmt::format("I want to buy {} things for my house", i); }).kind,
            Kind::kText);
  const std::string names[] = {"Acme", "Nova", "Blue", "Star", "Iron", "Rose", "West", "Lake", "Hill", "Park", "Gold"};
  EXPECT_EQ(guess(2000, [&](auto i) { return names[i % 11] + " " + names[i / 11 % 11] + names[i / 121 % 4]; }).kind,
            Kind::kText);
  EXPECT_EQ(guess(2000, [&](auto i) { return "male, " + names[i % 11]; }).kind, Kind::kCategory);
  EXPECT_EQ(guess(6, [](auto i) { return fmt::format("please lend me money {} times", i); }).kind, Kind::kText);
}

TEST(GuessKind, OneValueBesideGapsIsACategory) {
  EXPECT_EQ(guess(100, [](auto i) { return i % 3 ? "" : "Y"; }).kind, Kind::kCategory);
}

}  // namespace
}  // namespace rift::data
