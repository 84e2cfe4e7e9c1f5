#include <algorithm>
#include <numeric>

#include "data/records.h"

namespace rift::data {
namespace {

using test::message_of;
using test::plain_csv;
using test::spec_of;
using test::write_plainly;
using ::testing::HasSubstr;
using ::testing::Not;

class BadInput : public ::testing::Test {
 protected:
  std::filesystem::path file(std::string_view name, std::string_view text) {
    write_plainly(folder_ / name, text);
    return folder_ / name;
  }
  std::string refused(Code code, const LoadSpec& spec) {
    return message_of(code, [&] { load_dataset(spec); });
  }
  std::string refused(Code code, std::string_view text, Task task = Task::kBinary) {
    return refused(code, spec_of(file("rows.csv", text), "y", task));
  }
  test::TempDirectory folder_;
};

TEST_F(BadInput, NoSuchFile) {
  EXPECT_THAT(refused(Code::kArtefact, spec_of(folder_ / "none.csv", "y")), HasSubstr("no such file"));
  EXPECT_THAT(refused(Code::kArtefact, spec_of(folder_ / "none-*.csv", "y")), HasSubstr("no file has a name"));
  EXPECT_THAT(refused(Code::kArtefact, spec_of(folder_.path(), "y")), HasSubstr("directory"));
}

TEST_F(BadInput, EmptyFileAndHeaderAlone) {
  EXPECT_THAT(refused(Code::kData, ""), HasSubstr("empty"));
  EXPECT_THAT(refused(Code::kData, "\n\n"), HasSubstr("empty"));
  EXPECT_THAT(refused(Code::kData, "x,y\n"), HasSubstr("no rows"));
  EXPECT_THAT(refused(Code::kData, spec_of(file("rows.jsonl", ""), "y")), HasSubstr("empty"));
}

TEST_F(BadInput, ABrokenLineIsNamedByItsNumberAndNotByItsContent) {
  std::string text = plain_csv(60);
  text += "secret,1,2\n" + plain_csv(10).substr(4);
  const std::string message = refused(Code::kData, text);
  EXPECT_THAT(message, HasSubstr("line 62"));
  EXPECT_THAT(message, HasSubstr("3 columns where 2 are expected"));
  EXPECT_THAT(message, Not(HasSubstr("secret")));
}

TEST_F(BadInput, BytesThatLatin1DoesNotHaveAreNotCalledLatin1) {
  const auto path = file("rows.csv", "id,x,y\n1,5 \x80,0\n2,6 \x80,1\n");  // the euro sign of Windows-1252
  LoadSpec spec = spec_of(path, "y");
  spec.data.source = "sql: SELECT * FROM read_csv('" + path.string() + "', encoding = 'latin-1')";
  spec.data.id = "id";
  EXPECT_THAT(refused(Code::kData, spec), HasSubstr("CP1252"));
}

TEST_F(BadInput, AnOpenQuoteIsABrokenLine) {
  std::string text = plain_csv(40);
  text += "\"secret,1\n" + plain_csv(10).substr(4);
  const std::string message = refused(Code::kData, text);
  EXPECT_THAT(message, HasSubstr("line 42"));
  EXPECT_THAT(message, HasSubstr("quotation mark"));
  EXPECT_THAT(message, Not(HasSubstr("secret")));
}

TEST_F(BadInput, AnOpenQuoteInTheFirstLinesOfALongFileIsOneToo) {
  for (const int64_t at : {0, 40}) {
    const std::string message = refused(Code::kData, plain_csv(at) + "\"secret,1\n" + plain_csv(3000).substr(4));
    EXPECT_THAT(message, HasSubstr(fmt::format("line {} ", at + 2)));
    EXPECT_THAT(message, HasSubstr("quotation mark"));
    EXPECT_THAT(message, Not(HasSubstr("secret")));
  }
}

TEST_F(BadInput, ALineLongerThanTheReaderTakesIsNamed) {
  const std::string long_line = std::string(17'000'000, 's') + ",1\n";
  for (const int64_t at : {4, 30'000}) {
    const std::string message = refused(Code::kData, plain_csv(at) + long_line + plain_csv(10).substr(4));
    EXPECT_THAT(message, HasSubstr(fmt::format("line {} ", at + 2)));
    EXPECT_THAT(message, HasSubstr("16 MB"));
  }
}

TEST_F(BadInput, BytesThatAreNotUtf8SayHowToNameTheirEncoding) {
  const std::string message = refused(Code::kData, "x,y\ncaf\xe9,1\nbar,0\n");
  EXPECT_THAT(message, HasSubstr("UTF-8"));
  EXPECT_THAT(message, HasSubstr("encoding="));
  EXPECT_THAT(message, Not(HasSubstr("caf")));
}

TEST_F(BadInput, AHeaderThatIsNotUtf8IsSaid) {
  EXPECT_THAT(refused(Code::kData,
                      "stra\xdf"
                      "e,y\n1,1\n2,0\n"),
              HasSubstr("encoding = 'latin-1'"));
}

TEST_F(BadInput, AFirstNameWithALineBreakBehindAByteOrderMark) {
  EXPECT_THAT(refused(Code::kData, "\xef\xbb\xbf\"amount\nin euro\",y\n1,0\n2,1\n"),
              HasSubstr("take the line break out of the first column's name"));
}

TEST_F(BadInput, AFileInUtf16IsNoEmptyFile) {
  const std::string utf16(
      "\xff\xfex\0,\0y\0\n\0"
      "1\0,\0"
      "0\0\n\0",
      18);
  EXPECT_THAT(refused(Code::kData, utf16), HasSubstr("encoding = 'utf-16'"));
}

TEST_F(BadInput, CommasThatMayMeanEither) {
  LoadSpec spec = spec_of(file("rows.csv", "a;y\n1,234;0\n5,678;1\n12;0\n13;1\n"), "y");
  spec.data.columns = {{"a", Kind::kNumber}};
  EXPECT_THAT(refused(Code::kData, spec), HasSubstr("separators of thousands"));
}

TEST_F(BadInput, TwoColumnsOfOneName) {
  EXPECT_THAT(refused(Code::kData, "x,x,y\n1,2,0\n3,4,1\n"), HasSubstr("two columns are called 'x'"));
}

TEST_F(BadInput, AWrongColumnNameBringsTheNearest) {
  LoadSpec spec = spec_of(file("rows.csv", "income,default\n1,0\n2,1\n"), "defualt");
  EXPECT_THAT(refused(Code::kConfig, spec), HasSubstr("did you mean 'default'?"));
  spec.data.label.column = "default";
  spec.data.weight = "incone";
  EXPECT_THAT(refused(Code::kConfig, spec), HasSubstr("data.weight"));
  spec.data.weight.reset();
  spec.data.columns = {{"incomes", Kind::kNumber}};
  EXPECT_THAT(refused(Code::kConfig, spec), HasSubstr("did you mean 'income'?"));
  spec.data.columns.clear();
  spec.data.group = "default";
  EXPECT_THAT(refused(Code::kConfig, spec), HasSubstr("another role"));
}

TEST_F(BadInput, AFileWithoutALineOfNamesSaysHowToNameThem) {
  std::string rows;
  for (int i = 0; i < 40; ++i) rows += fmt::format("{},{},secret{},{}\n", i, 0.5 * i, i % 3, i % 2);
  std::string texts;
  for (int i = 0; i < 40; ++i) texts += fmt::format("4{},secret{}\n", i % 7, i % 3);
  for (const std::string& text : {rows, texts, texts.substr(0, 10)}) {
    const LoadSpec spec = spec_of(file("rows.csv", text), "secret0");
    LoadSpec other = spec;
    other.data.label.column = "default";
    const std::string message = refused(Code::kConfig, other);
    EXPECT_THAT(message, HasSubstr("no column 'default'"));
    EXPECT_THAT(message, HasSubstr("its first line looks like a row"));
    EXPECT_THAT(message, HasSubstr("names = ['...', 'default']"));
    EXPECT_THAT(message, Not(HasSubstr("secret")));
  }
  // What the message offers works.
  LoadSpec named = spec_of({}, "default");
  named.data.source = fmt::format(
      "sql: SELECT row_number() OVER () AS id, * FROM read_csv('{}', header = false, names = ['a', 'b', "
      "'c', 'default'])",
      file("rows.csv", rows).string());
  named.data.id = "id";
  EXPECT_EQ(load_dataset(named).table.rows, 40);
}

TEST_F(BadInput, ALabelIsSuggestedByItsWords) {
  const auto path = file("rows.csv", "ID,PAY_AMT6,result,default payment next month\n1,2,u,0\n2,3,v,1\n");
  EXPECT_THAT(refused(Code::kConfig, spec_of(path, "default")),
              HasSubstr("did you mean 'default payment next month'?"));
}

TEST_F(BadInput, ALabelOfThreeValuesInABinaryTask) {
  const std::string message = refused(Code::kData, "x,y\n1,green\n2,blue\n3,red\n4,red\n");
  EXPECT_THAT(message, HasSubstr("3 different values"));
  EXPECT_THAT(message, HasSubstr("multiclass"));
  EXPECT_THAT(message, HasSubstr("label.positive"));
  EXPECT_THAT(message, Not(HasSubstr("blue")));
}

TEST_F(BadInput, ALabelOfOneValue) {
  EXPECT_THAT(refused(Code::kData, "x,y\n1,0\n2,0\n"), HasSubstr("same label"));
  EXPECT_THAT(refused(Code::kData, "x,y\n1,0\n2,0\n", Task::kMulticlass), HasSubstr("same label"));
}

TEST_F(BadInput, RowsWithoutALabelAreCountedAndTheFirstNamed) {
  const std::string message = refused(Code::kData, "x,y\n1,0\n2,1\n3,\n4,NaN\n5,1\n");
  EXPECT_THAT(message, HasSubstr("2 of 5 rows"));
  EXPECT_THAT(message, HasSubstr("row 2 the first"));
}

TEST_F(BadInput, PatternsThatMatchNoRowOrEveryRow) {
  LoadSpec spec = spec_of(file("rows.csv", plain_csv(40)), "y");
  spec.data.label.positive = {"*paid"};
  EXPECT_THAT(refused(Code::kData, spec), HasSubstr("matches none"));
  spec.data.label.positive = {"*"};
  EXPECT_THAT(refused(Code::kData, spec), HasSubstr("matches each"));
}

TEST_F(BadInput, ARegressionLabelThatIsNoNumber) {
  const std::string message = refused(Code::kData, "x,y\n1,0.5\n2,secret\n", Task::kRegression);
  EXPECT_THAT(message, HasSubstr("row 1"));
  EXPECT_THAT(message, Not(HasSubstr("secret")));
}

TEST_F(BadInput, ACellThatIsNotOfItsDeclaredKind) {
  LoadSpec spec = spec_of(file("rows.csv", "x,y\n1,0\nsecret,1\n2,0\nsecret,1\n"), "y");
  spec.data.columns = {{"x", Kind::kNumber}};
  const std::string message = refused(Code::kData, spec);
  EXPECT_THAT(message, HasSubstr("column 'x': row 1 is not a number (2 such cells of 4)"));
  EXPECT_THAT(message, Not(HasSubstr("secret")));
}

TEST_F(BadInput, DatesThatCanBeReadBothWays) {
  std::string text = "d,y\n";
  for (int i = 1; i <= 12; ++i) text += fmt::format("{:02}/{:02}/2020,{}\n", i, 13 - i, i % 2);
  LoadSpec spec = spec_of(file("rows.csv", text), "y");
  spec.data.columns = {{"d", Kind::kDate}};
  EXPECT_THAT(refused(Code::kData, spec), HasSubstr("day first"));
}

TEST_F(BadInput, QueriesAndGlobsNeedAnId) {
  LoadSpec spec = spec_of({}, "y");
  file("rows.csv", plain_csv(40));
  spec.base_directory = folder_.path();
  spec.data.source = "sql: SELECT * FROM 'rows.csv'";
  EXPECT_THAT(refused(Code::kConfig, spec), HasSubstr("data.id"));
  spec.data.source = "*.csv";
  file("more.csv", plain_csv(40));
  EXPECT_THAT(refused(Code::kConfig, spec), HasSubstr("data.id"));
}

TEST_F(BadInput, AQueryThatIsWrongIsExplainedWithoutAValue) {
  file("rows.csv", "x,y\nsecret: No such file,0\nother,1\n");
  LoadSpec spec = spec_of({}, "y");
  spec.base_directory = folder_.path();
  spec.data.source = "sql: SELEC x FROM 'rows.csv'";
  EXPECT_THAT(refused(Code::kConfig, spec), HasSubstr("syntax error"));
  spec.data.source = "sql: SELECT z, y FROM 'rows.csv'";
  EXPECT_THAT(refused(Code::kConfig, spec), HasSubstr("\"z\" not found"));
  spec.data.source = "sql: SELECT CAST(x AS INTEGER) AS id, y FROM 'rows.csv'";
  spec.data.id = "id";
  const std::string message = refused(Code::kData, spec);
  EXPECT_THAT(message, HasSubstr("TRY_CAST"));
  EXPECT_THAT(message, Not(HasSubstr("secret")));
  spec.data.source = "sql: SELECT * FROM 'nowhere.csv'";
  EXPECT_THAT(refused(Code::kArtefact, spec), HasSubstr("nowhere.csv"));
  spec.data.source = "sql:  ;";
  EXPECT_THAT(refused(Code::kConfig, spec), HasSubstr("empty"));
}

TEST_F(BadInput, AQueryFromAFolderWithACommaInItsName) {
  const std::filesystem::path folder = folder_ / "a,b";
  std::filesystem::create_directories(folder / "c");
  write_plainly(folder / "rows.csv", plain_csv(40));
  write_plainly(folder / "c" / "rows.csv", plain_csv(60));
  LoadSpec spec = spec_of("rows.csv", "y");
  spec.base_directory = folder;
  EXPECT_EQ(load_dataset(spec).table.rows, 40);
  spec.data.id = "id";
  spec.data.source = "sql: SELECT row_number() OVER () AS id, * FROM 'rows.csv'";
  const std::string message = refused(Code::kConfig, spec);
  EXPECT_THAT(message, HasSubstr(folder.string()));
  EXPECT_THAT(message, HasSubstr("comma"));
  EXPECT_THAT(message, HasSubstr("data.folder"));

  // What the message offers works.
  const std::filesystem::path before = std::filesystem::current_path();
  std::filesystem::current_path(folder);
  const int64_t here = load_dataset(spec).table.rows;
  std::filesystem::remove(folder / "rows.csv");
  spec.data.folder = "c";
  const int64_t below = load_dataset(spec).table.rows;
  std::filesystem::current_path(before);
  EXPECT_EQ(here, 40);
  EXPECT_EQ(below, 60);
  write_plainly(folder_ / "rows.csv", plain_csv(50));
  spec.data.folder = folder_.path().string();
  EXPECT_EQ(load_dataset(spec).table.rows, 50);
}

TEST_F(BadInput, FoldersAndFilesMayHaveAnyName) {
  for (const char* name : {"a,b", "a[b]c", "it's", "100%", "q\"x", " a b ", "字段", "a*b", "a?b"}) {
    const std::filesystem::path folder = folder_ / name;
    std::filesystem::create_directories(folder);
    write_plainly(folder / (std::string(name) + ".csv"), plain_csv(40));
    LoadSpec spec = spec_of(std::string(name) + ".csv", "y");
    spec.base_directory = folder;
    EXPECT_EQ(load_dataset(spec).table.rows, 40) << name;
    spec.data.source = "*.csv";
    EXPECT_EQ(load_dataset(spec).table.rows, 40) << name;
    if (std::string_view(name) == "a,b") continue;
    write_plainly(folder / "rows.csv", plain_csv(60));
    spec.data.source = "sql: SELECT row_number() OVER () AS id, * FROM 'rows.csv'";
    spec.data.id = "id";
    EXPECT_EQ(load_dataset(spec).table.rows, 60) << name;
  }
}

TEST_F(BadInput, SpacesThatSeparateCellsAreSaid) {
  std::string rows;
  for (int i = 0; i < 40; ++i) rows += fmt::format("A{} {} secret{} {} {}\n", i % 4, i, i % 3, i * 7 % 11, i % 2 + 1);
  const auto path = file("rows.data", rows);
  const std::string message = refused(Code::kConfig, spec_of(path, "column4"));
  EXPECT_THAT(message, HasSubstr("taken for one column"));
  EXPECT_THAT(message, HasSubstr("delim = ' ', header = false"));
  EXPECT_THAT(message, Not(HasSubstr("secret")));
  // What the message offers works.
  LoadSpec spec = spec_of({}, "column4");
  spec.data.source = message.substr(message.find("sql: "));
  spec.data.id = "id";
  EXPECT_EQ(load_dataset(spec).table.rows, 40);
}

TEST_F(BadInput, LinesThatEndDifferentlyAreNamed) {
  for (const auto& [first, later] : {std::pair("\r\n", "\n"), std::pair("\n", "\r\n")}) {
    for (const int64_t at : {1, 5000}) {
      std::string text = "x,y";
      for (int64_t i = 0; i < 6000; ++i) text += fmt::format("{}{},{}", i < at ? first : later, i % 11, i % 2);
      const std::string message = refused(Code::kData, text);
      EXPECT_THAT(message, HasSubstr(fmt::format("line {} ends in another way", at + 1)));
      EXPECT_THAT(message, HasSubstr("tr -d '\\r'"));
    }
  }
}

TEST_F(BadInput, WhatAQueryCannotDoHasASentenceOfItsOwn) {
  file("rows.csv", "id,t,x,y\n1,secret,-3,0\n2,secret,2147483647,1\n3,secret,5,1\n");
  LoadSpec spec = spec_of({}, "y");
  spec.base_directory = folder_.path();
  spec.data.id = "id";
  struct Case {
    Code code;
    std::string query;
    std::string said;
  };
  const Case cases[] = {
      {Code::kData, "id, y, strptime(t, '%d/%m/%Y') AS d FROM 'rows.csv'", "try_strptime"},
      {Code::kData, "id, y, CAST(x AS INTEGER) + CAST(x AS INTEGER) AS d FROM 'rows.csv'", "overflow"},
      {Code::kData, "id, y, ln(x) AS d FROM 'rows.csv'", "logarithm"},
      {Code::kData, "* FROM read_csv('rows.csv', columns = {'id': 'VARCHAR', 'y': 'BIGINT'})",
       "one entry for each column"},
      {Code::kConfig, "id, y, (SELECT t FROM 'rows.csv') AS d FROM 'rows.csv'", "one value is expected"},
      {Code::kConfig, "* FROM read_csv('https://localhost/x.csv')", "extension"},
      {Code::kConfig, "* FROM read_xlsx('x.xlsx')", "extension"},
      {Code::kData, "id, y, error(t) AS d FROM 'rows.csv'", "TRY(...)"},
      {Code::kData, "*, 1 AS y FROM read_json('rows.csv')", "not JSON"}};
  for (const Case& one : cases) {
    spec.data.source = "sql: SELECT " + one.query;
    const std::string message = refused(one.code, spec);
    EXPECT_THAT(message, HasSubstr(one.said)) << one.query;
    EXPECT_THAT(message, Not(HasSubstr("secret"))) << one.query;
    EXPECT_THAT(message, Not(HasSubstr("2147"))) << one.query;
  }
}

TEST_F(BadInput, ALineOfJsonThatIsNoneIsNamed) {
  std::string text;
  for (int i = 0; i < 400; ++i)
    text += i == 100 || i == 200 ? "{\"x\": secret}\n\n" : fmt::format("{{\"x\": {}, \"y\": {}}}\n", i % 17, i % 2);
  for (const std::string& source : {file("rows.jsonl", text).string(), (folder_ / "*.jsonl").string()}) {
    LoadSpec spec = spec_of(source, "y");
    const std::string message = refused(Code::kData, spec);
    EXPECT_THAT(message, HasSubstr("rows.jsonl: line 101 (blank lines do not count) is not JSON"));
    EXPECT_THAT(message, HasSubstr("2 such"));
    EXPECT_THAT(message, Not(HasSubstr("secret")));
  }
}

TEST_F(BadInput, ADamagedFile) {
  EXPECT_THAT(refused(Code::kData, spec_of(file("rows.parquet", "PAR1 but no more"), "y")), HasSubstr("damaged"));
  EXPECT_THAT(refused(Code::kData, spec_of(file("rows.csv.gz", "no gzip at all"), "y")), HasSubstr("rows.csv.gz"));
  EXPECT_THAT(refused(Code::kData, spec_of(file("rows.jsonl", "{\"x\": 1, \"y\": 0}\n{\"x\": secret\n"), "y")),
              Not(HasSubstr("secret")));
}

TEST_F(BadInput, AMemoryLimitThatIsNoSize) {
  LoadSpec spec = spec_of(file("rows.csv", plain_csv(40)), "y");
  spec.data.memory_limit = "plenty";
  EXPECT_THAT(refused(Code::kConfig, spec), HasSubstr("memory_limit"));
}

TEST_F(BadInput, CaptionsOfAColumnThatIsNotThere) {
  LoadSpec spec = spec_of(file("rows.csv", plain_csv(40)), "y");
  spec.base_directory = folder_.path();
  spec.data.source = "rows.csv";
  file("captions.yaml", "columns: {xx: {caption: Age}}\n");
  spec.data.captions = "captions.yaml";
  EXPECT_THAT(refused(Code::kConfig, spec), HasSubstr("xx"));
  spec.data.captions = "none.yaml";
  EXPECT_THAT(refused(Code::kArtefact, spec), HasSubstr("none.yaml"));
}

}  // namespace
}  // namespace rift::data
