#include "rift/study/report/figure_text.h"

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

TEST(FigureText, TrainingTimesSayWhetherTheyAreOfARunOrOfAll) {
  const Json once{{"train_seconds", 2.0}, {"train_seconds_total", 2.0}, {"train_runs", 1}};
  const Json thrice{{"train_seconds", 1.5}, {"train_seconds_total", 4.5}, {"train_runs", 3}};
  using Texts = std::vector<std::string>;
  const Json single(std::vector<Json>{once});
  EXPECT_EQ(training_headings(single), Texts{"training (s)"});
  EXPECT_EQ(training_texts(single, once), Texts{"2.0"});
  const Json several(std::vector<Json>{once, thrice});
  EXPECT_EQ(training_headings(several), (Texts{"training, mean of a run (s)", "runs", "training in all (s)"}));
  EXPECT_EQ(training_texts(several, once), (Texts{"2.0", "1", "2.0"}));
  EXPECT_EQ(training_texts(several, thrice), (Texts{"1.5", "3", "4.5"}));
  const Json earlier{{"train_seconds", 2.0}};
  EXPECT_EQ(training_texts(Json(std::vector<Json>{earlier}), earlier), Texts{"2.0"});
}

}  // namespace
}  // namespace rift::study
