#include "rift/metrics/power_law.h"

#include <gtest/gtest.h>

#include <vector>

#include "cases/case_file.h"

namespace rift::metrics {
namespace {

using cases::Case;
using cases::Values;

PowerLaw law_of(const Case& one) {
  return fit_power_law(one.column("labels"), one.column("error"), one.column("weight")).value();
}

Values at(const PowerLaw& law, const Values& labels) {
  Values values;
  for (const double n : labels) values.push_back(law.at(n));
  return values;
}

double loss_of(const Case& one) {
  const PowerLaw law = law_of(one);
  double loss = 0.0;
  for (size_t i = 0; i < one.column("labels").size(); ++i) {
    const double left = one.column("error")[i] - law.at(one.column("labels")[i]);
    loss += one.column("weight")[i] * left * left;
  }
  return loss;
}

TEST(PowerLaw, EqualsScipyUnderTheSameBounds) {
  std::map<std::string, cases::Figure> figures;
  figures["floor"] = [](const Case& one) { return Values{law_of(one).floor}; };
  figures["scale"] = [](const Case& one) { return Values{law_of(one).scale}; };
  figures["rate"] = [](const Case& one) { return Values{law_of(one).rate}; };
  figures["at"] = [](const Case& one) { return at(law_of(one), one.column("labels")); };
  figures["far"] = [](const Case& one) { return at(law_of(one), one.column("asked")); };
  figures["loss"] = [](const Case& one) { return Values{loss_of(one)}; };
  cases::expect_cases("power_law", figures);
}

TEST(PowerLaw, FewerThanThreeDifferentSizesAreTooFew) {
  EXPECT_FALSE(fit_power_law({}, {}, {}));
  EXPECT_FALSE(fit_power_law(Values{50, 100}, Values{.3, .2}, Values{1, 1}));
  EXPECT_FALSE(fit_power_law(Values{50, 50, 100}, Values{.3, .31, .2}, Values{1, 1, 1}));
  EXPECT_TRUE(fit_power_law(Values{50, 70, 100}, Values{.3, .25, .2}, Values{1, 1, 1}));
}

TEST(PowerLaw, AnErrorThatDoesNotFallIsFlat) {
  const PowerLaw rising = *fit_power_law(Values{50, 100, 200}, Values{.2, .25, .3}, Values{1, 1, 2});
  EXPECT_EQ(rising.scale, 0.0);
  EXPECT_EQ(rising.rate, 0.0);
  EXPECT_NEAR(rising.floor, (.2 + .25 + 2 * .3) / 4, 1e-12);
  EXPECT_EQ(rising.at(1000), rising.floor);
  EXPECT_EQ(rising.doubling(50), 0.0);
  EXPECT_EQ(rising.doubling_worth_from(0.001), 0.0);
  const PowerLaw same = *fit_power_law(Values{50, 100, 200}, Values{.2, .2, .2}, Values{1, 1, 1});
  EXPECT_NEAR(same.at(77), .2, 1e-12);
  EXPECT_NEAR(same.doubling(50), 0.0, 1e-12);
}

TEST(PowerLaw, ADoublingIsTheDifferenceOfTwoErrors) {
  const PowerLaw law{.floor = .1, .scale = 3.0, .rate = .5};
  EXPECT_NEAR(law.doubling(400), law.at(400) - law.at(800), 1e-15);
  const double n = law.doubling_worth_from(.01);
  EXPECT_NEAR(law.doubling(n), .01, 1e-12);
  EXPECT_GT(law.doubling(n / 2), .01);
  EXPECT_LT(law.doubling(n * 2), .01);
}

/// A scale of the weights is no part of the answer, and a point that weighs nothing much does not bend it.
TEST(PowerLaw, WeightsCountAgainstEachOther) {
  const Values labels = {50, 100, 200, 400, 800}, error = {.40, .30, .50, .21, .19};
  const PowerLaw even = *fit_power_law(labels, error, Values{1, 1, 1, 1, 1});
  const PowerLaw thousand = *fit_power_law(labels, error, Values{1000, 1000, 1000, 1000, 1000});
  EXPECT_NEAR(even.at(200), thousand.at(200), 1e-9);
  const PowerLaw without = *fit_power_law(labels, error, Values{1, 1, 1e-9, 1, 1});
  EXPECT_LT(without.at(200), .26);
  EXPECT_GT(even.at(200), .28);
}

}  // namespace
}  // namespace rift::metrics
