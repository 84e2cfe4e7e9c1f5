#include "rift/objective/anchor.h"

#include <gtest/gtest.h>

namespace rift::objective {
namespace {

AnchorOptions l2_sp(double lambda) {
  AnchorOptions options;
  options.kind = L2SpAnchor{.lambda = lambda};
  return options;
}

TEST(L2Sp, HoldsThePretrainedValuesOfItsSlices) {
  const std::vector<double> pretrained = {1, 2, 3, 4};
  const auto anchor = make_anchor<double>(l2_sp(0.5), pretrained, {{0, 1}, {2, 2}});
  ASSERT_TRUE(anchor.has_value());
  EXPECT_EQ(anchor->lambda, 0.5);
  EXPECT_EQ(anchor->centre, (std::vector<double>{1, 3, 4}));
}

TEST(L2Sp, LambdaZeroIsNoAnchorAtAll) {
  EXPECT_FALSE(make_anchor<float>(l2_sp(0), std::vector<float>{1}, {{0, 1}}).has_value());
}

TEST(L2Sp, WithNothingToHoldThereIsNoAnchor) {
  EXPECT_FALSE(make_anchor<float>(l2_sp(0.1), std::vector<float>{1}, {}).has_value());
}

TEST(L2, PullsTowardsZeroWhateverWasPretrained) {
  const AnchorOptions options{.kind = L2Anchor{.lambda = 0.25}};
  const auto anchor = make_anchor<double>(options, std::vector<double>{1, 2, 3, 4}, {{0, 1}, {2, 2}});
  ASSERT_TRUE(anchor.has_value());
  EXPECT_EQ(anchor->lambda, 0.25);
  EXPECT_EQ(anchor->centre, (std::vector<double>{0, 0, 0}));
}

TEST(Ewc, HoldsThePretrainedValuesEachByItsRate) {
  const AnchorOptions options{.kind = EwcAnchor{.lambda = 2}};
  const auto anchor = make_anchor<double>(options, std::vector<double>{1, 2, 3, 4}, {{0, 1}, {2, 2}}, {5, 6, 7});
  ASSERT_TRUE(anchor.has_value());
  EXPECT_EQ(anchor->centre, (std::vector<double>{1, 3, 4}));
  EXPECT_EQ(anchor->rates, (std::vector<double>{5, 6, 7}));
}

TEST(Anchor, OneThatLooksAtRowsIsNoneOfTheOptimizers) {
  for (const AnchorOptions& options :
       {AnchorOptions{.kind = DistillationAnchor{.lambda = 1}}, AnchorOptions{.kind = ReplayAnchor{.lambda = 1}},
        AnchorOptions{.kind = AlignmentAnchor{.lambda = 1}}, AnchorOptions{}}) {
    EXPECT_FALSE(make_anchor<float>(options, std::vector<float>{1}, {{0, 1}}).has_value());
  }
}

TEST(Anchor, LambdaIsThatOfTheKind) {
  EXPECT_EQ(lambda_of({}), 0.0);
  EXPECT_EQ(lambda_of({.kind = L2Anchor{.lambda = 1}}), 1.0);
  EXPECT_EQ(lambda_of({.kind = L2SpAnchor{.lambda = 2}}), 2.0);
  EXPECT_EQ(lambda_of({.kind = DistillationAnchor{.lambda = 3}}), 3.0);
  EXPECT_EQ(lambda_of({.kind = AlignmentAnchor{.lambda = 4}}), 4.0);
  EXPECT_EQ(lambda_of({.kind = EwcAnchor{.lambda = 5}}), 5.0);
  EXPECT_EQ(lambda_of({.kind = ReplayAnchor{.lambda = 6}}), 6.0);
}

}  // namespace
}  // namespace rift::objective
