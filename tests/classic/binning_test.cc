#include "rift/classic/binning.h"

#include <gtest/gtest.h>

#include <cmath>

#include "rift/base/error.h"
#include "rift/base/random.h"

namespace rift::classic {
namespace {

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();
constexpr double kInfinity = std::numeric_limits<double>::infinity();
using Values = std::vector<std::optional<std::string_view>>;

/// Rows given as value -> (goods, bads).
template <class V>
struct Sample {
  std::vector<V> values;
  std::vector<double> labels;
  Sample& add(V value, int goods, int bads) {
    for (int i = 0; i < goods + bads; ++i) {
      values.push_back(value);
      labels.push_back(i < bads ? 1.0 : 0.0);
    }
    return *this;
  }
};

constexpr BinningOptions kPlain = {.min_bin_share = 0.0, .smoothing = 1e-9, .rare_share = 0.0};

TEST(NumberBins, HandComputedWoeAndInformationValue) {
  Sample<double> sample;
  sample.add(1, 80, 20).add(2, 60, 40).add(kNaN, 10, 40);  // 150 goods, 100 bads
  const auto bins = VariableBins::fit_number(sample.values, sample.labels, {}, kPlain);
  ASSERT_EQ(bins.bins().size(), 3u);
  const double woe[] = {std::log(80.0 / 150 / (20.0 / 100)), std::log(60.0 / 150 / (40.0 / 100)),
                        std::log(10.0 / 150 / (40.0 / 100))};
  EXPECT_NEAR(bins.woe(bins.bin_of(1.0)), woe[0], 1e-8);
  EXPECT_NEAR(bins.woe(bins.bin_of(2.0)), woe[1], 1e-8);
  EXPECT_NEAR(bins.woe(bins.bin_of(kNaN)), woe[2], 1e-8);
  EXPECT_NEAR(bins.information_value(),
              (80.0 / 150 - 0.2) * woe[0] + (60.0 / 150 - 0.4) * woe[1] + (10.0 / 150 - 0.4) * woe[2], 1e-8);
  EXPECT_EQ(bins.bins()[1].low, 2.0);  // a value belongs to the bin that begins with it
  EXPECT_EQ(bins.bin_of(1.999), 0u);
}

TEST(NumberBins, WeightsCountAsRows) {
  Sample<double> repeated;
  repeated.add(1, 30, 4).add(2, 9, 12).add(3, 5, 20);
  const std::vector<double> values = {1, 1, 2, 2, 3, 3}, labels = {0, 1, 0, 1, 0, 1}, weights = {30, 4, 9, 12, 5, 20};
  const auto a = VariableBins::fit_number(repeated.values, repeated.labels, {}, kPlain);
  const auto b = VariableBins::fit_number(values, labels, weights, kPlain);
  EXPECT_EQ(a.bins().size(), b.bins().size());
  for (double x : values) EXPECT_NEAR(a.woe(a.bin_of(x)), b.woe(b.bin_of(x)), 1e-12);
}

TEST(NumberBins, CodesAreFoundAndStandOutsideTheTrend) {
  EXPECT_EQ(find_special_codes(std::vector<double>{-9, 3, -8, 4, -9, kNaN}), (std::vector<double>{-9, -8}));
  EXPECT_TRUE(find_special_codes(std::vector<double>{-9.5, 3}).empty());
  EXPECT_TRUE(find_special_codes(std::vector<double>{-1, -2, -3, -4, -5, -6, 3}).empty());
  EXPECT_TRUE(find_special_codes(std::vector<double>{-1, -2}).empty());
  EXPECT_TRUE(find_special_codes(std::vector<double>{-kInfinity, 2}).empty());

  Sample<double> sample;  // -9 is the best group although it is the lowest number of an ascending variable
  sample.add(-9, 50, 1).add(1, 40, 20).add(2, 30, 30).add(3, 20, 40);
  const auto bins = VariableBins::fit_number(sample.values, sample.labels, {}, kPlain);
  EXPECT_EQ(bins.bins().size(), 5u);
  EXPECT_EQ(bins.bins()[bins.bin_of(-9.0)].kind, BinKind::kSpecial);
  EXPECT_GT(bins.woe(bins.bin_of(-9.0)), bins.woe(bins.bin_of(1.0)));
  EXPECT_EQ(bins.bin_of(-9.5), 0u);
}

TEST(NumberBins, ListedCodesNeedNotBeNegative) {
  Sample<double> sample;
  sample.add(1, 40, 20).add(2, 20, 40).add(999, 60, 5);
  BinningOptions options = kPlain;
  options.special_codes = SpecialCodes::kListed;
  options.codes = {999, 998, 999};
  const auto bins = VariableBins::fit_number(sample.values, sample.labels, {}, options);
  EXPECT_EQ(bins.bins()[bins.bin_of(999.0)].kind, BinKind::kSpecial);
  EXPECT_EQ(bins.bins()[bins.bin_of(999.0)].counts.good, 60.0);
  EXPECT_EQ(bins.woe(bins.bin_of(998.0)), 0.0);  // listed, never seen
}

TEST(NumberBins, TrendAndSizeHoldOnNoisyData) {
  std::vector<double> values, labels;
  const CounterRandom random(3, 1);
  for (uint64_t i = 0; i < 4000; ++i) {
    values.push_back(std::floor(random.normal(2 * i) * 20));
    labels.push_back(random.uniform(2 * i + 1) < 0.2 + 0.004 * values.back() ? 1.0 : 0.0);
  }
  const BinningOptions options = {.max_bins = 6, .min_bin_share = 0.05};
  const auto bins = VariableBins::fit_number(values, labels, {}, options);
  double before = kInfinity;
  int64_t ranges = 0;
  for (const Bin& bin : bins.bins()) {
    if (bin.kind != BinKind::kRange) continue;
    ++ranges;
    EXPECT_GE(bin.counts.total(), 200.0);
    EXPECT_LT(bin.woe, before);  // bad rate ascends, weight of evidence descends
    before = bin.woe;
  }
  EXPECT_GE(ranges, 4);
  EXPECT_LE(ranges, 6);
}

TEST(NumberBins, EveryValueHasABin) {
  Sample<double> sample;
  sample.add(1, 40, 10).add(2, 10, 40);
  const auto bins = VariableBins::fit_number(sample.values, sample.labels, {}, kPlain);
  EXPECT_EQ(bins.bin_of(-kInfinity), 0u);
  EXPECT_EQ(bins.bin_of(kInfinity), 1u);
  EXPECT_EQ(bins.woe(bins.bin_of(kNaN)), 0.0);  // no missing row in training
}

TEST(NumberBins, ConstantAndAllMissingColumnsSayNothing) {
  Sample<double> constant, missing;
  constant.add(5, 30, 10);
  missing.add(kNaN, 30, 10);
  for (const auto& sample : {constant, missing}) {
    const auto bins = VariableBins::fit_number(sample.values, sample.labels, {}, {});
    EXPECT_NEAR(bins.information_value(), 0.0, 1e-12);
    EXPECT_NEAR(bins.woe(bins.bin_of(5.0)), 0.0, 1e-12);
    EXPECT_NEAR(bins.woe(bins.bin_of(kNaN)), 0.0, 1e-12);
  }
}

TEST(NumberBins, OneClassIsADataError) {
  try {
    VariableBins::fit_number(std::vector<double>{1, 2}, std::vector<double>{0, 0}, {}, {});
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), Code::kData);
  }
}

