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

}  // namespace
}  // namespace rift
