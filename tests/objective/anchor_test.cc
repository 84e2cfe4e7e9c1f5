#include "rift/objective/anchor.h"

#include <gtest/gtest.h>

#include <cmath>

#include "rift/base/random.h"
#include "rift/base/threads.h"
#include "support/failure.h"

namespace rift::objective {
namespace {

AnchorOptions l2_sp(double lambda) {
  AnchorOptions options;
  options.kind = L2SpAnchor{.lambda = lambda};
  return options;
}

TEST(L2Sp, HalfSquaredDistanceOverItsSlicesOnly) {
  const std::vector<double> pretrained = {1, 2, 3, 4};
  const auto anchor = make_anchor<double>(l2_sp(0.5), pretrained, {{0, 1}, {2, 2}});
  ASSERT_NE(anchor, nullptr);
  const std::vector<double> theta = {2, 100, 3, 1};
  std::vector<double> gradient = {10, 10, 10, 10};
  EXPECT_DOUBLE_EQ(anchor->add_gradient(theta, gradient), 0.5 * (1 + 0 + 9));
  EXPECT_EQ(gradient, (std::vector<double>{10.5, 10, 10, 8.5}));
}

TEST(L2Sp, GradientEqualsFiniteDifferences) {
  const CounterRandom random(7, 0);
  std::vector<double> pretrained(40), theta(40);
  for (size_t i = 0; i < theta.size(); ++i) {
    pretrained[i] = random.normal(i);
    theta[i] = random.normal(100 + i);
  }
  const auto anchor = make_anchor<double>(l2_sp(0.3), pretrained, {{0, 40}});
  std::vector<double> gradient(40);
  anchor->add_gradient(theta, gradient);
  const double h = 1e-6;
  for (size_t i = 0; i < theta.size(); ++i) {
    std::vector<double> up = theta, down = theta;
    up[i] += h;
    down[i] -= h;
    std::vector<double> unused(40);
    const double rise = anchor->add_gradient(up, unused) - anchor->add_gradient(down, unused);
    EXPECT_NEAR(gradient[i], 0.3 * rise / (2 * h), 1e-7);
  }
}

TEST(L2Sp, LambdaZeroIsNoAnchorAtAll) {
  EXPECT_EQ(make_anchor<float>(l2_sp(0), std::vector<float>{1}, {{0, 1}}), nullptr);
}

TEST(L2Sp, WithNothingToHoldItIsRefused) {
  const std::string message =
      test::message_of(Code::kConfig, [] { make_anchor<float>(l2_sp(0.1), std::vector<float>{1}, {}); });
  EXPECT_NE(message.find("objective.anchor.lambda"), std::string::npos) << message;
  EXPECT_EQ(make_anchor<float>(l2_sp(0), std::vector<float>{1}, {}), nullptr);
}

TEST(L2Sp, SameBitsWithOneAndTwoThreads) {
  const CounterRandom random(3, 1);
  std::vector<float> pretrained(200'000), theta(200'000);
  for (size_t i = 0; i < theta.size(); ++i) theta[i] = static_cast<float>(random.uniform(i));
  const auto anchor = make_anchor<float>(l2_sp(1), pretrained, {{0, 200'000}});
  set_threads(1);
  std::vector<float> gradient_of_one(200'000), gradient(200'000);
  const double one = anchor->add_gradient(theta, gradient_of_one);
  set_threads(2);
  EXPECT_EQ(one, anchor->add_gradient(theta, gradient));
  EXPECT_EQ(gradient_of_one, gradient);
}

}  // namespace
}  // namespace rift::objective
