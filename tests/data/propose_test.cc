#include "rift/data/propose.h"

#include <algorithm>
#include <set>

#include "data/records.h"
#include "rift/base/options.h"

namespace rift::data {
namespace {

using test::message_of;
using test::real_data;
using test::write_plainly;

Proposal propose_file(const std::filesystem::path& file, const std::string& label) {
  return propose({.source = file.string(), .label = label, .base_directory = {}});
}

/// The proposal as run.yaml gives it: written, read back, loaded.
Dataset run_unedited(const Proposal& proposal) {
  LoadSpec spec;
  spec.task = proposal.task;
  read_options(parse_yaml(to_yaml_text(write_options(proposal.data)), "run.yaml"), "run.yaml", spec.data);
  read_options(parse_yaml(to_yaml_text(write_options(proposal.split)), "run.yaml"), "run.yaml", spec.split);
  return load_dataset(spec);
}

std::set<std::string> suspected(const Proposal& proposal) {
  std::set<std::string> names;
  for (const auto& column : proposal.columns) {
    if (column.suspected_leak) names.insert(column.name);
  }
  return names;
}

const ColumnProposal& column(const Proposal& proposal, std::string_view name) {
  const auto found = std::find_if(proposal.columns.begin(), proposal.columns.end(),
                                  [&](const ColumnProposal& one) { return one.name == name; });
  if (found == proposal.columns.end()) throw std::out_of_range(std::string(name));
  return *found;
}

// The outcome columns and the application fields of raw Lending Club, as the data's own description lists them.
constexpr const char* kOutcomes[] = {"out_prncp",
                                     "out_prncp_inv",
                                     "total_pymnt",
                                     "total_pymnt_inv",
                                     "total_rec_prncp",
                                     "total_rec_int",
                                     "total_rec_late_fee",
                                     "recoveries",
                                     "collection_recovery_fee",
                                     "last_pymnt_d",
                                     "last_pymnt_amnt",
                                     "last_credit_pull_d",
                                     "collections_12_mths_ex_med",
                                     "debt_settlement_flag",
                                     "debt_settlement_flag_date",
                                     "settlement_status",
                                     "settlement_date",
                                     "settlement_amount",
                                     "settlement_percentage",
                                     "settlement_term"};
constexpr const char* kConstantOutcomes[] = {"out_prncp", "out_prncp_inv", "collections_12_mths_ex_med"};
constexpr const char* kApplication[] = {"loan_amnt",
                                        "term",
                                        "annual_inc",
                                        "dti",
                                        "delinq_2yrs",
                                        "inq_last_6mths",
                                        "mths_since_last_delinq",
                                        "mths_since_last_record",
                                        "open_acc",
                                        "pub_rec",
                                        "revol_bal",
                                        "revol_util",
                                        "total_acc",
                                        "pub_rec_bankruptcies",
                                        "earliest_cr_line",
                                        "issue_d",
                                        "emp_length",
                                        "home_ownership",
                                        "verification_status",
                                        "purpose",
                                        "addr_state",
                                        "desc",
                                        "title",
                                        "emp_title",
                                        "zip_code",
                                        "int_rate",
                                        "grade",
                                        "sub_grade",
                                        "installment",
                                        "funded_amnt",
                                        "funded_amnt_inv",
                                        "issue_year"};

TEST(Propose, SuspectsTheOutcomesOfLendingClubAndNoApplicationField) {
  const auto path = real_data("lending_club/loans_2007_2011.csv.gz");
  RIFT_SKIP_WITHOUT(path);
  const Proposal proposal = propose_file(path, "loan_status");
  const auto names = suspected(proposal);
  size_t flagged = 0;
  for (const auto* name : kOutcomes) {
    flagged += names.contains(name) ? 1 : 0;
    // Those that say nothing in this file are left out for that.
    EXPECT_EQ(column(proposal, name).kind, Kind::kIgnore) << name;
  }
  EXPECT_EQ(flagged, std::size(kOutcomes) - std::size(kConstantOutcomes));
  for (const auto* name : kApplication) {
    EXPECT_FALSE(names.contains(name)) << name << ": " << column(proposal, name).why;
    EXPECT_NE(column(proposal, name).kind, Kind::kIgnore) << name;
  }
  EXPECT_EQ(names.size(), flagged);
}

TEST(Propose, FindsTaskTimeAndSplitOfLendingClub) {
  const auto path = real_data("lending_club/loans_2007_2011.csv.gz");
  RIFT_SKIP_WITHOUT(path);
  const Proposal proposal = propose_file(path, "loan_status");
  EXPECT_EQ(proposal.task, Task::kBinary);
  EXPECT_EQ(proposal.data.label.positive, std::vector<std::string>{"*Charged Off"});
  EXPECT_EQ(proposal.data.time, "issue_d");
  EXPECT_TRUE(std::holds_alternative<OutOfTimeSplit>(proposal.split.kind));
  const Dataset dataset = run_unedited(proposal);
  EXPECT_EQ(dataset.rows(), 42'535);
  EXPECT_EQ(dataset.table.find("issue_d"), nullptr);
  EXPECT_EQ(dataset.table.find("recoveries"), nullptr);
  const auto share = static_cast<double>(dataset.split.count(Part::kTest)) / 42'535.0;
  EXPECT_NEAR(share, 0.25, 0.05);
}

TEST(Propose, SuspectsNothingInOtherRealTables) {
  struct Case {
    std::string file;
    std::string label;
    std::set<std::string> allowed;
  };
  const Case cases[] = {{"taiwan_default/credit_card_clients.csv.gz", "default payment", {}},
                        {"heloc/heloc.csv.gz", "RiskPerformance", {}},
                        {"bank_marketing/bank_full.csv.gz", "y", {"duration"}}};
  for (const Case& one : cases) {
    const auto path = real_data(one.file);
    RIFT_SKIP_WITHOUT(path);
    const Proposal proposal = propose_file(path, one.label);
    EXPECT_EQ(suspected(proposal), one.allowed) << one.file;
    EXPECT_TRUE(std::holds_alternative<StratifiedSplit>(proposal.split.kind)) << one.file;
    EXPECT_EQ(run_unedited(proposal).rows(), proposal.rows);
  }
}

}  // namespace
}  // namespace rift::data
