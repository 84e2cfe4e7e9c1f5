#include "rift/base/log_odds.h"

#include <gtest/gtest.h>

namespace rift {
namespace {

// Computed with 40 digits by Python's decimal module.
TEST(LogOdds, EqualsTheDefinitionsToTheLastDigits) {
  EXPECT_DOUBLE_EQ(sigmoid(0.5), 0.6224593312018546);
  EXPECT_DOUBLE_EQ(sigmoid(-2.0), 0.11920292202211756);
  EXPECT_DOUBLE_EQ(sigmoid(-40.0), 4.248354255291589e-18);
  EXPECT_DOUBLE_EQ(log1p_exp(0.5), 0.9740769841801067);
  EXPECT_DOUBLE_EQ(log1p_exp(-2.0), 0.1269280110429725);
  EXPECT_DOUBLE_EQ(log1p_exp(-40.0), 4.248354255291589e-18);
  EXPECT_DOUBLE_EQ(log_odds(0.2), -1.3862943611198906);
}

TEST(LogOdds, FarOutThereIsNoOverflow) {
  EXPECT_EQ(sigmoid(-1000.0), 0.0);
  EXPECT_EQ(sigmoid(1000.0), 1.0);
  EXPECT_EQ(log1p_exp(1000.0), 1000.0);
  EXPECT_EQ(log1p_exp(-1000.0), 0.0);
}

TEST(LogOdds, CertaintyIsCut) {
  EXPECT_NEAR(log_odds(0.0), -27.63102111592755, 1e-12);
  EXPECT_NEAR(log_odds(1.0), 27.63102111592755, 1e-3);  // 1 - 1e-12 has few digits left
}

}  // namespace
}  // namespace rift
