#include "rift/base/count_text.h"

#include <gtest/gtest.h>

#include <limits>

namespace rift {
namespace {

TEST(CountText, DigitsStandInThrees) {
  EXPECT_EQ(count_text(0), "0");
  EXPECT_EQ(count_text(999), "999");
  EXPECT_EQ(count_text(1000), "1,000");
  EXPECT_EQ(count_text(22'713'601), "22,713,601");
  EXPECT_EQ(count_text(-999), "-999");
  EXPECT_EQ(count_text(-151'400), "-151,400");
  EXPECT_EQ(count_text(std::numeric_limits<int64_t>::min()), "-9,223,372,036,854,775,808");
}

TEST(NumberText, NumbersAsTextHaveNoIdleFraction) {
  EXPECT_EQ(number_text(1.0), "1");
  EXPECT_EQ(number_text(-0.0), "0");
  EXPECT_EQ(number_text(0.1), "0.1");
  EXPECT_EQ(number_text(1234567890123.0), "1234567890123");
}

TEST(PercentText, HasOneDecimal) {
  EXPECT_EQ(percent_text(0.12349), "12.3 %");
  EXPECT_EQ(percent_text(1), "100.0 %");
}

}  // namespace
}  // namespace rift