TEST(CategoryBins, GroupedByBadRateRareAndUnseenTogether) {
  Sample<std::optional<std::string_view>> sample;
  sample.add("low", 90, 10).add("high", 20, 80).add("low too", 88, 12).add(std::nullopt, 10, 5);
  sample.add("rare a", 1, 2).add("rare b", 0, 2);
  BinningOptions options = kPlain;
  options.rare_share = 0.02;
  options.max_bins = 2;
  const auto bins = VariableBins::fit_category(sample.values, sample.labels, {}, options);
  EXPECT_EQ(bins.bin_of("low"), bins.bin_of("low too"));
  EXPECT_NE(bins.bin_of("low"), bins.bin_of("high"));
  EXPECT_EQ(bins.bin_of("rare a"), bins.bin_of("never seen"));
  EXPECT_EQ(bins.bin_of("rare a"), bins.bin_of("high"));  // four of five are bad
  EXPECT_EQ(bins.bins()[bins.bin_of(std::nullopt)].kind, BinKind::kMissing);
}

TEST(CategoryBins, AValueOfFewerThanFiveRowsIsNotKept) {
  Sample<std::optional<std::string_view>> sample;
  sample.add("shared", 3, 2).add("of four", 2, 2).add("others", 20, 20);
  std::vector<double> heavy(sample.labels.size(), 1.0);
  for (size_t i = 0; i < heavy.size(); ++i) heavy[i] = sample.values[i] == "of four" ? 50.0 : 1.0;
  for (const std::vector<double>& weights : {std::vector<double>(), heavy}) {
    const auto bins = VariableBins::fit_category(sample.values, sample.labels, weights, kPlain);
    const std::string text = to_json_text(bins.to_json());
    EXPECT_NE(text.find("shared"), std::string::npos) << text;
    EXPECT_EQ(text.find("of four"), std::string::npos) << "a package would name four customers: " << text;
    EXPECT_EQ(bins.bin_of("of four"), bins.bin_of("never seen"));
  }
}

