#include <gtest/gtest.h>

#include "rift/validate/evaluation.h"

namespace rift::validate {
namespace {

using Values = std::vector<double>;

// Ten rows, pd .05, .15 ... .95, the three highest bad.
struct TenRows {
  Values label, score, pd;
  TenRows() {
    for (int i = 0; i < 10; ++i) {
      pd.push_back(0.05 + 0.1 * i);
      score.push_back(i);
      label.push_back(i >= 7 ? 1.0 : 0.0);
    }
  }
  JudgedRows rows() const { return {.label = label, .score = score, .probability = pd}; }
};

TEST(Curves, ApprovalTableHoldsTheBadRateAmongTheSafest) {
  const Json curve = curves(TenRows().rows());
  const auto& approval = curve.at("approval").as_array();
  ASSERT_EQ(approval.size(), 4u);
  const Values approved = {0.5, 0.7, 0.8, 0.9};
  const Values bad_rate = {0.0, 0.0, 1.0 / 8.0, 2.0 / 9.0};
  for (size_t i = 0; i < 4; ++i) {
    EXPECT_DOUBLE_EQ(approval[i].at("approved").as_double(), approved[i]);
    EXPECT_NEAR(approval[i].at("bad_rate").as_double(), bad_rate[i], 1e-12);
  }
}

TEST(Curves, GainsBeginWithTheRiskiestRows) {
  const Json curve = curves(TenRows().rows());
  const Json& first = curve.at("gains").at(size_t{0});
  EXPECT_NEAR(first.at("pd_low").as_double(), 0.95, 1e-12);
  EXPECT_DOUBLE_EQ(first.at("bad_rate").as_double(), 1.0);
  EXPECT_NEAR(first.at("cumulative_bad_share").as_double(), 1.0 / 3.0, 1e-12);
  EXPECT_NEAR(first.at("lift").as_double(), 10.0 / 3.0, 1e-12);
}

TEST(Curves, RocAndHistogramCoverEveryRow) {
  const Json curve = curves(TenRows().rows());
  const auto& roc = curve.at("roc").as_array();
  EXPECT_EQ(roc.front(), (Json{{"fpr", 0.0}, {"tpr", 0.0}}));
  EXPECT_EQ(roc.back(), (Json{{"fpr", 1.0}, {"tpr", 1.0}}));
  double good = 0.0;
  for (const Json& share : curve.at("scores").at("good").as_array()) good += share.as_double();
  EXPECT_NEAR(good, 1.0, 1e-12);
}

TEST(Curves, ConfusionOfSeveralClassesCountsTruthByCall) {
  const Values label = {0, 1, 1, 2};
  const Values probability = {.8, .1, .1, .6, .3, .1, .1, .8, .1, .1, .1, .8};
  const Json curve =
      curves({.task = data::Task::kMulticlass, .classes = 3, .label = label, .probability = probability});
  EXPECT_EQ(to_json_text(curve.at("confusion")), "[[1.0,0.0,0.0],[1.0,1.0,0.0],[0.0,0.0,1.0]]");
}

TEST(Curves, RegressionBandsHoldMeans) {
  const Values label = {1, 2, 3, 4};
  const Values predicted = {2, 2, 4, 4};
  const Json curve = curves({.task = data::Task::kRegression, .label = label, .score = predicted});
  const auto& bands = curve.at("calibration").as_array();
  ASSERT_EQ(bands.size(), 2u) << "equal predictions stay together";
  EXPECT_DOUBLE_EQ(bands[0].at("observed").as_double(), 1.5);
  EXPECT_DOUBLE_EQ(bands[1].at("predicted").as_double(), 4.0);
}

}  // namespace
}  // namespace rift::validate
