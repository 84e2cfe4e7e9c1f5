#include "data/proposals.h"
#include "rift/data/row_stream.h"

// Whatever table a user brings: `rift init` proposes, the proposal loads as run.yaml writes it, and the model's schema
// reads the same values from a file without the label, as scoring does.
namespace rift::data {
namespace {

using test::column;
using test::propose_file;
using test::run_unedited;
using test::write_plainly;
using ::testing::ElementsAre;

struct Shape {
  std::string delimiter = ",";
  std::string line_end = "\n";
  std::string begin;  // of the file
};

using Rows = std::vector<std::vector<std::string>>;

/// Cells in quotes where they have to be.
std::string csv_of(const Rows& rows, const Shape& shape, size_t columns) {
  std::string text = shape.begin;
  for (const auto& row : rows) {
    for (size_t i = 0; i < columns; ++i) {
      std::string cell = row[i];
      if (cell.find_first_of(shape.delimiter + "\"\n") != std::string::npos) {
        for (size_t at = 0; (at = cell.find('"', at)) != std::string::npos; at += 2) cell.insert(at, 1, '"');
        cell = "\"" + cell + "\"";
      }
      text += (i > 0 ? shape.delimiter : "") + cell;
    }
    text += shape.line_end;
  }
  return text;
}

Table scored(const Schema& schema, const std::string& source) {
  RowStream stream(schema, source);
  Table table;
  RowBatch batch;
  while (stream.next(batch)) {
    EXPECT_TRUE(batch.rejected.empty()) << source << ": " << batch.rejected.front().why;
    append_rows(table, std::move(batch.table));
  }
  return table;
}

class OddTables : public ::testing::Test {
 protected:
  /// `rows` with their names first and the label last.
  Dataset train(const Rows& rows, const Shape& shape = {}) {
    const auto path = folder_ / "rows.csv";
    write_plainly(path, csv_of(rows, shape, rows[0].size()));
    proposal_ = propose_file(path, rows[0].back());
    Dataset dataset = run_unedited(proposal_);
    EXPECT_EQ(dataset.table.rows, static_cast<int64_t>(rows.size()) - 1);
    return dataset;
  }

  void expect_same_when_scored(const Dataset& dataset, const Rows& rows, const Shape& shape = {}) {
    const auto path = folder_ / "new.csv";
    write_plainly(path, csv_of(rows, shape, rows[0].size() - 1));
    const Table table = scored(dataset.schema, path.string());
    ASSERT_EQ(table.rows, dataset.table.rows);
    for (const Field* field : dataset.schema.features()) {
      const Column& expected = dataset.table.at(field->name);
      const Column& got = table.at(field->name);
      for (int64_t row = 0; row < table.rows; ++row)
        ASSERT_EQ(cell(got, row), cell(expected, row)) << field->name << " " << row;
    }
  }

  static std::string cell(const Column& column, int64_t row) {
    if (column.missing(row)) return "missing";
    if (column.storage() == Storage::kText) return "text " + std::string(*column.texts().get(row));
    const auto i = static_cast<size_t>(row);
    return column.storage() == Storage::kTime ? format_time(column.times()[i]) : fmt::format("{}", column.numbers()[i]);
  }

  void expect_same(const Rows& rows, const Shape& shape = {}) {
    expect_same_when_scored(train(rows, shape), rows, shape);
  }

