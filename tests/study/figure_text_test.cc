#include "rift/study/figure_text.h"

#include <gtest/gtest.h>

namespace rift::study {
namespace {

TEST(FigureText, RatiosHaveThreeDecimalsAndAmountsWhatTheirSizeNeeds) {
  EXPECT_EQ(shown(0.78149), "0.781");
  EXPECT_EQ(shown(-0.0003), "0.000") << "no minus before nothing";
  EXPECT_EQ(shown(23.456), "23.46");
  EXPECT_EQ(shown(256.0), "256.0") << "as its interval 218.8 - 293.7";
  EXPECT_EQ(shown(-151400.4), "-151,400");
  EXPECT_EQ(shown(999.96), "1,000");
  EXPECT_EQ(shown(2.5e18), "2.5e+18");
}

TEST(FigureText, AmountsOfASmallUnitKeepTheirDigits) {
  const Json metrics{{"rmse", Json{{"value", 0.00123456}, {"low", 0.0011}, {"high", 0.0014}}},
                     {"auc", Json{{"value", 0.00123456}, {"low", nullptr}, {"high", nullptr}}}};
  EXPECT_EQ(figure_text(metrics, "rmse"), "0.00123");
  EXPECT_EQ(interval_text(metrics, "rmse"), "0.0011 - 0.0014");
  EXPECT_EQ(figure_text(metrics, "auc"), "0.001");
  EXPECT_EQ(interval_text(metrics, "auc"), "-");
  EXPECT_EQ(figure_text(metrics, "ks"), "-");
  EXPECT_EQ(with_sign(shown_figure("mse", 0.0)), "+0.000");
}

}  // namespace
}  // namespace rift::study