TEST(CategoryBins, UnseenIsNeutralWhereNothingWasRare) {
  Sample<std::optional<std::string_view>> sample;
  sample.add("a", 90, 10).add("b", 20, 80);
  const auto bins = VariableBins::fit_category(sample.values, sample.labels, {}, kPlain);
  EXPECT_EQ(bins.woe(bins.bin_of("c")), 0.0);
  EXPECT_EQ(bins.woe(bins.bin_of(std::nullopt)), 0.0);
}

TEST(CategoryBins, TwentyThousandCategoriesArePooled) {
  std::vector<std::string> names;
  for (int i = 0; i < 20000; ++i) names.push_back("employer " + std::to_string(i));
  Values values(names.begin(), names.end());
  std::vector<double> labels;
  for (size_t i = 0; i < values.size(); ++i) labels.push_back(i % 7 == 0 ? 1.0 : 0.0);
  const auto bins = VariableBins::fit_category(values, labels, {}, {});
  EXPECT_EQ(bins.bins().size(), 2u);
  EXPECT_NEAR(bins.information_value(), 0.0, 1e-9);
}

TEST(VariableBins, SavedAndLoadedGivesTheSameWoe) {
  Sample<double> numbers;
  numbers.add(-9, 50, 1).add(1, 40, 20).add(2, 30, 30).add(3.25, 20, 40).add(kNaN, 3, 4);
  const auto a = VariableBins::fit_number(numbers.values, numbers.labels, {}, {});
  const auto b = VariableBins::from_json(parse_json(to_json_text(a.to_json()), "test"));
  for (double x : {-10.0, -9.0, 0.0, 1.0, 1.5, 2.0, 3.25, 99.0, kNaN, kInfinity})
    EXPECT_EQ(a.woe(a.bin_of(x)), b.woe(b.bin_of(x)));

  Sample<std::optional<std::string_view>> names;
  names.add("好", 90, 10).add("bad \"one\"", 20, 80).add(std::nullopt, 5, 9);
  const auto c = VariableBins::fit_category(names.values, names.labels, {}, {});
  const auto d = VariableBins::from_json(parse_json(to_json_text(c.to_json()), "test"));
  for (std::optional<std::string_view> x : Values{"好", "bad \"one\"", "?", std::nullopt})
    EXPECT_EQ(c.woe(c.bin_of(x)), d.woe(d.bin_of(x)));
}

TEST(VariableBins, BinsThatAreNoPartitionAreRefused) {
  const std::string head = R"({"is_number":true,"information_value":0,"bins":[)";
  const std::string counts = R"("good":1,"bad":1,"woe":0})";
  const std::string missing = R"({"kind":"missing",)" + counts + "]}";
  for (const std::string& bins : {
           std::string(R"({"kind":"range","high":2,)") + counts + "," + missing,  // nothing above 2
           R"({"kind":"range","high":2,)" + counts + R"(,{"kind":"range","low":3,)" + counts + "," + missing,  // hole
           R"({"kind":"range",)" + counts + "]}",                                            // no missing bin
           R"({"kind":"categories","values":["a"],"other":true,)" + counts + "," + missing,  // wrong kind
           std::string("]}"),
       }) {
    try {
      VariableBins::from_json(parse_json(head + bins, "test"));
      ADD_FAILURE() << bins;
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), Code::kArtefact) << bins;
    }
  }
}

}  // namespace
}  // namespace rift::classic
