#include "rift/study/stability.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <string>
#include <vector>

namespace rift::study {
namespace {

const data::Field kPurpose = {.name = "purpose", .kind = data::Kind::kCategory, .role = data::Role::kFeature};

data::Table categories(const std::vector<std::string>& names) {
  data::Texts column;
  for (const std::string& name : names) column.append(name);
  data::Table table;
  table.rows = static_cast<int64_t>(names.size());
  table.add({.name = "purpose", .values = std::move(column)});
  return table;
}

std::vector<int64_t> range(int64_t first, int64_t end) {
  std::vector<int64_t> rows;
  for (int64_t row = first; row < end; ++row) rows.push_back(row);
  return rows;
}

TEST(FeatureStability, CategoriesAreComparedByName) {
  const data::Table table = categories({"a", "a", "a", "a", "b", "b", "a", "c"});
  // Shares: a 4/6 -> 1/2, b 2/6 -> 0 (half a row of 2), c 0 (half a row of 6) -> 1/2.
  const double expected = (1.0 / 2 - 4.0 / 6) * std::log((1.0 / 2) / (4.0 / 6)) +
                          (1.0 / 4 - 2.0 / 6) * std::log((1.0 / 4) / (2.0 / 6)) +
                          (1.0 / 2 - 1.0 / 12) * std::log((1.0 / 2) / (1.0 / 12));
  EXPECT_NEAR(*feature_stability(kPurpose, table, range(0, 6), range(6, 8)), expected, 1e-12);
}

TEST(FeatureStability, RareCategoriesCountTogether) {
  std::vector<std::string> names;
  for (int i = 0; i < 30; ++i) names.push_back("seen " + std::to_string(100 + i));
  for (int i = 0; i < 30; ++i) names.push_back("unseen " + std::to_string(i));
  const double apart = 20 * (0.5 / 30 - 1.0 / 30) * std::log(0.5);
  const double together = (1.0 - 10.0 / 30) * std::log(3.0);
  EXPECT_NEAR(*feature_stability(kPurpose, categories(names), range(0, 30), range(30, 60)), apart + together, 1e-12);
}

TEST(FeatureStability, AMissingNumberIsABinOfItsOwn) {
  data::Table table;
  table.rows = 8;
  const double kNaN = std::numeric_limits<double>::quiet_NaN();
  table.add({.name = "income", .values = data::Numbers{{5, 5, 5, 5, 5, kNaN, kNaN, kNaN}}});
  const data::Field income = {.name = "income", .kind = data::Kind::kNumber, .role = data::Role::kFeature};
  // 5: 4/4 -> 1/4; missing: 0 (half a row of 4) -> 3/4.
  const double expected = (0.25 - 1.0) * std::log(0.25) + (0.75 - 0.125) * std::log(6.0);
  EXPECT_NEAR(*feature_stability(income, table, range(0, 4), range(4, 8)), expected, 1e-12);
}

TEST(FeatureStability, OnlyFeaturesWithRowsOnBothSidesHaveOne) {
  const data::Table table = categories({"a", "b"});
  data::Field field = kPurpose;
  EXPECT_FALSE(feature_stability(field, table, range(0, 2), {}));
  field.kind = data::Kind::kText;
  EXPECT_FALSE(feature_stability(field, table, range(0, 1), range(1, 2)));
  field = kPurpose;
  field.role = data::Role::kLabel;
  EXPECT_FALSE(feature_stability(field, table, range(0, 1), range(1, 2)));
}

}  // namespace
}  // namespace rift::study
