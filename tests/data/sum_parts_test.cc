#include "rift/data/sum_parts.h"

#include <gtest/gtest.h>

#include <cmath>
#include <numeric>

#include "rift/base/random.h"

namespace rift::data {
namespace {

TEST(SumParts, FindsThePartsAmongOtherColumns) {
  constexpr size_t kRows = 500;
  const CounterRandom random(5, 1);
  std::vector<std::vector<double>> columns(6, std::vector<double>(kRows));
  for (size_t row = 0; row < kRows; ++row) {
    const auto draw = [&](size_t c) { return std::floor(random.uniform(row * 8 + c) * 10'000.0) / 100.0; };
    columns[0][row] = draw(0);
    columns[1][row] = row % 9 == 0 ? NAN : draw(1);
    columns[2][row] = draw(2) / 50.0;
    columns[4][row] = 2.0 * draw(4);
    columns[5][row] = columns[0][row] + 3.0 * draw(5);  // correlated, not a part
    columns[3][row] = columns[0][row] + (row % 9 == 0 ? 0.0 : columns[1][row]) + columns[2][row];
  }
  std::vector<const std::vector<double>*> values;
  for (const auto& column : columns) values.push_back(&column);
  std::vector<size_t> rows(kRows);
  std::iota(rows.begin(), rows.end(), size_t{0});
  const SumParts sums(values, rows);
  const auto parts = sums.parts_of(3);
  ASSERT_EQ(parts.size(), 3u);
  for (size_t i = 0; i < 3; ++i) EXPECT_EQ(parts[i].column, i);
  EXPECT_LT(parts[2].squared_correlation, 0.1);
  for (const size_t other : {0u, 4u, 5u}) EXPECT_TRUE(sums.parts_of(other).empty()) << other;
}

}  // namespace
}  // namespace rift::data
