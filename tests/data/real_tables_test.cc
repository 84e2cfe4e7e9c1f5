#include <algorithm>
#include <numeric>

#include "data/records.h"
#include "rift/base/sha256.h"

namespace rift::data {
namespace {

using test::real_data;
using test::spec_of;

Kind kind_of(const Dataset& dataset, std::string_view column) { return dataset.schema.find(column)->kind; }

double mean(const std::vector<double>& values) {
  return std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
}

TEST(RealTables, ReadsLendingClubAsItIs) {
  const auto path = real_data("lending_club/loans_2007_2011.csv.gz");
  RIFT_SKIP_WITHOUT(path);
  LoadSpec spec = spec_of(path, "loan_status");
  spec.data.label.positive = {"*Charged Off"};
  spec.data.time = "issue_d";
  spec.split.kind = OutOfTimeSplit{.column = {}, .test_from = "2011-07-01"};
  const Dataset dataset = load_dataset(spec);
  EXPECT_EQ(dataset.rows(), 42'535);
  EXPECT_EQ(dataset.schema.fields.size(), 63u);
  EXPECT_EQ(std::ssize(dataset.split.rows(Part::kTest)), 12'493);
  std::vector<double> test;
  for (const int64_t row : dataset.split.rows(Part::kTest)) test.push_back(dataset.label[static_cast<size_t>(row)]);
  EXPECT_NEAR(mean(test), 0.1560, 5e-5);
  const Column& desc = dataset.table.at("desc");
  int64_t filled = 0;
  for (int64_t row = 0; row < dataset.rows(); ++row) filled += desc.missing(row) ? 0 : 1;
  EXPECT_EQ(filled, 29'018);
  for (const auto* text : {"desc", "title", "emp_title"}) EXPECT_EQ(kind_of(dataset, text), Kind::kText) << text;
  for (const auto* category : {"grade", "emp_length", "home_ownership", "purpose", "addr_state", "zip_code"})
    EXPECT_EQ(kind_of(dataset, category), Kind::kCategory) << category;
  for (const auto* date : {"issue_d", "earliest_cr_line", "last_pymnt_d"})
    EXPECT_EQ(kind_of(dataset, date), Kind::kDate) << date;
  for (const auto* number : {"loan_amnt", "int_rate", "revol_util", "dti", "mths_since_last_record"})
    EXPECT_EQ(kind_of(dataset, number), Kind::kNumber) << number;
  EXPECT_EQ(dataset.schema.class_names, (std::vector<std::string>{"good", "bad"}));
}

TEST(RealTables, ReadsAQueryThatCleansLendingClub) {
  const auto path = real_data("lending_club/loans_2007_2011.csv.gz");
  RIFT_SKIP_WITHOUT(path);
  LoadSpec spec = spec_of({}, "bad");
  spec.base_directory = path.parent_path();
  spec.data.source =
      "sql: SELECT row_number() OVER () AS id, loan_amnt, loan_status LIKE '%Charged Off' AS bad, issue_d, "
      "regexp_replace(\"desc\", 'Borrower added on [0-9]+/[0-9]+/[0-9]+', '', 'g') AS words FROM "
      "'loans_2007_2011.csv.gz';";
  spec.data.id = "id";
  const Dataset dataset = load_dataset(spec);
  EXPECT_EQ(dataset.rows(), 42'535);
  EXPECT_EQ(std::accumulate(dataset.label.begin(), dataset.label.end(), 0.0), 6'431.0);
  EXPECT_EQ(dataset.schema.class_names, (std::vector<std::string>{"false", "true"}));
  EXPECT_EQ(kind_of(dataset, "issue_d"), Kind::kDate);
  EXPECT_EQ(kind_of(dataset, "words"), Kind::kText);
  EXPECT_EQ(dataset.id[41], "42");
  const Texts& words = dataset.table.at("words").texts();
  EXPECT_EQ(words.bytes.find("Borrower added on 0"), std::string::npos);
}

TEST(RealTables, ReadsTheOtherRealTables) {
  struct Case {
    std::string file;
    std::string label;
    int64_t rows;
    double bad_rate;
  };
  const Case cases[] = {{"taiwan_default/credit_card_clients.csv.gz", "default payment", 30'000, 0.221},
                        {"heloc/heloc.csv.gz", "RiskPerformance", 10'459, 0.522},
                        {"bank_marketing/bank_full.csv.gz", "y", 45'211, 0.117}};
  for (const Case& one : cases) {
    const auto path = real_data(one.file);
    RIFT_SKIP_WITHOUT(path);
    const Dataset dataset = load_dataset(spec_of(path, one.label));
    EXPECT_EQ(dataset.rows(), one.rows) << one.file;
    EXPECT_NEAR(mean(dataset.label), one.bad_rate, 0.0006) << one.file;
    EXPECT_EQ(dataset.source_sha256, sha256_file(path));
  }
}

}  // namespace
}  // namespace rift::data
