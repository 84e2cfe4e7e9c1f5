#include "rift/data/split.h"

#include <algorithm>
#include <fstream>
#include <map>
#include <numeric>
#include <set>

#include "data/records.h"
#include "rift/base/sha256.h"

namespace rift::data {
namespace {

using test::message_of;

std::vector<uint64_t> first_rows(size_t n) {
  std::vector<uint64_t> rows(n);
  std::iota(rows.begin(), rows.end(), uint64_t{0});
  return rows;
}

/// A binary dataset of n rows, every fourth bad, that was not read from anywhere.
Dataset made(int64_t n) {
  Dataset dataset;
  dataset.schema.class_names = {"good", "bad"};
  dataset.table.rows = n;
  for (int64_t i = 0; i < n; ++i) {
    dataset.table.source_row.push_back(i);
    dataset.split_row.push_back(static_cast<uint64_t>(i));
    dataset.label.push_back(i % 4 == 0 ? 1.0 : 0.0);
  }
  return dataset;
}

int64_t bad_in(const Dataset& dataset, const Split& split, Part part) {
  int64_t bad = 0;
  for (const int64_t row : split.rows(part)) bad += dataset.label[static_cast<size_t>(row)] == 1.0 ? 1 : 0;
  return bad;
}

// The figures that any other language has to repeat.
TEST(Split, KeysAreThePublishedOnes) {
  EXPECT_EQ(split_key(0, 1), 0x6e789e6aa1b965f4u);
  EXPECT_EQ(split_key(1, 1), 0xe99ff867dbf682c9u);
  EXPECT_EQ(split_key(2, 1), 0xbfc846100bfc1e42u);
}

TEST(Split, FoldsOfGermanCreditAreThePublishedOnes) {
  std::ifstream file("examples/german_credit/german.data");
  std::vector<double> labels;
  for (std::string line; std::getline(file, line);) labels.push_back(line.back() == '2' ? 1.0 : 0.0);
  ASSERT_EQ(labels.size(), 1000u);
  const auto fold = folds(first_rows(1000), labels, 5, 1);
  EXPECT_EQ(std::vector<int32_t>(fold.begin(), fold.begin() + 15),
            (std::vector<int32_t>{1, 1, 0, 4, 2, 4, 0, 1, 0, 3, 0, 2, 0, 1, 1}));
}

TEST(Split, FoldsOfPhraseBankAreThePublishedOnes) {
  const auto path = test::real_data("financial_phrasebank/Sentences_AllAgree.txt");
  RIFT_SKIP_WITHOUT(path);
  std::ifstream file(path);
  std::vector<double> labels;
  for (std::string line; std::getline(file, line);) {
    const std::string name = line.substr(line.rfind('@') + 1);
    labels.push_back(name.starts_with("negative") ? 0.0 : name.starts_with("neutral") ? 1.0 : 2.0);
  }
  const auto fold = folds(first_rows(labels.size()), labels, 5, 1);
  EXPECT_EQ(std::vector<int32_t>(fold.begin(), fold.begin() + 15),
            (std::vector<int32_t>{4, 0, 4, 2, 2, 0, 4, 2, 0, 2, 0, 1, 4, 3, 1}));
  std::vector<int64_t> sizes;
  for (int32_t f = 0; f < 5; ++f) sizes.push_back(std::count(fold.begin(), fold.end(), f));
  EXPECT_EQ(sizes, (std::vector<int64_t>{454, 453, 453, 452, 452}));
}

TEST(Split, RankOrderSortsByKeyAndThenByPosition) {
  const std::vector<uint64_t> ids = {2, 0, 2, 1};
  // keys: row 0 smallest, then 2, then 1 (see KeysAreThePublishedOnes).
  EXPECT_EQ(rank_order(ids, 1), (std::vector<int64_t>{1, 0, 2, 3}));
}

TEST(Split, PartsComeByRankAsTestCalibrationValidation) {
  const Dataset dataset = made(1000);
  SplitOptions options;
  options.kind = RandomSplit{.test = 0.2, .calibration = 0.1, .validation = 0.05};
  const Split split = make_split(dataset, options);
  const auto order = rank_order(first_rows(1000), 1);
  for (size_t rank = 0; rank < order.size(); ++rank) {
    const Part expected = rank < 200   ? Part::kTest
                          : rank < 300 ? Part::kCalibration
                          : rank < 350 ? Part::kValidation
                                       : Part::kTrain;
    EXPECT_EQ(split.part[static_cast<size_t>(order[rank])], expected) << "rank " << rank;
  }
}

TEST(Split, DigestIsThatOfThePartBytes) {
  const Dataset dataset = made(8);
  SplitOptions options;
  options.kind = RandomSplit{.test = 0.5, .calibration = 0.0, .validation = 0.0};
  Dataset both = dataset;
  both.schema.task = Task::kRegression;
  const Split split = make_split(both, options);
  std::string bytes;
  for (const Part part : split.part) bytes.push_back(part == Part::kTest ? '\3' : '\0');
  EXPECT_EQ(split.digest, sha256_hex(bytes));
  EXPECT_EQ(std::ssize(split.rows(Part::kTest)), 4);
}

TEST(Split, StratifiedPartsHaveTheBadRateOfTheWhole) {
  const Dataset dataset = made(1000);
  SplitOptions options;
  options.kind = StratifiedSplit{{.test = 0.2, .calibration = 0.0, .validation = 0.1}};
  const Split split = make_split(dataset, options);
  EXPECT_EQ(std::ssize(split.rows(Part::kTest)), 200);
  EXPECT_EQ(bad_in(dataset, split, Part::kTest), 50);
  EXPECT_EQ(bad_in(dataset, split, Part::kValidation), 25);
}

TEST(Split, SeedsDrawOtherRows) {
  const Dataset dataset = made(200);
  SplitOptions one;
  SplitOptions two;
  two.seed = 2;
  EXPECT_NE(make_split(dataset, one).digest, make_split(dataset, two).digest);
  EXPECT_EQ(make_split(dataset, one).digest, make_split(dataset, one).digest);
}

TEST(Split, FoldsCoverEveryRowOnceAndRepeatsDrawAnew) {
  const Dataset dataset = made(103);
  SplitOptions options;
  options.kind = KFoldSplit{.k = 4, .fold = {}, .repeats = 2, .stratified = true, .calibration = 0, .validation = 0.1};
  std::vector<int> times_tested(103);
  for (int64_t fold = 0; fold < 4; ++fold) {
    for (const int64_t row : make_fold(dataset, options, fold, 0).rows(Part::kTest)) ++times_tested[size_t(row)];
  }
  EXPECT_EQ(times_tested, std::vector<int>(103, 1));
  EXPECT_EQ(make_split(dataset, options).digest, make_fold(dataset, options, 0, 0).digest);
  EXPECT_NE(make_fold(dataset, options, 0, 1).digest, make_fold(dataset, options, 0, 0).digest);
  EXPECT_NE(message_of(Code::kConfig, [&] { make_fold(dataset, options, 4, 0); }).find("0 to 3"), std::string::npos);
}

TEST(Split, GroupsStandWhereTheirFirstRowStands) {
  Dataset dataset = made(600);
  for (int64_t i = 0; i < 600; ++i) dataset.group.push_back(fmt::format("g{}", i / 3));
  SplitOptions options;
  options.kind = GroupSplit{{.test = 0.25, .calibration = 0.0, .validation = 0.1}};
  const Split split = make_split(dataset, options);
  for (size_t i = 0; i < 600; ++i) EXPECT_EQ(split.part[i], split.part[i / 3 * 3]) << i;
  EXPECT_EQ(std::ssize(split.rows(Part::kTest)), 150);
  for (const SplitOptions& other :
       {SplitOptions{}, SplitOptions{.kind = KFoldSplit{}}, SplitOptions{.kind = RandomSplit{}}}) {
    const Split kept = make_split(dataset, other);
    for (size_t i = 0; i < 600; ++i) EXPECT_EQ(kept.part[i], kept.part[i / 3 * 3]) << i;
  }
}

TEST(Split, OutOfTimeTestsFromADayOnAndDealsTheEarlierRowsByRank) {
  Dataset dataset = made(100);
  for (int64_t i = 0; i < 100; ++i) dataset.time.push_back(*parse_time("2011-01-01") + i * 86'400'000'000);
  SplitOptions options;
  options.kind = OutOfTimeSplit{.column = {}, .test_from = "2011-03-02", .calibration = 0.0, .validation = 0.25};
  const Split split = make_split(dataset, options);
  for (size_t i = 0; i < 100; ++i) EXPECT_EQ(split.part[i] == Part::kTest, i >= 60) << i;
  const auto order = rank_order(first_rows(60), 1);
  for (size_t rank = 0; rank < 60; ++rank)
    EXPECT_EQ(split.part[static_cast<size_t>(order[rank])], rank < 15 ? Part::kValidation : Part::kTrain);
}

TEST(Split, OutOfTimeNeedsADateInEveryRow) {
  Dataset dataset = made(10);
  for (int64_t i = 0; i < 10; ++i) dataset.time.push_back(i == 7 ? kMissingTime : i);
  SplitOptions options;
  options.kind = OutOfTimeSplit{.column = {}, .test_from = "1969-01-01"};
  EXPECT_NE(message_of(Code::kData, [&] { make_split(dataset, options); }).find("row 7"), std::string::npos);
}

TEST(Split, APartOfOneClassIsRefused) {
  Dataset dataset = made(40);
  for (size_t i = 0; i < 40; ++i) dataset.label[i] = i == 3 ? 1.0 : 0.0;
  EXPECT_NE(message_of(Code::kData, [&] { make_split(dataset, {}); }).find("both classes"), std::string::npos);
}

TEST(Split, APartThatIsAskedForHasRows) {
  const auto stratified = [](double test, double calibration, double validation) {
    return SplitOptions{.kind = StratifiedSplit{{.test = test, .calibration = calibration, .validation = validation}}};
  };
  KFoldSplit k_fold;
  k_fold.calibration = 0.01;
  for (const SplitOptions& options : {stratified(0.2, 0.01, 0.2), stratified(0.2, 0.2, 0.01),
                                      stratified(0.01, 0.2, 0.2), SplitOptions{.kind = k_fold}}) {
    EXPECT_NE(message_of(Code::kData, [&] { make_split(made(40), options); }).find("of 40 rows is empty"),
              std::string::npos);
  }
  EXPECT_NO_THROW(make_split(made(40), stratified(0.2, 0.0, 0.2)));
}

TEST(Split, SharesLeaveRowsForTraining) {
  SplitOptions options;
  options.kind = RandomSplit{.test = 0.6, .calibration = 0.2, .validation = 0.2};
  message_of(Code::kConfig, [&] { make_split(made(40), options); });
}

TEST(Split, InnerFoldsStayWithinTheRowsAndKeepGroupsTogether) {
  Dataset dataset = made(400);
  const std::vector<int64_t> rows = [] {
    std::vector<int64_t> odd;
    for (int64_t i = 0; i < 400; ++i) {
      if (i % 5 != 0) odd.push_back(i);
    }
    return odd;
  }();
  auto fold = inner_folds(dataset, rows, 4, 7);
  ASSERT_EQ(fold.size(), rows.size());
  std::vector<int64_t> bad(4);
  for (size_t i = 0; i < rows.size(); ++i) bad[size_t(fold[i])] += dataset.label[size_t(rows[i])] == 1.0 ? 1 : 0;
  EXPECT_EQ(bad, (std::vector<int64_t>{20, 20, 20, 20}));
  for (int64_t i = 0; i < 400; ++i) dataset.group.push_back(fmt::format("g{}", i / 10));
  fold = inner_folds(dataset, rows, 4, 7);
  for (size_t i = 1; i < rows.size(); ++i) {
    if (rows[i] / 10 == rows[i - 1] / 10) {
      EXPECT_EQ(fold[i], fold[i - 1]) << i;
    }
  }
}

/// How often each class of each part stands among the first `count` rows of an order.
std::map<std::pair<Part, double>, int64_t> counts_of(const Dataset& dataset, const Split& split,
                                                     const std::vector<std::vector<int64_t>>& order, size_t count) {
  std::map<std::pair<Part, double>, int64_t> counts;
  for (size_t u = 0; u < count; ++u) {
    for (const int64_t row : order[u]) ++counts[{split.part[size_t(row)], dataset.label[size_t(row)]}];
  }
  return counts;
}

TEST(SamplingOrder, EveryBeginningHoldsEachClassOfEachPartInProportion) {
  const Dataset dataset = made(1000);
  const SplitOptions options{.kind = StratifiedSplit{{.test = .2, .calibration = .1, .validation = .1}}};
  const Split split = make_split(dataset, options);
  const auto order = sampling_order(dataset, split, 101);
  ASSERT_EQ(order.size(), 800U);
  std::set<int64_t> seen;
  for (const auto& unit : order) {
    ASSERT_EQ(unit.size(), 1U);
    EXPECT_NE(split.part[size_t(unit[0])], Part::kTest);
    seen.insert(unit[0]);
  }
  EXPECT_EQ(seen.size(), 800U);
  const auto all = counts_of(dataset, split, order, 800);
  for (const size_t count : {size_t{10}, size_t{37}, size_t{160}, size_t{400}, size_t{799}}) {
    auto some = counts_of(dataset, split, order, count);
    for (const auto& [stratum, rows] : all) {
      EXPECT_NEAR(double(some[stratum]), double(rows * int64_t(count)) / 800.0, 1.0 + 1e-9) << count;
    }
  }
}

TEST(SamplingOrder, ASeedIsAnOrderOfItsOwnAndAlwaysTheSame) {
  const Dataset dataset = made(200);
  const Split split = make_split(dataset, {.kind = RandomSplit{.test = .2, .validation = 0}});
  EXPECT_EQ(sampling_order(dataset, split, 5), sampling_order(dataset, split, 5));
  EXPECT_NE(sampling_order(dataset, split, 5), sampling_order(dataset, split, 6));
}

TEST(SamplingOrder, WithinAClassRowsComeByTheirKeys) {
  const Dataset dataset = made(300);
  const Split split = make_split(dataset, {.kind = RandomSplit{.test = .2, .validation = 0}});
  std::map<double, uint64_t> last;
  for (const auto& unit : sampling_order(dataset, split, 9)) {
    const uint64_t key = split_key(uint64_t(unit[0]), 9);
    uint64_t& before = last[dataset.label[size_t(unit[0])]];
    EXPECT_GT(key, before);
    before = key;
  }
}

TEST(SamplingOrder, GroupsComeWholeAndAnAmountHasNoClasses) {
  Dataset dataset = made(400);
  for (int64_t i = 0; i < 400; ++i) dataset.group.push_back(fmt::format("g{}", i / 7));
  const Split split = make_split(dataset, {.kind = GroupSplit{{.test = .2, .validation = .2}}});
  for (const auto& unit : sampling_order(dataset, split, 3)) {
    for (const int64_t row : unit) EXPECT_EQ(row / 7, unit[0] / 7);
    EXPECT_EQ(unit.size(), unit[0] / 7 == 57 ? 1U : 7U);
  }
  Dataset amounts = made(50);
  amounts.schema.task = Task::kRegression;
  for (int64_t i = 0; i < 50; ++i) amounts.label[size_t(i)] = double(i) * 1.5;
  const Split random = make_split(amounts, {.kind = RandomSplit{.test = .2, .validation = 0}});
  std::vector<int64_t> rows;
  for (const auto& unit : sampling_order(amounts, random, 3)) rows.push_back(unit[0]);
  EXPECT_TRUE(std::ranges::is_sorted(rows, {}, [](int64_t row) { return split_key(uint64_t(row), 3); }));
}

}  // namespace
}  // namespace rift::data
