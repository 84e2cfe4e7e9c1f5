#include "rift/metrics/transferability.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "cases/case_file.h"
#include "cases/feature_case.h"
#include "support/failure.h"

namespace rift::metrics {
namespace {

using cases::Case;
using cases::FeatureCase;
using cases::Values;

HScore h_score_of(const Case& one) {
  const FeatureCase given(one);
  return h_score(given.known(), given.label, given.classes);
}

TEST(Transferability, EqualsTheEquationsAndScikitLearn) {
  std::map<std::string, cases::Figure> figures = cases::given_of_feature_cases();
  figures["log_me"] = [](const Case& one) {
    const FeatureCase given(one);
    return Values{log_me(given.known(), given.label, given.classes)};
  };
  figures["h_score"] = [](const Case& one) { return Values{h_score_of(one).plain}; };
  figures["shrunk"] = [](const Case& one) { return Values{h_score_of(one).shrunk}; };
  figures["shrinkage"] = [](const Case& one) { return Values{h_score_of(one).shrinkage}; };
  figures["nearest"] = [](const Case& one) {
    const FeatureCase given(one);
    return nearest_neighbours(given.known(), given.label, given.classes, given.asked(), given.neighbours);
  };
  figures["probe"] = [](const Case& one) { return one.expect.at("probe"); };  // tests/classic/linear_probe_test.cc
  cases::expect_cases("transferability", figures);
}

TEST(Transferability, AUnitOfTheLabelDoesNotCount) {
  const std::vector<float> values = {1, 2, 3, 5, 8, 1, 0, 4, 2, 9};
  const FeatureRows rows{.values = values, .rows = 5, .width = 2};
  const std::vector<double> label = {1, 2, 4, 3, 7};
  std::vector<double> cents;
  for (const double value : label) cents.push_back(100 * value + 5);
  EXPECT_NEAR(log_me(rows, label, 0), log_me(rows, cents, 0), 1e-12);
}

TEST(Transferability, APerfectFitAndFeaturesOfNothingStayFinite) {
  const std::vector<float> values = {1, 0, 0, 0, 1, 0, 0, 0, 1};
  const FeatureRows perfect{.values = values, .rows = 3, .width = 3};
  const std::vector<double> label = {0, 1, 1};
  EXPECT_TRUE(std::isfinite(log_me(perfect, label, 2)));
  const std::vector<float> zeros(9);
  const FeatureRows nothing{.values = zeros, .rows = 3, .width = 3};
  EXPECT_TRUE(std::isfinite(log_me(nothing, label, 2)));
  EXPECT_EQ(h_score(nothing, label, 2).plain, 0.0);
  EXPECT_EQ(h_score(nothing, label, 2).shrunk, 0.0);
  EXPECT_EQ(nearest_neighbours(nothing, label, 2, perfect, 1), (std::vector<double>{1, 0, 1, 0, 1, 0}));
}

TEST(Transferability, NoRowsAreAnError) {
  EXPECT_THAT(test::failure([] { log_me({.values = {}, .rows = 0, .width = 3}, {}, 2); }),
              testing::HasSubstr("no rows"));
}

}  // namespace
}  // namespace rift::metrics
