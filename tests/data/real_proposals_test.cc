#include "data/proposals.h"

namespace rift::data {
namespace {

using test::column;
using test::propose_file;
using test::real_data;
using test::run_unedited;
using test::suspected;

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

TEST(RealProposals, LendingClubsOutcomesAreSuspectedAndItsApplicationFieldsAreNot) {
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

  EXPECT_EQ(proposal.task, Task::kBinary);
  EXPECT_EQ(proposal.data.label.positive, std::vector<std::string>{"*Charged Off"});
  EXPECT_EQ(proposal.data.time, "issue_d");
  EXPECT_TRUE(std::holds_alternative<OutOfTimeSplit>(proposal.split.kind));
  const Dataset dataset = run_unedited(proposal);
  EXPECT_EQ(dataset.rows(), 42'535);
  EXPECT_EQ(dataset.table.find("issue_d"), nullptr);
  EXPECT_EQ(dataset.table.find("recoveries"), nullptr);
  const auto share = static_cast<double>(std::ssize(dataset.split.rows(Part::kTest))) / 42'535.0;
  EXPECT_NEAR(share, 0.25, 0.05);
}

TEST(RealProposals, SuspectsNothingInOtherRealTables) {
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
    EXPECT_TRUE(std::holds_alternative<KFoldSplit>(proposal.split.kind)) << one.file;
    EXPECT_EQ(run_unedited(proposal).rows(), proposal.rows);
  }
}

}  // namespace
}  // namespace rift::data
