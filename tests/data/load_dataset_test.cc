#include "rift/data/load_dataset.h"

#include <algorithm>
#include <map>
#include <numeric>

#include "data/records.h"
#include "rift/base/sha256.h"

namespace rift::data {
namespace {

using test::message_of;
using test::plain_csv;
using test::spec_of;
using test::write_plainly;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

class LoadDataset : public ::testing::Test {
 protected:
  std::filesystem::path file(std::string_view name, std::string_view text) {
    write_plainly(folder_ / name, text);
    return folder_ / name;
  }
  test::TempDirectory folder_;
};

Kind kind_of(const Dataset& dataset, std::string_view column) { return dataset.schema.find(column)->kind; }

TEST_F(LoadDataset, EveryFormatGivesTheSameTable) {
  // Written by DuckDB and pandas; see tools/fixtures/data/formats.py.
  const std::filesystem::path folder = "tests/data/fixtures";
  const Dataset csv = load_dataset(spec_of(folder / "loans.csv", "bad"));
  ASSERT_EQ(csv.rows(), 60);
  EXPECT_EQ(kind_of(csv, "income"), Kind::kNumber);
  EXPECT_EQ(kind_of(csv, "opened"), Kind::kDate);
  EXPECT_EQ(kind_of(csv, "note: free"), Kind::kText);
  for (const auto* name : {"loans.csv.gz", "loans.tsv", "loans.parquet", "loans.jsonl", "loans_semicolon_bom.csv"}) {
    const Dataset other = load_dataset(spec_of(folder / name, "bad"));
    EXPECT_EQ(other.label, csv.label) << name;
    EXPECT_EQ(to_json_text(to_json(other.schema)), to_json_text(to_json(csv.schema))) << name;
    for (const Column& column : csv.table.columns) {
      const Column& found = other.table.at(column.name);
      for (int64_t row = 0; row < csv.rows(); ++row) {
        ASSERT_EQ(found.missing(row), column.missing(row)) << name << " " << column.name << " " << row;
        if (column.missing(row)) continue;
        const auto i = static_cast<size_t>(row);
        if (column.storage() == Storage::kText) {
          ASSERT_EQ(*found.texts().get(row), *column.texts().get(row)) << name << " " << column.name;
        } else if (column.storage() == Storage::kTime) {
          ASSERT_EQ(found.times()[i], column.times()[i]) << name << " " << column.name;
        } else {
          ASSERT_EQ(found.numbers()[i], column.numbers()[i]) << name << " " << column.name;
        }
      }
    }
  }
}

TEST_F(LoadDataset, KeepsQuotesLineFeedsAndNamesWithSpacesAndColons) {
  const auto path =
      file("rows.csv",
           "\xef\xbb\xbf\"first, name\",a b:c,y\r\n\"say \"\"hi\"\"\",\"two\nlines\",no\r\nplain,x,yes\r\n"
           "third,x,no\r\nfourth,x,yes\r\n");
  LoadSpec spec = spec_of(path, "y");
  spec.split.kind = RandomSplit{.test = 0.0, .calibration = 0.0, .validation = 0.0};
  const Dataset dataset = load_dataset(spec);
  EXPECT_EQ(*dataset.table.at("first, name").texts().get(0), "say \"hi\"");
  EXPECT_EQ(*dataset.table.at("a b:c").texts().get(0), "two\nlines");
  EXPECT_EQ(dataset.schema.class_names, (std::vector<std::string>{"no", "yes"}));
  EXPECT_THAT(dataset.label, ElementsAre(0, 1, 0, 1));
}

TEST_F(LoadDataset, NamesMayHoldLineBreaks) {
  for (const auto& [quoted, name] :
       {std::pair{"\"amount\nin euro\"", "amount\nin euro"}, std::pair{"\"a\n\nb, \"\"c\"\"\"", "a\n\nb, \"c\""}}) {
    const auto path =
        file("rows.csv", std::string(quoted) + ",\"second\nname\",y\n1.5,u,0\n2.5,v,1\n3.5,v,0\n4.5,u,1\n");
    LoadSpec spec = spec_of(path, "y");
    spec.split.kind = RandomSplit{.test = 0.0, .calibration = 0.0, .validation = 0.0};
    const Dataset dataset = load_dataset(spec);
    ASSERT_EQ(dataset.table.rows, 4) << name;
    EXPECT_EQ(dataset.table.columns[0].name, name);
    EXPECT_EQ(dataset.table.columns[1].name, "second\nname");
  }
}

TEST_F(LoadDataset, TextsOfSeveralMegabytesAreRead) {
  std::string text = "t,y\n";
  for (int i = 0; i < 40; ++i) text += fmt::format("word{},{}\n", i, i % 2);
  text += std::string(5'000'000, 'x') + ",1\n";
  LoadSpec spec = spec_of(file("rows.csv", text), "y");
  spec.data.columns = {{"t", Kind::kText}};
  spec.split.kind = RandomSplit{.test = 0.0, .calibration = 0.0, .validation = 0.0};
  EXPECT_EQ(load_dataset(spec).table.at("t").texts().get(40)->size(), 5'000'000u);
}

TEST_F(LoadDataset, SpellingsOfMissingDependOnTheKind) {
  std::string text = "n,c,y\n";
  for (int i = 0; i < 40; ++i)
    text += fmt::format("{},{},{}\n",
                        i % 8 == 0   ? "NA"
                        : i % 8 == 1 ? ""
                        : i % 8 == 2 ? "?"
                                     : "1.5",
                        i % 4 == 0   ? "NA"
                        : i % 4 == 1 ? " "
                                     : "u",
                        i % 2);
  const Dataset dataset = load_dataset(spec_of(file("rows.csv", text), "y"));
  const Column& number = dataset.table.at("n");
  for (int64_t row = 0; row < 4; ++row) EXPECT_EQ(number.missing(row), row < 3) << row;
  const Column& category = dataset.table.at("c");
  EXPECT_EQ(*category.texts().get(0), "NA");
  EXPECT_TRUE(category.missing(1));
}

TEST_F(LoadDataset, AClassIsOneWhetherWrittenAsOneOrOnePointZero) {
  std::string text = "x,y\n";
  for (int i = 0; i < 40; ++i) text += fmt::format("{},{}\n", i % 7, i % 2 == 0 ? "0.0" : i % 4 == 1 ? "1" : "1.0");
  const Dataset dataset = load_dataset(spec_of(file("rows.csv", text), "y"));
  EXPECT_EQ(dataset.schema.class_names, (std::vector<std::string>{"0", "1"}));
}

TEST_F(LoadDataset, TheBadClassIsTheRarerOneUnlessItsNameSaysSo) {
  struct Case {
    std::string common;
    std::string rare;
    std::string bad;
  };
  const Case cases[] = {{"0", "1", "1"},        {"1", "0", "1"},          {"yes", "no", "yes"},
                        {"1", "2", "2"},        {"2", "1", "1"},          {"good", "bad", "bad"},
                        {"bad", "good", "bad"}, {"paid", "late", "late"}, {"True", "False", "True"}};
  for (const Case& one : cases) {
    std::string text = "x,y\n";
    for (int i = 0; i < 100; ++i) text += fmt::format("{},{}\n", i % 7, i % 4 == 0 ? one.rare : one.common);
    const Dataset dataset = load_dataset(spec_of(file("rows.csv", text), "y"));
    EXPECT_EQ(dataset.schema.class_names[1], one.bad);
    EXPECT_EQ(dataset.label[0], one.rare == one.bad ? 1.0 : 0.0);
    ASSERT_EQ(dataset.notes.size(), 1u);
    EXPECT_THAT(dataset.notes[0], HasSubstr(one.bad));
  }
}

TEST_F(LoadDataset, FourteenClassesAreSortedByName) {
  std::string text = "x,y\n";
  for (int i = 0; i < 280; ++i) text += fmt::format("{},class {}\n", i * 13 % 17, i % 14);
  const Dataset dataset = load_dataset(spec_of(file("rows.csv", text), "y", Task::kMulticlass));
  ASSERT_EQ(dataset.schema.classes(), 14);
  EXPECT_TRUE(std::is_sorted(dataset.schema.class_names.begin(), dataset.schema.class_names.end()));
  EXPECT_EQ(dataset.schema.class_names[2], "class 10");
  EXPECT_EQ(dataset.label[10], 2.0);
  EXPECT_EQ(std::ssize(dataset.split.rows(Part::kTest)), 56);
}

TEST_F(LoadDataset, AColumnOfChineseSentencesIsText) {
  std::string text = "\xe5\xb8\x96\xe5\xad\x90,y\n";
  const std::string words[] = {"今天", "市场", "上涨", "很多", "我们", "应该", "继续", "持有"};
  for (int i = 0; i < 120; ++i)
    text +=
        words[i % 8] + words[i / 8 % 8] + words[(i * 5 + 3) % 8] + words[i / 64] + "。," + std::to_string(i % 2) + "\n";
  const Dataset dataset = load_dataset(spec_of(file("rows.csv", text), "y"));
  EXPECT_EQ(kind_of(dataset, "帖子"), Kind::kText);
}

TEST_F(LoadDataset, ThreeHundredColumns) {
  std::string text = "y";
  for (int c = 0; c < 300; ++c) text += fmt::format(",c{}", c);
  for (int row = 0; row < 200; ++row) {
    text += fmt::format("\n{}", row % 2);
    for (int c = 0; c < 300; ++c) text += fmt::format(",{}", (row * 31 + c * 17) % 97);
  }
  const Dataset dataset = load_dataset(spec_of(file("rows.csv", text + "\n"), "y"));
  EXPECT_EQ(dataset.schema.features(Kind::kNumber).size(), 300u);
}

TEST_F(LoadDataset, ColumnsThatSayNothingAreLeftOutWithANote) {
  std::string text = "number,one,none,x,y\n";
  for (int i = 0; i < 60; ++i) text += fmt::format("K{:04},same,,{},{}\n", i, i % 9, i % 2);
  const Dataset dataset = load_dataset(spec_of(file("rows.csv", text), "y"));
  ASSERT_EQ(dataset.table.columns.size(), 1u);
  EXPECT_EQ(dataset.schema.find("one")->role, Role::kIgnored);
  EXPECT_THAT(dataset.notes, Contains(HasSubstr("number is left out")));
  EXPECT_EQ(dataset.notes.size(), 4u);
}

TEST_F(LoadDataset, RolesAreTakenOutOfTheFeatures) {
  std::string text = "who,when,team,w,age,x,y\n";
  for (int i = 0; i < 60; ++i)
    text +=
        fmt::format("p{},2020-{:02}-01,t{},{},{},{},{}\n", i, i % 12 + 1, i / 3, 1 + i % 2, 20 + i % 30, i % 9, i % 2);
  LoadSpec spec = spec_of(file("rows.csv", text), "y");
  spec.data.id = "who";
  spec.data.time = "when";
  spec.data.group = "team";
  spec.data.weight = "w";
  spec.data.protected_columns = {"age"};
  const Dataset dataset = load_dataset(spec);
  EXPECT_EQ(dataset.id[59], "p59");
  EXPECT_EQ(format_time(dataset.time[3]), "2020-04-01");
  EXPECT_EQ(dataset.group[5], "t1");
  EXPECT_EQ(dataset.weight[1], 2.0);
  EXPECT_EQ(dataset.schema.features().size(), 1u);
  EXPECT_EQ(dataset.schema.find("age")->role, Role::kProtected);
  EXPECT_NE(dataset.table.find("age"), nullptr);
  EXPECT_EQ(dataset.table.find("who"), nullptr);
}

TEST_F(LoadDataset, AnIdMayBeTheGroupAndNothingElseTwoThings) {
  std::string text = "customer,x,y\n";
  for (int i = 0; i < 120; ++i) text += fmt::format("c{},{},{}\n", i / 2, i % 9, i % 4 / 2);
  LoadSpec spec = spec_of(file("rows.csv", text), "y");
  spec.data.id = spec.data.group = "customer";
  const Dataset dataset = load_dataset(spec);
  EXPECT_EQ(dataset.group, dataset.id);
  EXPECT_EQ(dataset.schema.find("customer")->role, Role::kId);
  for (size_t row = 0; row < 120; row += 2) EXPECT_EQ(dataset.split.part[row], dataset.split.part[row + 1]) << row;
  spec.data.time = "customer";
  EXPECT_THAT(message_of(Code::kConfig, [&] { load_dataset(spec); }), HasSubstr("another role"));
}

TEST_F(LoadDataset, SlashDatesAreReadInTheOrderThatEveryCellAllows) {
  std::string text = "us,eu,y\n";
  for (int i = 0; i < 56; ++i)
    text += fmt::format("{}/{}/2020,{:02}/{:02}/2020,{}\n", i % 12 + 1, i % 28 + 1, i % 28 + 1, i % 12 + 1, i % 2);
  const Dataset dataset = load_dataset(spec_of(file("rows.csv", text), "y"));
  EXPECT_EQ(dataset.schema.find("us")->date_order, "month_first");
  EXPECT_EQ(dataset.schema.find("eu")->date_order, "day_first");
  EXPECT_EQ(dataset.table.at("us").times(), dataset.table.at("eu").times());
  EXPECT_EQ(format_time(dataset.table.at("us").times()[13]), "2020-02-14");
}

TEST_F(LoadDataset, CommasInNumbersAreReadAsEveryCellAllows) {
  std::string text = "de;us;y\n";
  for (int i = 0; i < 40; ++i)
    text += fmt::format("{}.{:03},{};{},{:03}.{};{}\n", i + 1, i, i % 10, i + 1, i, i % 10, i % 2);
  const Dataset dataset = load_dataset(spec_of(file("rows.csv", text), "y"));
  EXPECT_EQ(dataset.schema.find("de")->number_style, "decimal_comma");
  EXPECT_EQ(dataset.schema.find("us")->number_style, "thousands_comma");
  EXPECT_EQ(dataset.table.at("de").numbers(), dataset.table.at("us").numbers());
  EXPECT_EQ(dataset.table.at("de").numbers()[3], 4003.3);
  const Schema again = schema_from_json(to_json(dataset.schema));
  EXPECT_EQ(load_dataset(again, (folder_ / "rows.csv").string(), {}, true).table.at("us").numbers(),
            dataset.table.at("us").numbers());
}

TEST_F(LoadDataset, RowsOfAQueryAreDealtByTheHashOfTheirIdInAnyOrder) {
  std::string text = "id,x,y\n";
  for (int i = 0; i < 200; ++i) text += fmt::format("c{},{},{}\n", i, i % 9, i % 2);
  file("rows.csv", text);
  LoadSpec spec = spec_of({}, "y");
  spec.base_directory = folder_.path();
  spec.data.id = "id";
  std::map<std::string, Part> first;
  for (const auto* order : {"ASC", "DESC"}) {
    spec.data.source = fmt::format("sql: SELECT * FROM 'rows.csv' ORDER BY x, id {}", order);
    const Dataset dataset = load_dataset(spec);
    for (size_t i = 0; i < 200; ++i) {
      const auto [found, is_new] = first.emplace(dataset.id[i], dataset.split.part[i]);
      EXPECT_EQ(found->second, dataset.split.part[i]);
    }
  }
  const Dataset dataset = load_dataset(spec);
  // printf c7 | sha256sum | head -c 16
  const auto at = static_cast<size_t>(std::find(dataset.id.begin(), dataset.id.end(), "c7") - dataset.id.begin());
  EXPECT_EQ(fmt::format("{:016x}", dataset.split_row[at]), sha256_hex("c7").substr(0, 16));
}

TEST_F(LoadDataset, AQuerysFilesAreSeenFromItsFolder) {
  file("rows.csv", plain_csv(60));
  LoadSpec spec = spec_of("sql: SELECT row_number() OVER () AS id, * FROM 'rows.csv'", "y");
  spec.data.id = "id";
  spec.base_directory = folder_ / "runs";
  std::filesystem::create_directories(spec.base_directory);
  message_of(Code::kArtefact, [&] { load_dataset(spec); });
  spec.data.folder = "..";
  EXPECT_EQ(load_dataset(spec).rows(), 60);
}

TEST_F(LoadDataset, GivenFilesAreTheParts) {
  LoadSpec spec = spec_of(file("train.csv", plain_csv(50)), "y");
  spec.base_directory = folder_.path();
  spec.data.source = "train.csv";
  file("test.csv", plain_csv(20));
  file("val.csv", plain_csv(10));
  spec.split.kind = FilesSplit{.test = "test.csv", .calibration = "", .validation = "val.csv"};
  const Dataset dataset = load_dataset(spec);
  EXPECT_EQ(std::ssize(dataset.split.rows(Part::kTrain)), 50);
  EXPECT_EQ(std::ssize(dataset.split.rows(Part::kTest)), 20);
  EXPECT_EQ(std::ssize(dataset.split.rows(Part::kValidation)), 10);
  EXPECT_EQ(dataset.split.part[50], Part::kTest);
  EXPECT_EQ(dataset.split.part[70], Part::kValidation);
  EXPECT_EQ(make_split(dataset, spec.split).digest, dataset.split.digest);
}

TEST_F(LoadDataset, CaptionsNameColumnsAndValues) {
  LoadSpec spec = spec_of({}, "y");
  file("rows.csv", plain_csv(50));
  file("captions.yaml", "columns:\n  x: {caption: Months at the bank, unit: months, values: {\"1\": one}}\n");
  spec.base_directory = folder_.path();
  spec.data.source = "rows.csv";
  spec.data.captions = "captions.yaml";
  const Dataset dataset = load_dataset(spec);
  const Field& field = *dataset.schema.find("x");
  EXPECT_EQ(field.shown_name(), "Months at the bank");
  EXPECT_EQ(field.unit, "months");
  EXPECT_EQ(field.shown_value("1"), "one");
  EXPECT_EQ(field.shown_value("2"), "2");
}

TEST_F(LoadDataset, AKnownSchemaReadsAnotherFileInItsOwnKinds) {
  std::string text = "code,d,x,status\n";
  for (int i = 0; i < 60; ++i)
    text += fmt::format("{:03},{}/{}/2020,{},{}\n", i % 7, i % 12 + 1, i % 28 + 1, i % 9,
                        i % 3 == 0   ? "Charged Off"
                        : i % 3 == 1 ? "Old: Charged Off"
                                     : "Paid");
  LoadSpec spec = spec_of(file("train.csv", text), "status");
  spec.data.label.positive = {"*Charged Off"};
  spec.data.columns = {{"code", Kind::kCategory}};
  const Schema schema = schema_from_json(to_json(load_dataset(spec).schema));
  // Two rows say nothing of kinds or orders, and the columns stand in another order.
  const auto path = file("new.csv", "status,x,d,code,more\nNew: Charged Off,4,1/2/2021,001,q\nPaid,,2/1/2021,7,q\n");
  const Dataset dataset = load_dataset(schema, path, {}, true);
  EXPECT_THAT(dataset.label, ElementsAre(1, 0));
  EXPECT_EQ(*dataset.table.at("code").texts().get(0), "001");
  EXPECT_EQ(format_time(dataset.table.at("d").times()[0]), "2021-01-02");
  EXPECT_TRUE(dataset.table.at("x").missing(1));
  EXPECT_EQ(std::ssize(dataset.split.rows(Part::kTest)), 2);
  const auto unlabelled = file("more.csv", "x,d,code\n4,1/2/2021,001\n5,2/1/2021,002\n");
  EXPECT_TRUE(load_dataset(schema, unlabelled, {}, false).label.empty());
  EXPECT_THAT(message_of(Code::kData, [&] { load_dataset(schema, unlabelled, {}, true); }), HasSubstr("'status'"));
}

}  // namespace
}  // namespace rift::data
