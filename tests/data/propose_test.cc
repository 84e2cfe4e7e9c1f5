#include "rift/data/propose.h"

#include <cmath>

#include "data/proposals.h"
#include "rift/base/random.h"

namespace rift::data {
namespace {

using test::column;
using test::message_of;
using test::propose_file;
using test::run_unedited;
using test::suspected;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

class Propose : public ::testing::Test {
 protected:
  std::filesystem::path file(std::string_view name, std::string_view text) {
    test::write_plainly(folder_ / name, text);
    return folder_ / name;
  }
  test::TempDirectory folder_;
};

/// Loans as a lender books them, the columns called a, b, ...: a amount, b income, c score, d instalments paid, e what
/// was paid in all (= f principal + g interest + h fees), i recovered, j day of the last payment, k settled on, l day
/// of the decision, m birthday; label `s`.
std::string loan_book(int64_t rows, bool with_outcomes) {
  const CounterRandom random(11, 1);
  std::string text = with_outcomes ? "a,b,c,l,m,s,e,f,g,h,i,j,k\n" : "a,b,c,l,m,s\n";
  for (int64_t row = 0; row < rows; ++row) {
    const auto at = static_cast<uint64_t>(row) * 16;
    const double income = std::floor(20'000.0 + 60'000.0 * random.uniform(at));
    const double amount = std::floor(1'000.0 + 20'000.0 * random.uniform(at + 1));
    const double risk = random.normal(at + 2);
    const bool bad = random.uniform(at + 3) < 1.0 / (1.0 + std::exp(1.6 - 1.2 * risk));
    const double score = std::floor(600.0 - 40.0 * (risk + 0.5 * random.normal(at + 4)));
    const int64_t decided =
        *parse_time("2018-01-01") + static_cast<int64_t>(random.below(at + 5, 900)) * 86'400'000'000;
    const int64_t born =
        *parse_time("1950-01-01") + static_cast<int64_t>(random.below(at + 6, 16'000)) * 86'400'000'000;
    text += fmt::format("{},{},{},{},{},{}", amount, income, score, format_time(decided), format_time(born),
                        bad ? "defaulted" : "repaid");
    if (with_outcomes) {
      const auto cents = [](double x) { return std::round(100.0 * x) / 100.0; };
      const double principal = bad ? cents(amount * random.uniform(at + 7)) : amount;
      const double interest = cents(0.2 * principal * random.uniform(at + 8));
      const double fees = random.uniform(at + 9) < 0.1 ? 25.0 : 0.0;
      const double recovered =
          bad && random.uniform(at + 10) < 0.5 ? cents(0.3 * amount * random.uniform(at + 11)) : 0.0;
      const int64_t last = decided + static_cast<int64_t>(30 + random.below(at + 12, 1'000)) * 86'400'000'000;
      text += fmt::format(",{:.2f},{},{},{},{},{},{}", principal + interest + fees, principal, interest, fees,
                          recovered, format_time(last), bad && row % 4 == 0 ? format_time(last + 86'400'000'000) : "");
    }
    text += "\n";
  }
  return text;
}

TEST_F(Propose, OutcomesOfALoanBookAreSuspectedByWhatTheyHold) {
  const Proposal proposal = propose_file(file("loans.csv", loan_book(6'000, true)), "s");
  EXPECT_THAT(suspected(proposal), ElementsAre("e", "f", "g", "h", "i", "j", "k"));
  EXPECT_THAT(column(proposal, "j").why, HasSubstr("later than l in 100.0 %"));
  EXPECT_THAT(column(proposal, "f").why, HasSubstr("in proportion to a"));
  EXPECT_THAT(column(proposal, "h").why, HasSubstr("part of e"));
  EXPECT_THAT(column(proposal, "i").why, HasSubstr("0.0 % of the good"));
  EXPECT_EQ(proposal.data.time, "l");
  EXPECT_EQ(column(proposal, "m").kind, Kind::kDate);
}

TEST_F(Propose, AnApplicationAloneIsNotSuspectedHoweverStrongItsScore) {
  const Proposal proposal = propose_file(file("loans.csv", loan_book(6'000, false)), "s");
  EXPECT_THAT(suspected(proposal), IsEmpty());
}

TEST_F(Propose, TheResultRunsUneditedWithItsOutOfTimeSplit) {
  const Proposal proposal = propose_file(file("loans.csv", loan_book(3'000, true)), "s");
  const Dataset dataset = run_unedited(proposal);
  EXPECT_EQ(dataset.schema.class_names, (std::vector<std::string>{"repaid", "defaulted"}));
  EXPECT_NEAR(static_cast<double>(std::ssize(dataset.split.rows(Part::kTest))), 750.0, 50.0);
  EXPECT_EQ(dataset.table.columns.size(), 4u);
  EXPECT_THAT(proposal.notes, Contains(HasSubstr("'defaulted' counts as bad")));
}

TEST_F(Propose, ValuesThatEndAlikeAreTwoGroups) {
  std::string text = "x,status\n";
  const std::string values[] = {"Fully Paid", "Charged Off", "Old policy: Fully Paid", "Old policy: Charged Off"};
  for (int i = 0; i < 400; ++i)
    text += fmt::format("{},{}\n", i % 17, values[i % 7 == 0 ? 1 : i % 11 == 0 ? 3 : i % 2 * 2]);
  const Proposal proposal = propose_file(file("rows.csv", text), "status");
  EXPECT_EQ(proposal.task, Task::kBinary);
  EXPECT_THAT(proposal.data.label.positive, ElementsAre("*Charged Off"));
  EXPECT_EQ(run_unedited(proposal).schema.class_names, (std::vector<std::string>{"good", "bad"}));
}

TEST_F(Propose, ClassesThatOnlyEndAlikeAreNotOneClass) {
  const std::vector<std::vector<std::string>> labels = {{"0", "1", "-1"},
                                                        {"0", "1", "11"},
                                                        {"0", "1", "21"},
                                                        {"Default", "No Default", "not yet default"},
                                                        {"yes", "no", "Total"},
                                                        {"paid", "unpaid", "prepaid"},
                                                        {"good", "bad", "very bad"},
                                                        {"Paid", "Defaulted", "Old: Defaulted"},
                                                        {"Paid", "Defaulted", "Old: Paid", "New: Defaulted"}};
  for (const auto& values : labels) {
    std::string text = "x,y\n";
    for (size_t i = 0; i < 120; ++i) text += fmt::format("{},{}\n", i * 7 % 23, values[i % values.size()]);
    const Proposal proposal = propose_file(file("rows.csv", text), "y");
    EXPECT_EQ(proposal.task, Task::kMulticlass) << values.back();
    EXPECT_EQ(run_unedited(proposal).schema.classes(), static_cast<int64_t>(values.size()));
  }
}

TEST_F(Propose, ALabelThatNamesCustomersIsRefusedWithoutThem) {
  std::string text = "name,x,y\n";
  for (int i = 0; i < 200; ++i) text += fmt::format("secret{},{},{}\n", i % 190, i % 17, i % 2);
  const auto path = file("rows.csv", text);
  const std::string message = message_of(Code::kData, [&] { propose_file(path, "name"); });
  EXPECT_THAT(message, HasSubstr("label column 'name': 190 different values in 200 rows"));
  EXPECT_THAT(message, HasSubstr("--label"));
  EXPECT_THAT(message, Not(HasSubstr("secret")));
}

TEST_F(Propose, RareClassesAreCountedAndNotShown) {
  std::string text = "x,y,z\n";
  for (int i = 0; i < 400; ++i)
    text += fmt::format("{},{},k{:02}\n", i % 17,
                        i % 100 == 7 ? fmt::format("secret{}", i)
                        : i % 2      ? "a"
                                     : "b",
                        i % 40);
  const auto path = file("rows.csv", text);
  const Proposal rare = propose_file(path, "y");
  EXPECT_THAT(rare.notes, Contains(HasSubstr("a (196), b (200), 4 more that are rarer (4)")));
  EXPECT_THAT(rare.notes, Not(Contains(HasSubstr("secret"))));
  const Proposal many = propose_file(path, "z");
  EXPECT_THAT(many.notes, Contains(HasSubstr("k19 (10), 20 more that are rarer (200)")));
}

TEST_F(Propose, TasksFollowTheLabel) {
  std::string text = "x,y14,amount,two\n";
  for (int i = 0; i < 420; ++i)
    text += fmt::format("{},c{:02},{}.25,{}\n", i * 7 % 23, i % 14, i * 31 % 401, i % 5 == 0 ? "1" : "2");
  const auto path = file("rows.csv", text);
  const Proposal classes = propose_file(path, "y14");
  EXPECT_EQ(classes.task, Task::kMulticlass);
  EXPECT_EQ(run_unedited(classes).schema.classes(), 14);
  const Proposal number = propose_file(path, "amount");
  EXPECT_EQ(number.task, Task::kRegression);
  EXPECT_TRUE(std::holds_alternative<KFoldSplit>(number.split.kind));
  EXPECT_EQ(run_unedited(number).label[1], 31.25);
  const Proposal two = propose_file(path, "two");
  EXPECT_EQ(two.task, Task::kBinary);
  EXPECT_THAT(two.data.label.positive, ElementsAre("1"));
  EXPECT_EQ(run_unedited(two).label[0], 1.0);
}

TEST_F(Propose, AColumnOfTextsIsEnough) {
  std::string text = "words,y\n";
  for (int i = 0; i < 200; ++i)
    text +=
        fmt::format("\"we {} sell {} machines, no {}\",{}\n", i % 2 ? "do" : "do not", i, i * 7, i % 3 ? "up" : "down");
  const Proposal proposal = propose_file(file("rows.csv", text), "y");
  EXPECT_EQ(column(proposal, "words").kind, Kind::kText);
  EXPECT_FALSE(proposal.data.id);
  EXPECT_EQ(run_unedited(proposal).schema.features(Kind::kText).size(), 1u);
}

TEST_F(Propose, TheFirstColumnThatNamesEveryRowIsTheId) {
  std::string text = "x,number,other,y\n";
  for (int i = 0; i < 100; ++i) text += fmt::format("{},{},K{:05},{}\n", i % 9, 1000 + i, i * 13, i % 2);
  const Proposal proposal = propose_file(file("rows.csv", text), "y");
  EXPECT_EQ(proposal.data.id, "number");
  EXPECT_EQ(column(proposal, "other").kind, Kind::kIgnore);
  EXPECT_EQ(run_unedited(proposal).id[3], "1003");
}

TEST_F(Propose, AFewRowsStillRun) {
  std::string text = "x,y\n";
  for (int i = 0; i < 12; ++i) text += fmt::format("{},{}\n", i * 5 % 7, i % 3 == 0 ? "yes" : "no");
  EXPECT_EQ(run_unedited(propose_file(file("rows.csv", text), "y")).rows(), 12);
}

TEST_F(Propose, AmountsAreNoIdsHoweverTheyAreWritten) {
  std::string text = "a;b;c;d;y\n";
  for (int i = 0; i < 60; ++i)
    text += fmt::format("{},{:02};${}.50;{},{:03};{:02}/{:02}/2020;{}\n", 1000 + 7 * i, i, i * 3, i + 1, i * 13 % 1000,
                        i % 12 + 1, i * 5 % 12 + 1, i % 2);
  const Proposal proposal = propose_file(file("rows.csv", text), "y");
  EXPECT_FALSE(proposal.data.id);
  EXPECT_EQ(column(proposal, "a").kind, Kind::kNumber);
  for (const char* name : {"b", "c", "d"}) {
    EXPECT_EQ(column(proposal, name).role, Role::kIgnored) << name;
    EXPECT_THAT(column(proposal, name).why, HasSubstr("query")) << name;
    EXPECT_THAT(proposal.notes, Contains(HasSubstr(fmt::format("{} is left out", name))));
  }
  const Dataset dataset = run_unedited(proposal);
  EXPECT_EQ(dataset.table.at("a").numbers()[1], 1007.01);
}

TEST_F(Propose, AmountsAreToldBeforeCategories) {
  std::string text = "rate;euro;fifty;few;mixed;y\n";
  for (int i = 0; i < 400; ++i)
    text += fmt::format("{}.25%;{},5 %;${},000;{} €;{}{};{}\n", i % 50, i % 40, i % 50 + 10, i % 3, i % 7,
                        i % 2 ? "%" : "", i * 13 % 31 % 2);
  const Proposal proposal = propose_file(file("rows.csv", text), "y");
  EXPECT_EQ(column(proposal, "rate").kind, Kind::kNumber);
  EXPECT_THAT(column(proposal, "rate").why, HasSubstr("12.5% is 12.5"));
  EXPECT_EQ(column(proposal, "euro").kind, Kind::kNumber);
  EXPECT_EQ(column(proposal, "fifty").kind, Kind::kIgnore);
  EXPECT_THAT(proposal.notes, Contains(HasSubstr("fifty is left out")));
  EXPECT_EQ(column(proposal, "few").kind, Kind::kCategory);
  EXPECT_THAT(column(proposal, "few").why, HasSubstr("taken as categories"));
  EXPECT_EQ(column(proposal, "mixed").kind, Kind::kCategory);
  const Dataset dataset = run_unedited(proposal);
  EXPECT_EQ(dataset.table.at("rate").numbers()[51], 1.25);
  EXPECT_EQ(dataset.table.at("euro").numbers()[41], 1.5);
  EXPECT_EQ(dataset.schema.find("rate")->number_style, "percent");
}

TEST_F(Propose, RowsThatRepeatAreCounted) {
  std::string once;
  for (int i = 0; i < 100; ++i) once += fmt::format("{},{},{}\n", i * 37 % 101, i % 3, i % 2);
  EXPECT_THAT(propose_file(file("once.csv", "x,c,y\n" + once), "y").notes, Not(Contains(HasSubstr("repeat"))));
  EXPECT_THAT(propose_file(file("twice.csv", "x,c,y\n" + once + once), "y").notes,
              Contains(HasSubstr("100 rows repeat")));
  std::string few_values = "c,y\n";
  for (int i = 0; i < 100; ++i) few_values += fmt::format("v{},{}\n", i % 3, i % 2);
  EXPECT_THAT(propose_file(file("few.csv", few_values), "y").notes, Not(Contains(HasSubstr("repeat"))));
}

TEST_F(Propose, AHandfulOfBadRowsMakesNoSuspect) {
  std::string text = "x,z,y\n";
  for (int i = 0; i < 200; ++i) text += fmt::format("{},{},{}\n", i * 37 % 199, i * 11 % 199, i == 50 || i == 61);
  EXPECT_THAT(suspected(propose_file(file("rows.csv", text), "y")), IsEmpty());
}

TEST_F(Propose, WhatCannotBeLearntIsRefused) {
  std::string ids = "ref,y\n", one = "x,y\n";
  for (int i = 0; i < 50; ++i) {
    ids += fmt::format("K{:04},{}\n", i, i % 2);
    one += fmt::format("{},{}\n", i % 7, i == 9);
  }
  EXPECT_THAT(message_of(Code::kData, [&] { propose_file(file("ids.csv", ids), "y"); }),
              HasSubstr("no column is left"));
  EXPECT_THAT(message_of(Code::kData, [&] { propose_file(file("one.csv", one), "y"); }), HasSubstr("a single row"));
}

TEST_F(Propose, ADateOfTheDecisionIsNoFeatureEvenWhenItCannotSplit) {
  std::string text = "day,x,y\n";
  for (int i = 0; i < 120; ++i) text += fmt::format("2020-{:02}-{:02},{},{}\n", i % 12 + 1, i % 28 + 1, i % 7, i % 2);
  const Proposal proposal = propose_file(file("rows.csv", text), "y");
  EXPECT_FALSE(std::holds_alternative<OutOfTimeSplit>(proposal.split.kind));
  EXPECT_EQ(proposal.data.time, "day");
  EXPECT_EQ(run_unedited(proposal).schema.features().size(), 1u);
}

TEST_F(Propose, ADateOfAnOutcomeIsNotTakenForTheDecisionHoweverCloseItLies) {
  std::string text = "id,lastpay,opened,birthday,x,y\n";
  for (int i = 0; i < 600; ++i)
    text += fmt::format("C{:04},2016-{:02}-{:02},{}-{:02}-{:02},{}-05-{:02},{},{}\n", i, i % 11 + 1, i % 27 + 1,
                        2010 + i % 5, i % 12 + 1, i % 28 + 1, 1940 + i * 7 % 55, i % 28 + 1, i % 7, i * 13 % 31 % 2);
  const Proposal proposal = propose_file(file("rows.csv", text), "y");
  EXPECT_EQ(proposal.data.time, "opened");
  EXPECT_THAT(suspected(proposal), ElementsAre("lastpay"));
  EXPECT_THAT(proposal.notes, Contains(HasSubstr("opened is taken as the date of the decision; the other dates are "
                                                 "lastpay, birthday.")));
  EXPECT_TRUE(std::holds_alternative<OutOfTimeSplit>(proposal.split.kind));
  EXPECT_EQ(run_unedited(proposal).rows(), 600);
}

TEST_F(Propose, WideTablesAreSplitOnce) {
  std::string text, names;
  for (int c = 0; c < 300; ++c) names += fmt::format("f{},", c);
  for (int i = 0; i < 7000; ++i) {
    for (int c = 0; c < 300; ++c) text += fmt::format("{},", (i * 7 + c * 13) % 11);
    text += fmt::format("{}\n", i % 2);
  }
  const Proposal proposal = propose_file(file("rows.csv", names + "y\n" + text), "y");
  EXPECT_TRUE(std::holds_alternative<StratifiedSplit>(proposal.split.kind));
}

TEST_F(Propose, WrongLabelsAreRefused) {
  const auto path = file("rows.csv", "x,y\n1,0\n2,0\n");
  EXPECT_THAT(message_of(Code::kConfig, [&] { propose_file(path, "yy"); }), HasSubstr("did you mean 'y'?"));
  EXPECT_THAT(message_of(Code::kData, [&] { propose_file(path, "y"); }), HasSubstr("same label"));
}

TEST_F(Propose, TheTaskAloneIsThatOfTheWholeProposal) {
  std::string rows = "number,two,three,amount\n";
  for (int row = 0; row < 200; ++row) {
    rows += std::to_string(row) + (row % 4 == 0 ? ",late," : ",good,") +
            std::string(1, static_cast<char>('a' + row % 3)) + "," + std::to_string(row) + ".5\n";
  }
  const std::string source = file("rows.csv", rows).string();
  for (const auto& [label, task] : {std::pair{"two", Task::kBinary}, std::pair{"three", Task::kMulticlass},
                                    std::pair{"amount", Task::kRegression}}) {
    EXPECT_EQ(guess_task({.source = source, .label = label, .base_directory = {}}), task) << label;
    EXPECT_EQ(propose({.source = source, .label = label, .base_directory = {}}).task, task) << label;
  }
  EXPECT_THAT(message_of(Code::kConfig, [&] { guess_task({.source = source, .label = "to", .base_directory = {}}); }),
              HasSubstr("'two'"));
}

}  // namespace
}  // namespace rift::data
