#include "rift/encode/tabular/number_encoder.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <map>

#include "rift/base/error.h"
#include "rift/base/files.h"
#include "rift/base/normal.h"
#include "rift/base/random.h"

namespace rift::encode::tabular {
namespace {

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();
constexpr double kInfinity = std::numeric_limits<double>::infinity();

const Json& golden() {
  static const Json json = parse_json(read_file("tests/encode/fixtures/tabular_golden.json"), "tabular_golden.json");
  return json;
}

std::vector<double> numbers(std::string_view key) { return golden().at(key).as_doubles(); }

/// Each value as often as the transform wants a point to be backed by.
std::vector<double> five_of_each(const std::vector<double>& values) {
  std::vector<double> all;
  for (int i = 0; i < 5; ++i) all.insert(all.end(), values.begin(), values.end());
  return all;
}

NumberEncoder quantile(const std::vector<double>& values, int64_t knots = 1000) {
  return NumberEncoder::fit(values, {.transform = NumberTransform::kQuantile, .knots = knots});
}

TEST(NumberEncoder, StandardEqualsScikitLearn) {
  const auto values = numbers("values"), expected = numbers("standard");
  const NumberEncoder encoder = NumberEncoder::fit(values, {});
  for (size_t i = 0; i < values.size(); ++i) EXPECT_NEAR(encoder.encode(values[i]), expected[i], 1e-12);
}

TEST(NumberEncoder, QuantileIsTheNormalScoreOfTheMidRank) {
  const auto values = numbers("values"), expected = numbers("rankit");
  const NumberEncoder encoder = quantile(five_of_each(values));
  for (size_t i = 0; i < values.size(); ++i) EXPECT_NEAR(encoder.encode(values[i]), expected[i], 1e-12);
}

TEST(NumberEncoder, QuantileIsLinearBetweenPointsAndFlatOutside) {
  const NumberEncoder encoder = quantile(five_of_each({1, 2, 4}));  // shares 1/6, 1/2, 5/6
  EXPECT_DOUBLE_EQ(encoder.encode(2), 0.0);
  EXPECT_NEAR(encoder.encode(3), 0.5 * normal_quantile(5.0 / 6.0), 1e-15);
  EXPECT_DOUBLE_EQ(encoder.encode(-100), encoder.encode(1));
  EXPECT_DOUBLE_EQ(encoder.encode(kInfinity), encoder.encode(4));
}

TEST(NumberEncoder, NoQuantilePointIsTheValueOfFewRows) {
  std::map<double, int> rows;
  std::vector<double> values;
  const CounterRandom random(7, 0);
  for (uint64_t i = 0; i < 3000; ++i) values.push_back(std::round(std::exp(random.normal(i)) * 400.0));
  for (int i = 0; i < 300; ++i) values.push_back(0.0);
  for (int i = 0; i < 4; ++i) values.push_back(1e7 + i);
  for (const double value : values) ++rows[value];
  for (const int64_t knots : {3, 100, 100000}) {
    const Json json = quantile(values, knots).to_json();
    EXPECT_LE(static_cast<int64_t>(json.at("values").size()), knots);
    for (const Json& point : json.at("values").as_array()) {
      const auto own = rows.find(point.as_double());
      EXPECT_TRUE(own == rows.end() || own->second >= 5) << own->second << " rows have this value";
    }
  }
  EXPECT_EQ(quantile(values).to_json().at("values").at(size_t{0}).as_double(), 0.0) << "300 rows share it";
}

TEST(NumberEncoder, OfFewerThanFiveValuesNoQuantileIsKept) {
  const NumberEncoder encoder = quantile({7, 8, 9, 10, kNaN});
  EXPECT_EQ(encoder.to_json().at("values").size(), 0u);
  EXPECT_EQ(encoder.encode(9), 0.0);
}

TEST(NumberEncoder, FewKnotsStayMonotoneAndNearTheFullTransform) {
  std::vector<double> values;
  for (int i = 0; i < 5000; ++i) values.push_back(std::exp(std::sin(i * 0.37) * 3));
  const NumberEncoder full = quantile(values, 100000), thin = quantile(values, 50);
  EXPECT_LE(thin.to_json().at("values").size(), 50u);
  double before = -kInfinity;
  for (double x = 0.05; x < 20; x *= 1.05) {
    EXPECT_GE(thin.encode(x), before);
    before = thin.encode(x);
    EXPECT_NEAR(thin.encode(x), full.encode(x), 0.15) << x;
  }
}

TEST(NumberEncoder, MissingIsZeroAndInfinityIsLeftOutOfTheFit) {
  const NumberEncoder encoder = NumberEncoder::fit(std::vector<double>{1, kNaN, 3, kInfinity}, {});
  EXPECT_DOUBLE_EQ(encoder.center(), 2.0);
  EXPECT_DOUBLE_EQ(encoder.scale(), 1.0);
  EXPECT_EQ(encoder.encode(kNaN), 0.0);
  EXPECT_TRUE(NumberEncoder::missing(kNaN));
  EXPECT_EQ(encoder.encode(kInfinity), 10.0);
  EXPECT_EQ(encoder.encode(-1e300), -10.0);
}

TEST(NumberEncoder, ConstantAndAllMissingColumnsEncodeAsZero) {
  EXPECT_EQ(NumberEncoder::fit(std::vector<double>(7, 0.1), {}).encode(0.1), 0.0);
  EXPECT_EQ(quantile(std::vector<double>(7, 0.1)).encode(5), 0.0);
  for (const auto& encoder : {NumberEncoder::fit(std::vector<double>(3, kNaN), {}), quantile({})}) {
    EXPECT_EQ(encoder.encode(kNaN), 0.0);
    EXPECT_TRUE(std::isfinite(encoder.encode(12.0)));
  }
}

TEST(NumberEncoder, HugeValuesDoNotOverflow) {
  const NumberEncoder encoder = NumberEncoder::fit(std::vector<double>{1e308, 1e308, -1e308}, {});
  EXPECT_TRUE(std::isfinite(encoder.encode(1e308)));
}

TEST(NumberEncoder, SavedAndLoadedEncodesBitEqual) {
  const auto values = numbers("values");
  for (const auto& encoder : {NumberEncoder::fit(values, {}), quantile(values, 10)}) {
    const NumberEncoder loaded = NumberEncoder::from_json(parse_json(to_json_text(encoder.to_json()), "test"));
    for (double x = -3; x < 9; x += 0.0371) EXPECT_EQ(loaded.encode(x), encoder.encode(x));
  }
}

TEST(NumberEncoder, CorruptJsonIsAnArtefactError) {
  for (const char* text : {R"({"transform":"standard","center":0,"scale":0})", R"({"transform":"standard","scale":1})",
                           R"({"transform":"quantile","values":[1,2],"scores":[0]})",
                           R"({"transform":"quantile","values":[2,1],"scores":[0,1]})", R"({"transform":"cubic"})"}) {
    try {
      NumberEncoder::from_json(parse_json(text, "test"));
      ADD_FAILURE() << text;
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), Code::kArtefact) << text;
    }
  }
}

}  // namespace
}  // namespace rift::encode::tabular
