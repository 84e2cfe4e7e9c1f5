#include "rift/data/table.h"

#include <cmath>

#include "support/failure.h"

namespace rift::data {
namespace {

using test::message_of;

Column texts(std::string name, const std::vector<std::optional<std::string>>& values) {
  Texts column;
  for (const auto& value : values) {
    if (value) {
      column.append(*value);
    } else {
      column.append_missing();
    }
  }
  return {.name = std::move(name), .values = std::move(column)};
}

Table made() {
  Table table;
  table.rows = 3;
  table.source_row = {5, 6, 7};
  table.add(texts("word", {"a", std::nullopt, ""}));
  table.add({.name = "number", .values = Numbers{{1.0, NAN, 3.0}}});
  table.add({.name = "day", .values = Times{{0, kMissingTime, 2}}});
  return table;
}

TEST(Table, MissingIsNotEmpty) {
  const Table table = made();
  EXPECT_FALSE(table.at("word").missing(2));
  EXPECT_EQ(*table.at("word").texts().get(2), "");
  for (const Column& column : table.columns) {
    EXPECT_FALSE(column.missing(0)) << column.name;
    EXPECT_TRUE(column.missing(1)) << column.name;
    EXPECT_EQ(column.rows(), 3);
  }
}

TEST(Table, TakePicksRowsInTheirOrderAndRepeatsThem) {
  const Table taken = take(made(), std::vector<int64_t>{2, 0, 2, 1});
  EXPECT_EQ(taken.rows, 4);
  EXPECT_EQ(taken.source_row, (std::vector<int64_t>{7, 5, 7, 6}));
  EXPECT_EQ(taken.at("number").numbers()[0], 3.0);
  EXPECT_EQ(*taken.at("word").texts().get(1), "a");
  EXPECT_TRUE(taken.at("day").missing(3));
  message_of(Code::kBug, [&] { take(made(), std::vector<int64_t>{3}); });
}

TEST(Table, AppendRowsEqualsTheWhole) {
  Table all;
  append_rows(all, made());
  append_rows(all, take(made(), std::vector<int64_t>{0, 1}));
  EXPECT_EQ(all.rows, 5);
  EXPECT_EQ(*all.at("word").texts().get(3), "a");
  EXPECT_TRUE(all.at("word").missing(4));
  EXPECT_EQ(all.at("day").times()[3], 0);
  EXPECT_EQ(all.source_row, (std::vector<int64_t>{5, 6, 7, 5, 6}));
}

TEST(Table, NamesAreUniqueLengthsEqualAndAWrongNameBringsTheNearest) {
  Table table = made();
  message_of(Code::kData, [&] { table.add(texts("word", {"x", "y", "z"})); });
  message_of(Code::kBug, [&] { table.add(texts("other", {"x"})); });
  EXPECT_NE(message_of(Code::kData, [&] { table.at("numbr"); }).find("did you mean 'number'"), std::string::npos);
  message_of(Code::kBug, [&] { table.at("word").numbers(); });
  EXPECT_EQ(table.find("numbr"), nullptr);
}

}  // namespace
}  // namespace rift::data
