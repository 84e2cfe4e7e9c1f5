#include "rift/data/table_writer.h"

#include <sys/resource.h>

#include <cmath>
#include <fstream>
#include <limits>

#include "data/records.h"
#include "rift/base/files.h"

namespace rift::data {
namespace {

using test::message_of;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

std::vector<TableWriter::ColumnSpec> made_columns() {
  return {{.name = "id", .storage = Storage::kText},
          {.name = "n", .storage = Storage::kNumber, .whole_number = true},
          {.name = "pd", .storage = Storage::kNumber},
          {.name = "day", .storage = Storage::kTime}};
}

/// Rows begin .. begin + n; every seventh has gaps.
Table made(int64_t begin, int64_t n) {
  Texts id;
  Numbers whole;
  Numbers pd;
  Times day;
  for (int64_t i = begin; i < begin + n; ++i) {
    const bool gap = i % 7 == 3;
    if (gap) {
      id.append_missing();
    } else {
      id.append(fmt::format("row \"{}\", with\na line", i));
    }
    whole.values.push_back(gap ? NAN : static_cast<double>(i));
    pd.values.push_back(gap ? NAN : 0.1 + static_cast<double>(i) / 3.0);
    day.values.push_back(gap ? kMissingTime : *parse_time("2020-01-01") + i * 1'000'000);
  }
  Table table;
  table.rows = n;
  table.add({.name = "id", .values = std::move(id)});
  table.add({.name = "n", .values = std::move(whole)});
  table.add({.name = "pd", .values = std::move(pd)});
  table.add({.name = "day", .values = std::move(day)});
  return table;
}

void expect_made(const Table& table, int64_t rows) {
  ASSERT_EQ(table.rows, rows);
  const Table expected = made(0, rows);
  for (const Column& column : expected.columns) {
    const Column& found = table.at(column.name);
    ASSERT_EQ(found.storage(), column.storage()) << column.name;
    for (int64_t row = 0; row < rows; ++row) {
      ASSERT_EQ(found.missing(row), column.missing(row)) << column.name << " " << row;
      if (column.missing(row)) continue;
      if (column.storage() == Storage::kText) {
        ASSERT_EQ(*found.texts().get(row), *column.texts().get(row));
      } else if (column.storage() == Storage::kTime) {
        ASSERT_EQ(found.times()[size_t(row)], column.times()[size_t(row)]);
      } else {
        ASSERT_EQ(found.numbers()[size_t(row)], column.numbers()[size_t(row)]) << column.name << " " << row;
      }
    }
  }
}

class Writes : public ::testing::TestWithParam<const char*> {};

TEST_P(Writes, EveryRowInOrderAndExactly) {
  test::TempDirectory folder;
  const auto path = folder / GetParam();
  TableWriter writer(path, made_columns());
  for (int64_t begin = 0; begin < 30'000; begin += 3'000) writer.append(made(begin, 3'000));
  EXPECT_FALSE(std::filesystem::exists(path));
  writer.finish();
  EXPECT_THAT(folder.names(), ElementsAre(GetParam()));
  expect_made(read_table(path), 30'000);
}

INSTANTIATE_TEST_SUITE_P(TableWriter, Writes, ::testing::Values("a.parquet", "a.csv", "a.csv.gz", "a.jsonl"),
                         [](const auto& info) {
                           std::string name = info.param + 2;
                           std::replace(name.begin(), name.end(), '.', '_');
                           return name;
                         });

TEST(TableWriter, WholeNumbersAreWrittenWithoutAFraction) {
  test::TempDirectory folder;
  TableWriter writer(folder / "a.csv", made_columns());
  writer.append(made(0, 2));
  writer.finish();
  EXPECT_EQ(read_file(folder / "a.csv"),
            "id,n,pd,day\n\"row \"\"0\"\", with\na line\",0,0.1,2020-01-01 00:00:00\n"
            "\"row \"\"1\"\", with\na line\",1,0.43333333333333335,2020-01-01 00:00:01\n");
}

TEST(TableWriter, WhatIsNoWholeNumberIsRefused) {
  test::TempDirectory folder;
  for (const double value : {1e300, -1e19, 0.5, std::numeric_limits<double>::infinity()}) {
    TableWriter writer(folder / "a.csv", {{.name = "n", .whole_number = true}});
    Table table{.rows = 1};
    table.add({"n", Numbers{{value}}});
    EXPECT_THAT(message_of(Code::kBug, [&] { writer.append(table); }), HasSubstr("row 0"));
  }
}

TEST(TableWriter, NoRowsMakeAFileOfColumnsAlone) {
  test::TempDirectory folder;
  for (const auto* name : {"a.parquet", "a.csv"}) {
    TableWriter writer(folder / name, made_columns());
    writer.finish();
    const Table table = read_table(folder / name);
    EXPECT_EQ(table.rows, 0);
    EXPECT_EQ(table.columns.size(), 4u);
  }
}

TEST(TableWriter, WithoutFinishNothingIsLeftAndTheOlderFileStays) {
  test::TempDirectory folder;
  test::write_plainly(folder / "a.csv", "older");
  {
    TableWriter writer(folder / "a.csv", made_columns());
    writer.append(made(0, 5'000));
  }
  EXPECT_EQ(read_file(folder / "a.csv"), "older");
  EXPECT_THAT(folder.names(), ElementsAre("a.csv"));
}

TEST(TableWriter, AnUnknownEndingIsRefused) {
  test::TempDirectory folder;
  EXPECT_THAT(message_of(Code::kConfig, [&] { TableWriter(folder / "a.xlsx", made_columns()); }),
              HasSubstr(".parquet"));
  EXPECT_THAT(folder.names(), IsEmpty());
}

TEST(TableWriter, AFullDiskIsAnErrorOfTheEnvironmentAndLeavesNothing) {
  test::TempDirectory folder;
  for (const char* name : {"a.csv", "a.parquet", "a.jsonl"}) {
    rlimit before{};
    ASSERT_EQ(::getrlimit(RLIMIT_FSIZE, &before), 0);
    const rlimit small{.rlim_cur = 100'000, .rlim_max = before.rlim_max};
    const std::string message = message_of(Code::kEnvironment, [&] {
      TableWriter writer(folder / name, made_columns());
      ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &small), 0);
      for (int64_t begin = 0; begin < 400'000; begin += 10'000) writer.append(made(begin, 10'000));
      writer.finish();
    });
    ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &before), 0);
    EXPECT_THAT(message, HasSubstr("file size limit"));
    EXPECT_THAT(folder.names(), IsEmpty()) << name;
  }
}

TEST(TableWriter, SinglePrecisionIsWrittenAsSuch) {
  const test::TempDirectory folder;
  Numbers numbers;
  numbers.values = {0.1, NAN, -3e-30};
  Table table;
  table.rows = 3;
  table.add({.name = "v", .values = std::move(numbers)});
  for (const char* name : {"a.parquet", "a.csv"}) {
    TableWriter writer(folder / name, {{.name = "v", .single = true}});
    writer.append(table);
    writer.finish();
  }
  EXPECT_EQ(read_file(folder / "a.csv"), "v\n0.1\n\n-3e-30\n");
  const Table back = read_table(folder / "a.parquet");
  EXPECT_EQ(back.at("v").numbers()[0], static_cast<double>(0.1F));
  EXPECT_TRUE(back.at("v").missing(1));
}

}  // namespace
}  // namespace rift::data
