#include "rift/encode/text/row_text.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>

#include "support/failure.h"

namespace rift::encode::text {
namespace {

using data::Kind;
using data::Role;
using test::message_of;
using testing::ElementsAre;
using testing::HasSubstr;

constexpr double kMissing = std::numeric_limits<double>::quiet_NaN();

data::Column texts(const std::string& name, const std::vector<const char*>& values) {
  data::Column column{name, data::Texts{}};
  for (const char* value : values) {
    if (value == nullptr) {
      std::get<data::Texts>(column.values).append_missing();
    } else {
      std::get<data::Texts>(column.values).append(value);
    }
  }
  return column;
}

/// Two applicants of German Credit, with texts of our own beside them.
data::Schema schema() {
  data::Schema schema;
  schema.class_names = {"1", "2"};
  schema.fields = {{.name = "row", .kind = Kind::kNumber, .role = Role::kId},
                   {.name = "A1",
                    .kind = Kind::kCategory,
                    .caption = "Checking account",
                    .value_captions = {{"A11", "below 0 DM"}, {"A14", "no checking account"}}},
                   {.name = "A2", .kind = Kind::kNumber, .caption = "Duration", .unit = "months"},
                   {.name = "title", .kind = Kind::kText},
                   {.name = "rate", .kind = Kind::kNumber, .unit = "%"},
                   {.name = "A19",
                    .kind = Kind::kNumber,
                    .caption = "Telephone",
                    .unit = "lines",
                    .value_captions = {{"0", "none"}}},
                   {.name = "opened", .kind = Kind::kDate, .caption = "Account opened"},
                   {.name = "desc", .kind = Kind::kText},
                   {.name = "sex", .kind = Kind::kCategory, .role = Role::kProtected},
                   {.name = "old", .kind = Kind::kIgnore},
                   {.name = "bad", .kind = Kind::kNumber, .role = Role::kLabel}};
  return schema;
}

data::Table table() {
  data::Table rows;
  rows.rows = 3;
  rows.add({"row", data::Numbers{{1, 2, 3}}});
  rows.add(texts("A1", {"A14", "A11", nullptr}));
  rows.add({"A2", data::Numbers{{24, 6, kMissing}}});
  rows.add(texts("title", {"New car", nullptr, " "}));
  rows.add({"rate", data::Numbers{{4.5, 0.1, kMissing}}});
  rows.add({"A19", data::Numbers{{0, 2, kMissing}}});
  rows.add({"opened", data::Times{{*data::parse_time("2011-07-01"), *data::parse_time("1999-12-31 13:45:00"),
                                   data::kMissingTime}}});
  rows.add(texts("desc", {"I buy a car. ", "Please help!", nullptr}));
  rows.add(texts("sex", {"f", "m", "f"}));
  rows.add(texts("old", {"x", "y", "z"}));
  rows.add({"bad", data::Numbers{{0, 1, 0}}});
  return rows;
}

data::Schema without_texts() {
  data::Schema changed = schema();
  std::erase_if(changed.fields, [](const data::Field& field) { return field.kind == Kind::kText; });
  return changed;
}

std::string joined(const RowText& text, const data::Table& rows, int64_t row) {
  std::string joined = "what another row was";
  RowTextReader(text, rows).joined(row, joined);
  return joined;
}

std::vector<std::string> pieces(const RowText& text, const data::Table& rows, int64_t row) {
  std::string sentence = "what another row was";
  const auto found = RowTextReader(text, rows).pieces(row, sentence);
  return {found.begin(), found.end()};
}

TEST(RowText, WritesTheTableAsASentence) {
  const RowText text(without_texts(), {});
  ASSERT_TRUE(text.writes_table());
  EXPECT_EQ(joined(text, table(), 0),
            "Checking account: no checking account. Duration: 24 months. rate: 4.5 %. Telephone: none. "
            "Account opened: 2011-07-01.");
  EXPECT_EQ(joined(text, table(), 1),
            "Checking account: below 0 DM. Duration: 6 months. rate: 0.1 %. Telephone: 2 lines. "
            "Account opened: 1999-12-31.");
  EXPECT_EQ(joined(text, table(), 2), "");  // everything is missing
}

TEST(RowTextReader, GivesEveryRowWhateverItReadBefore) {
  const data::Table rows = table();
  for (const FromTable mode : {FromTable::kNever, FromTable::kAlways}) {
    const RowText text(schema(), {.from_table = mode});
    const RowTextReader reader(text, rows);
    std::string again, sentence;
    for (const int64_t row : {0, 1, 2, 0}) {
      reader.joined(row, again);
      EXPECT_EQ(again, joined(text, rows, row)) << row;
      EXPECT_THAT(reader.pieces(row, sentence), testing::ElementsAreArray(pieces(text, rows, row))) << row;
    }
  }
}

TEST(RowText, LabelIdProtectedAndIgnoredColumnsNeverAppear) {
  const RowText text(schema(), {.from_table = FromTable::kAlways});
  for (const char* hidden : {"row", "bad", "sex", "old"}) {
    EXPECT_THAT(joined(text, table(), 0), testing::Not(HasSubstr(std::string(hidden) + ":")));
  }
}

TEST(RowText, TextColumnsComeFirstInTheOrderAskedFor) {
  EXPECT_THAT(RowText(schema(), {}).columns(), ElementsAre("title", "desc"));
  EXPECT_THAT(pieces(RowText(schema(), {}), table(), 1), ElementsAre("", "Please help!"));
  EXPECT_THAT(pieces(RowText(schema(), {.columns = {"desc", "title"}}), table(), 0),
              ElementsAre("I buy a car. ", "New car"));
  const RowText both(schema(), {.columns = {"title"}, .from_table = FromTable::kAlways});
  EXPECT_THAT(pieces(both, table(), 1),
              ElementsAre("",
                          "Checking account: below 0 DM. Duration: 6 months. rate: 0.1 %. Telephone: 2 lines. "
                          "Account opened: 1999-12-31."));
}

TEST(RowText, TheTableIsWrittenWhenAskedOrWhenThereIsNoText) {
  EXPECT_FALSE(RowText(schema(), {}).writes_table());
  EXPECT_TRUE(RowText(without_texts(), {}).writes_table());
  EXPECT_TRUE(RowText(schema(), {.from_table = FromTable::kAlways}).writes_table());
  const RowText never(without_texts(), {.from_table = FromTable::kNever});
  EXPECT_FALSE(never.writes_table());
  EXPECT_THAT(pieces(never, table(), 0), testing::IsEmpty());
  EXPECT_EQ(joined(never, table(), 0), "");
  data::Schema not_a_feature = schema();  // a text that is only the group of a row is no text to read
  for (data::Field& field : not_a_feature.fields) field.role = field.kind == Kind::kText ? Role::kGroup : field.role;
  EXPECT_TRUE(RowText(not_a_feature, {}).writes_table());
}

TEST(RowText, PiecesAreJoinedAsSentences) {
  const auto both = [](const char* first, const char* second) {
    data::Table rows;
    rows.rows = 1;
    rows.add(texts("title", {first}));
    rows.add(texts("desc", {second}));
    return joined(RowText(schema(), {}), rows, 0);
  };
  EXPECT_EQ(both("New car", "I buy a car."), "New car. I buy a car.");
  EXPECT_EQ(both("New car!", "I buy"), "New car! I buy");
  EXPECT_EQ(both("  New \"car.\" \n", "\tI buy "), "New \"car.\" I buy");
  EXPECT_EQ(both("我买车。", "谢谢"), "我买车。 谢谢");
  EXPECT_EQ(both("我买车", "谢谢"), "我买车. 谢谢");
  EXPECT_EQ(both(nullptr, "I buy"), "I buy");
  EXPECT_EQ(both(" ", nullptr), "");
}

TEST(RowText, EmptyMeansNoTextInAnyTextColumn) {
  const data::Table rows = table();
  const RowText every(schema(), {}), title(schema(), {.columns = {"title"}, .from_table = FromTable::kAlways});
  const RowTextReader reader(every, rows);
  EXPECT_FALSE(reader.empty(0));
  EXPECT_FALSE(reader.empty(1));
  EXPECT_TRUE(reader.empty(2));
  EXPECT_TRUE(RowTextReader(title, rows).empty(1));
}

TEST(RowText, ColumnsThatAreNoTextAreRefused) {
  const auto refused = [](std::vector<std::string> columns) {
    return message_of(Code::kConfig, [&] { RowText(schema(), {.columns = columns}); });
  };
  EXPECT_THAT(refused({"A1"}), HasSubstr("text.columns: 'A1' is a category column"));
  EXPECT_THAT(refused({"titel"}),
              HasSubstr("is no column of the data, not a text column of the model; did you mean 'title'?"));
  EXPECT_THAT(refused({"desc", "desc"}), HasSubstr("names 'desc' twice"));
}

TEST(RowText, AMissingColumnOfTheRowsIsAnError) {
  data::Table rows;
  rows.rows = 1;
  rows.add(texts("title", {"x"}));
  EXPECT_THAT(message_of(Code::kData, [&] { joined(RowText(schema(), {}), rows, 0); }), HasSubstr("'desc'"));
}

TEST(RowText, ValuesThatEndASentenceGetNoSecondStop) {
  data::Table rows;
  rows.rows = 1;
  rows.add(texts("job", {"manager etc."}));
  rows.add(texts("home", {" own "}));
  data::Schema schema;
  schema.fields = {{.name = "job", .kind = Kind::kCategory}, {.name = "home", .kind = Kind::kCategory}};
  EXPECT_EQ(joined(RowText(schema, {}), rows, 0), "job: manager etc. home: own.");
}

TEST(RowText, NumbersAreWrittenInTheirShortestForm) {
  data::Table rows;
  rows.rows = 1;
  data::Schema schema;
  for (const double value : {12000.0, 0.1, -3.0, 1.0 / 3, 1e6}) {
    const std::string name(1, static_cast<char>('a' + schema.fields.size()));
    schema.fields.push_back({.name = name, .kind = Kind::kNumber});
    rows.add({name, data::Numbers{{value}}});
  }
  EXPECT_EQ(joined(RowText(schema, {}), rows, 0), "a: 12000. b: 0.1. c: -3. d: 0.3333333333333333. e: 1000000.");
}

}  // namespace
}  // namespace rift::encode::text
