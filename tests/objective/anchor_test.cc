#include "rift/objective/anchor.h"

#include <gtest/gtest.h>

#include "support/failure.h"

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

TEST(L2Sp, WithNothingToHoldItIsRefused) {
  const std::string message =
      test::message_of(Code::kConfig, [] { make_anchor<float>(l2_sp(0.1), std::vector<float>{1}, {}); });
  EXPECT_NE(message.find("objective.anchor.lambda"), std::string::npos) << message;
  EXPECT_FALSE(make_anchor<float>(l2_sp(0), std::vector<float>{1}, {}).has_value());
}

}  // namespace
}  // namespace rift::objective