  test::TempDirectory folder_;
  Proposal proposal_;
};

const std::vector<Shape> kShapes = {{.delimiter = ","},
                                    {.delimiter = ";"},
                                    {.delimiter = "\t"},
                                    {.delimiter = "|"},
                                    {.delimiter = ",", .line_end = "\r\n"},
                                    {.delimiter = ";", .line_end = "\r\n", .begin = "\xef\xbb\xbf"}};

TEST_F(OddTables, OneColumnOfTexts) {
  for (const bool quotes : {false, true}) {
    Rows rows = {{"post", "label"}};
    for (int i = 0; i < 120; ++i)
      rows.push_back({fmt::format("we {} sell {} machines{} no{} {}", i % 2 ? "do" : "do not", i, quotes ? "," : "",
                                  quotes ? "\n\"more\"" : "", i * 7),
                      i % 3 ? "up" : "down"});
    for (const Shape& shape : kShapes) {
      const Dataset dataset = train(rows, shape);
      ASSERT_EQ(dataset.schema.features().size(), 1u);
      EXPECT_EQ(dataset.schema.features()[0]->kind, Kind::kText);
      expect_same_when_scored(dataset, rows, shape);
    }
  }
}

TEST_F(OddTables, ChineseNamesTextsAndClasses) {
  Rows rows = {{"贷款 用途", "收入：元", "说明", "是否违约"}};
  const std::string words[] = {"今天", "市场", "上涨", "很多", "我们", "应该", "继续", "持有"};
  for (int i = 0; i < 120; ++i)
    rows.push_back({words[i % 3], std::to_string(1000 + i * 7 % 50),
                    words[i % 8] + words[i / 8 % 8] + words[(i * 5 + 3) % 8] + "，" + words[i / 64] + "。",
                    i % 4 == 0 ? "是" : "否"});
  for (const Shape& shape : kShapes) {
    const Dataset dataset = train(rows, shape);
    EXPECT_THAT(dataset.schema.class_names, ElementsAre("否", "是"));
    EXPECT_EQ(dataset.label[0], 1.0);
    EXPECT_EQ(dataset.schema.features(Kind::kText).size(), 1u);
    EXPECT_EQ(dataset.schema.features(Kind::kNumber).size(), 1u);
    expect_same_when_scored(dataset, rows, shape);
  }
}

TEST_F(OddTables, NamesThatYamlCouldMistake) {
  const std::vector<std::string> names = {
      "a: b",  "say \"hi\"", "it's", "#no comment", "- item",     "{curly}", "[square]", "null",       "yes",
      "1",     "0x1F",       "*",    "&anchor",     "!tag",       "%sign",   "@at",      "`",          "a|b",
      "a;b,c", "?",          "~",    "..",          "2020-01-01", "\\n",     "::",       "bad: yes/no"};
  Rows rows = {names};
  for (int i = 0; i < 60; ++i) {
    std::vector<std::string> row;
    for (size_t c = 0; c + 1 < names.size(); ++c)
      row.push_back(std::to_string((i * 31 + static_cast<int>(c) * 17) % 23));
    row.push_back(i % 3 == 0 ? "yes" : "no");
    rows.push_back(row);
  }
  for (const Shape& shape : kShapes) {
    const Dataset dataset = train(rows, shape);
    EXPECT_EQ(dataset.schema.features(Kind::kNumber).size(), names.size() - 1);
    EXPECT_EQ(dataset.schema.with_role(Role::kLabel)->name, "bad: yes/no");
    EXPECT_EQ(dataset.label[0], 1.0);
    expect_same_when_scored(dataset, rows, shape);
  }
}

TEST_F(OddTables, DatesAsText) {
  Rows rows = {{"iso", "month", "slash", "dots", "amount", "default"}};
  for (int i = 0; i < 90; ++i) {
    const int day = 1 + i % 28;
    const int month = 1 + i % 12;
    const char* months[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    rows.push_back({fmt::format("{}-{:02}-{:02}", 1950 + i % 40, month, day),
                    fmt::format("{}-{}", months[month - 1], 1990 + i % 9),
                    fmt::format("{}/{}/{}", day, month, 1960 + i % 30),
                    i % 10 == 0 ? "" : fmt::format("{:02}.{:02}.{}", day, month, 1970 + i % 20),
                    std::to_string(i * 7 % 40), i % 3 == 0 ? "1" : "0"});
  }
  for (const Shape& shape : kShapes) {
    const Dataset dataset = train(rows, shape);
    EXPECT_EQ(dataset.schema.features(Kind::kDate).size() + (dataset.time.empty() ? 0u : 1u), 4u);
    expect_same_when_scored(dataset, rows, shape);
  }
}

TEST_F(OddTables, NumbersWithCommasMissingsAndSpaces) {
  Rows rows = {{"amount", "rate", "kind", "y"}};
  for (int i = 0; i < 80; ++i)
    rows.push_back({i % 9 == 0 ? "" : fmt::format(" {}.{:03},5 ", 1 + i % 7, i * 13 % 1000),
                    i % 11 == 0 ? "n/a" : fmt::format("{},25", i % 17), i % 2 ? "ein Haus" : "Auto",
                    i % 4 == 0 ? "ja" : "nein"});
  for (const Shape& shape : kShapes) {
    const Dataset dataset = train(rows, shape);
    EXPECT_EQ(dataset.schema.features(Kind::kNumber).size(), 2u) << shape.delimiter;
    EXPECT_EQ(dataset.label[0], 1.0);
    expect_same_when_scored(dataset, rows, shape);
  }
}

TEST_F(OddTables, ThreeHundredColumnsOfAllKinds) {
  Rows rows(1);
  for (int c = 0; c < 300; ++c) rows[0].push_back(fmt::format("column {}: \"{}\"", c, c % 7));
  rows[0].push_back("y");
  for (int i = 0; i < 120; ++i) {
    auto& row = rows.emplace_back();
    for (int c = 0; c < 300; ++c)
      row.push_back((i + c) % 13 == 0 ? ""
                    : c % 3 == 0      ? fmt::format("k{}", (i * 7 + c) % 5)
                                      : fmt::format("{}.5", (i * 31 + c * 17) % 97));
    row.push_back(i % 5 == 0 ? "Yes" : "No");
  }
  expect_same(rows);
  EXPECT_EQ(proposal_.columns.size(), 301u);
  expect_same(rows, kShapes.back());
}

TEST_F(OddTables, FourteenClassesWithoutAnId) {
  Rows rows = {{"x", "c", "class"}};
  for (int i = 0; i < 420; ++i)
    rows.push_back(
        {std::to_string(i * 13 % 17), fmt::format("k{}", i % 4), fmt::format("class {}, part \"{}\"", i % 14, i % 14)});
  for (const Shape& shape : kShapes) {
    const Dataset dataset = train(rows, shape);
    EXPECT_EQ(dataset.schema.classes(), 14);
    EXPECT_TRUE(dataset.id.empty());
    expect_same_when_scored(dataset, rows, shape);
  }
}

TEST_F(OddTables, ANameWithALineBreakInAFileOfOtherLineEnds) {
  const test::TempDirectory folder;
  for (const std::string_view end : {"\n", "\r\n"}) {
    for (const std::string_view inside : {"\n", "\r\n"}) {
      std::string text = fmt::format("id,\"a{}b\",bad{}", inside, end);
      for (int i = 0; i < 400; ++i) text += fmt::format("K{},{},{}{}", i, i * 7 % 31, i % 2, end);
      write_plainly(folder / "rows.csv", text);
      const Dataset dataset = load_dataset(test::spec_of(folder / "rows.csv", "bad"));
      ASSERT_EQ(dataset.table.rows, 400);
      EXPECT_EQ(dataset.table.at(fmt::format("a{}b", inside)).numbers()[5], 4.0);
      EXPECT_EQ(dataset.label[1], 1.0);
    }
  }
}

}  // namespace
}  // namespace rift::data
