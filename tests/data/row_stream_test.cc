#include "rift/data/row_stream.h"

#include <algorithm>
#include <cmath>

#include "data/records.h"
#include "rift/base/sentences.h"

namespace rift::data {
namespace {

using test::message_of;
using test::write_plainly;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

/// number x, category c, text t, date d, id named `id`.
Schema made_schema(bool with_id) {
  Schema schema;
  schema.class_names = {"good", "bad"};
  schema.fields = {{.name = "x", .kind = Kind::kNumber},
                   {.name = "c", .kind = Kind::kCategory},
                   {.name = "d", .kind = Kind::kDate},
                   {.name = "y", .kind = Kind::kCategory, .role = Role::kLabel}};
  if (with_id) schema.fields.push_back({.name = "id", .kind = Kind::kCategory, .role = Role::kId});
  return schema;
}

struct Everything {
  Table table;
  std::vector<std::string> id;
  std::vector<RejectedRow> rejected;
  int64_t batches = 0;
  int64_t largest = 0;
};

Everything read_all(const Schema& schema, const std::string& source, RowStreamOptions options = {}) {
  Everything all;
  RowStream stream(schema, source, options);
  RowBatch batch;
  while (stream.next(batch)) {
    ++all.batches;
    all.largest = std::max(all.largest, batch.table.rows);
    EXPECT_EQ(static_cast<int64_t>(batch.id.size()), batch.table.rows);
    all.id.insert(all.id.end(), batch.id.begin(), batch.id.end());
    for (auto& rejected : batch.rejected) all.rejected.push_back(std::move(rejected));
    append_rows(all.table, std::move(batch.table));
  }
  EXPECT_FALSE(stream.next(batch));
  return all;
}

class RowStreamTest : public ::testing::Test {
 protected:
  std::string file(std::string_view name, std::string_view text) {
    write_plainly(folder_ / name, text);
    return (folder_ / name).string();
  }
  test::TempDirectory folder_;
};

TEST_F(RowStreamTest, ReadsTheSchemasColumnsInItsKindsWhateverTheFilesOrder) {
  const auto path = file("rows.csv", "extra,d,c,x\nq,2020-01-02,001,1.5\nq,,,\nq,Jan-2021,a b,-3\n");
  const Everything all = read_all(made_schema(false), path);
  ASSERT_EQ(all.table.rows, 3);
  ASSERT_EQ(all.table.columns.size(), 3u);
  EXPECT_EQ(all.table.at("x").numbers()[0], 1.5);
  EXPECT_TRUE(std::isnan(all.table.at("x").numbers()[1]));
  EXPECT_EQ(*all.table.at("c").texts().get(0), "001");
  EXPECT_TRUE(all.table.at("c").missing(1));
  EXPECT_EQ(all.table.at("d").times()[2], *parse_time("2021-01-01"));
  EXPECT_THAT(all.id, ElementsAre("0", "1", "2"));
  EXPECT_THAT(all.table.source_row, ElementsAre(0, 1, 2));
}

TEST_F(RowStreamTest, CellsOfAnotherKindRejectTheirRowOnly) {
  const auto path =
      file("rows.csv", "id,x,c,d\na,1,u,2020-01-01\nb,secret,u,2020-01-01\nc,3,u,secret\n,4,u,\ne,5,u,\n");
  const Everything all = read_all(made_schema(true), path);
  EXPECT_THAT(all.id, ElementsAre("a", "e"));
  ASSERT_EQ(all.rejected.size(), 3u);
  EXPECT_EQ(all.rejected[0].source_row, 1);
  EXPECT_EQ(all.rejected[0].why, "column x: not a number");
  EXPECT_EQ(all.rejected[1].why, "column d: not a date");
  EXPECT_EQ(all.rejected[2].source_row, 3);
  EXPECT_THAT(all.rejected[2].why, HasSubstr("column id"));
}

TEST_F(RowStreamTest, ReasonsAreInTheLanguageOfTheResults) {
  const auto path = file("rows.csv", "id,x,c,d\nb,secret,u,2020-01-01\nc,3,u,secret\n,4,u,\n");
  set_language(Language::kChinese);
  const Everything all = read_all(made_schema(true), path);
  set_language(Language::kEnglish);
  ASSERT_EQ(all.rejected.size(), 3u);
  EXPECT_EQ(all.rejected[0].why, "列 x：不是数字");
  EXPECT_EQ(all.rejected[1].why, "列 d：不是日期");
  EXPECT_EQ(all.rejected[2].why, "列 id：为空，但每行都必须有标识");
}

TEST_F(RowStreamTest, DecimalCommasOfTheSchemaAreReadAndPointsAreNot) {
  Schema schema = made_schema(false);
  schema.fields.front().number_style = "decimal_comma";
  const auto all =
      read_all(schema, file("rows.csv", "x;c;d\n1.234,5;a;2020-01-01\n12,25;b;2020-01-02\n12.25;b;2020-01-02\n"));
  EXPECT_THAT(all.table.at("x").numbers(), ElementsAre(1234.5, 12.25));
  ASSERT_EQ(all.rejected.size(), 1u);
  EXPECT_EQ(all.rejected[0].source_row, 2);
  EXPECT_THAT(all.rejected[0].why, HasSubstr("not a number"));
}

TEST_F(RowStreamTest, BrokenLinesAreRejectedAndTheOthersKeepNumberAndOrder) {
  // Quoted line breaks around the broken lines, and enough rows that DuckDB hands them over in several chunks.
  std::string text = "x,c,d\n";
  std::vector<int64_t> broken;
  for (int64_t i = 0; i < 20'000; ++i) {
    if (i % 3001 == 77) {
      text += i % 2 == 0 ? fmt::format("{},u\n", i) : fmt::format("{},u,,more\n", i);
      broken.push_back(i);
    } else {
      text += i % 5 == 0 ? fmt::format("{},\"two\nlines\",2020-01-01\n", i) : fmt::format("{},u,2020-01-01\n", i);
    }
  }
  const Everything all = read_all(made_schema(false), file("rows.csv", text), {.batch_rows = 1000});
  EXPECT_EQ(all.largest, 1000);
  std::vector<int64_t> rejected;
  for (const auto& row : all.rejected) rejected.push_back(row.source_row);
  EXPECT_EQ(rejected, broken);
  ASSERT_EQ(all.table.rows, 20'000 - static_cast<int64_t>(broken.size()));
  for (int64_t row = 0; row < all.table.rows; ++row) {
    const auto i = static_cast<size_t>(row);
    ASSERT_EQ(all.table.at("x").numbers()[i], static_cast<double>(all.table.source_row[i])) << row;
    ASSERT_EQ(all.id[i], std::to_string(all.table.source_row[i]));
  }
  EXPECT_TRUE(std::is_sorted(all.table.source_row.begin(), all.table.source_row.end()));
}

TEST_F(RowStreamTest, BrokenLinesOfJsonAreRejectedWithTheirNumber) {
  std::string text;
  std::vector<int64_t> broken;
  for (int64_t i = 0; i < 20'000; ++i) {
    if (i % 3001 == 77 || i == 19'999) {
      text += i % 2 == 0 ? "{\"x\": 1, \"c\":\n" : "{\"x\": secret}\n";
      broken.push_back(i);
    } else {
      text += fmt::format("{{\"x\": {}, \"c\": \"u\", \"d\": \"2020-01-01\"}}\n", i);
    }
  }
  file("a.jsonl", "{\"x\": 0, \"c\": \"u\", \"d\": \"2020-01-01\"}\n");
  const int64_t before = 1;
  for (const std::string& source : {std::string(file("b.jsonl", text)), (folder_ / "*.jsonl").string()}) {
    const int64_t shift = source.ends_with("b.jsonl") ? 0 : before;
    const Everything all = read_all(made_schema(false), source, {.batch_rows = 1000});
    std::vector<int64_t> rejected;
    for (const auto& row : all.rejected) rejected.push_back(row.source_row - shift);
    EXPECT_EQ(rejected, broken);
    EXPECT_THAT(all.rejected.front().why, HasSubstr("line 78 (blank lines do not count) is not JSON"));
    ASSERT_EQ(all.table.rows, 20'000 + shift - static_cast<int64_t>(broken.size()));
    for (size_t i = 1; i < static_cast<size_t>(all.table.rows); ++i)
      ASSERT_EQ(all.table.at("x").numbers()[i], static_cast<double>(all.table.source_row[i] - shift));
  }
}

/// `rows` lines "i,u,2020-01-01" under a header; `open` of them have a quotation mark that is not closed.
std::string with_open_quotes(int64_t rows, const std::vector<int64_t>& open) {
  std::string text = "x,c,d\n";
  for (int64_t i = 0; i < rows; ++i) {
    const bool opens = std::find(open.begin(), open.end(), i) != open.end();
    text += fmt::format("{},{}u,2020-01-01\n", i, opens ? "\"" : "");
  }
  return text;
}

TEST_F(RowStreamTest, AnOpenQuoteCountsTheLinesItTakesAlong) {
  for (const std::string name : {"rows.csv", "crlf.csv"}) {
    std::string text = with_open_quotes(3000, {50});
    if (name == "crlf.csv") {
      std::string crlf;
      for (const char c : text) crlf += c == '\n' ? "\r\n" : std::string(1, c);
      text = crlf;
    }
    const Everything all = read_all(made_schema(false), file(name, text));
    EXPECT_EQ(all.table.rows, 50) << name;
    ASSERT_EQ(all.rejected.size(), 1u) << name;
    EXPECT_EQ(all.rejected[0].source_row, 50);
    EXPECT_EQ(all.rejected[0].rows, 2950);
    EXPECT_THAT(all.rejected[0].why, HasSubstr("lines 52 to 3001, the end of the file, (2950 lines)"));
    EXPECT_THAT(all.rejected[0].why, HasSubstr("the quotation mark that line 52 opens is not closed"));
  }
}

TEST_F(RowStreamTest, RowsBehindAnOpenQuoteKeepTheirNumbers) {
  const Everything all = read_all(made_schema(false), file("rows.csv", with_open_quotes(5000, {50, 4000, 4990})));
  EXPECT_EQ(all.table.rows, 50 + 989);
  ASSERT_EQ(all.rejected.size(), 2u);
  EXPECT_EQ(all.rejected[0].source_row, 50);
  EXPECT_EQ(all.rejected[0].rows, 3951);
  EXPECT_THAT(all.rejected[0].why, HasSubstr("lines 52 to 4002 (3951 lines)"));
  EXPECT_EQ(all.rejected[1].source_row, 4990);
  EXPECT_EQ(all.rejected[1].rows, 10);
  for (int64_t row = 0; row < all.table.rows; ++row) {
    const auto i = static_cast<size_t>(row);
    ASSERT_EQ(all.table.at("x").numbers()[i], static_cast<double>(all.table.source_row[i])) << row;
  }
}

TEST_F(RowStreamTest, AnOpenQuoteOverMegabytesNeverGivesRowsAWrongNumber) {
  for (const std::vector<int64_t>& open :
       {std::vector<int64_t>{50}, {50, 1'199'000}, {300'000, 500'000}, {50, 1'199'000, 1'199'990}, {1'199'000}}) {
    const auto path = file("rows.csv", with_open_quotes(1'200'000, open));
    try {
      const Everything all = read_all(made_schema(false), path);
      int64_t rejected = 0;
      for (const RejectedRow& row : all.rejected) rejected += row.rows;
      EXPECT_EQ(all.table.rows + rejected, 1'200'000);
      for (int64_t row = 0; row < all.table.rows; ++row) {
        const auto i = static_cast<size_t>(row);
        ASSERT_EQ(all.table.at("x").numbers()[i], static_cast<double>(all.table.source_row[i])) << row;
      }
    } catch (const Error& error) {
      EXPECT_THAT(error.message(), HasSubstr(fmt::format("lines {} to ", open.front() + 2)));
      EXPECT_THAT(error.message(), HasSubstr("cannot be told apart"));
    }
  }
}

TEST_F(RowStreamTest, ABlankLineIsNoRowAndABrokenOneBehindItKeepsItsPlace) {
  const Everything all =
      read_all(made_schema(false), file("rows.csv", "x,c,d\n0,\"u\n\nv\",\n\n\n1,u,\n2,u\n3,u,\n4,u,\n"));
  EXPECT_THAT(all.table.source_row, ElementsAre(0, 1, 3, 4));
  EXPECT_THAT(all.table.at("x").numbers(), ElementsAre(0, 1, 3, 4));
  ASSERT_EQ(all.rejected.size(), 1u);
  EXPECT_EQ(all.rejected[0].source_row, 2);
  EXPECT_THAT(all.rejected[0].why, HasSubstr("line 8 cannot be split"));
}

TEST_F(RowStreamTest, ABrokenLastAndFirstLine) {
  const Everything all = read_all(made_schema(false), file("rows.csv", "x,c,d\n9\n1,u,\n2,v,\n3,w\n"));
  EXPECT_THAT(all.table.source_row, ElementsAre(1, 2));
  ASSERT_EQ(all.rejected.size(), 2u);
  EXPECT_EQ(all.rejected[0].source_row, 0);
  EXPECT_EQ(all.rejected[1].source_row, 3);
  EXPECT_THAT(all.rejected[1].why, HasSubstr("cannot be split"));
}

TEST_F(RowStreamTest, FilesOfAGlobAreOneSequenceWithBrokenLinesCounted) {
  file("a.csv", "x,c,d\n0,u,\n1\n2,u,\n");
  file("b.csv", "x,c,d\n3,u,\n4,u,\n");
  file("c.csv", "x,c,d\n5,u\n6,u,\n");
  const Everything all = read_all(made_schema(false), "*.csv", {.base_directory = folder_.path()});
  EXPECT_THAT(all.table.source_row, ElementsAre(0, 2, 3, 4, 6));
  EXPECT_THAT(all.table.at("x").numbers(), ElementsAre(0, 2, 3, 4, 6));
  EXPECT_EQ(all.rejected.size(), 2u);
}

TEST_F(RowStreamTest, AQuerysTypesServeTheSchemaToo) {
  RowStreamOptions options;
  options.base_directory = folder_.path();
  const Everything all =
      read_all(made_schema(true),
               "sql: SELECT i AS id, i / 2 AS x, i % 3 AS c, DATE '2020-01-01' + i::INTEGER AS d FROM "
               "range(5000) AS r(i)",
               options);
  ASSERT_EQ(all.table.rows, 5000);
  EXPECT_EQ(all.id[4999], "4999");
  EXPECT_EQ(all.table.at("x").numbers()[7], 3.5);
  EXPECT_EQ(*all.table.at("c").texts().get(4), "1");
  EXPECT_EQ(format_time(all.table.at("d").times()[31]), "2020-02-01");
  EXPECT_EQ(all.batches, 2);
}

TEST_F(RowStreamTest, AMissingFeatureIsNamedWithTheNearest) {
  const auto path = file("rows.csv", "xx,c,d\n1,u,\n2,v,\n");
  EXPECT_THAT(message_of(Code::kData, [&] { RowStream(made_schema(false), path); }), HasSubstr("'x'"));
  EXPECT_THAT(message_of(Code::kArtefact, [&] { RowStream(made_schema(false), path + "x"); }),
              HasSubstr("no such file"));
}

TEST_F(RowStreamTest, AHeaderAloneHasNoRows) {
  EXPECT_EQ(read_all(made_schema(false), file("rows.csv", "x,c,d\n")).batches, 0);
}

}  // namespace
}  // namespace rift::data
