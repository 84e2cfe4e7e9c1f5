#include "rift/objective/loss.h"

#include <gtest/gtest.h>

#include <cmath>

#include "rift/objective/losses/losses.h"

namespace rift::objective {
namespace {

/// Logits, targets and weights that keep clear of the places where a loss has a kink.
struct Rows {
  std::vector<double> logits;
  std::vector<double> targets;
  std::vector<double> weights = {1.0, 0.5, 2.0, 1.25};
};

const Rows kBinaryRows{.logits = {-1.7, 0.4, 2.3, -0.6}, .targets = {0, 1, 0, 1}};
const Rows kClassRows{.logits = {0.3, -1.1, 0.9, 2.0, 1.0, -0.5, -0.2, 0.1, 0.7, 1.4, -2.0, 0.2},
                      .targets = {2, 0, 1, 1}};
const Rows kValueRows{.logits = {-1.7, 0.4, 2.3, 0.6}, .targets = {0.5, 1.1, 0.2, 3.0}};

/// The gradient against central differences in f64.
void expect_gradient(const Loss& loss, const Rows& rows) {
  constexpr double kStep = 1e-5;
  std::vector<double> gradient(rows.logits.size()), unused(rows.logits.size());
  loss.evaluate({.logits = rows.logits, .targets = rows.targets, .weights = rows.weights}, gradient);
  for (size_t i = 0; i < gradient.size(); ++i) {
    const auto at = [&](double step) {
      std::vector<double> logits = rows.logits;
      logits[i] += step;
      return loss.evaluate({.logits = logits, .targets = rows.targets, .weights = rows.weights}, unused).sum;
    };
    const double slope = (at(kStep) - at(-kStep)) / (2 * kStep);
    EXPECT_NEAR(gradient[i], slope, 1e-8 * (1 + std::abs(slope))) << "logit " << i;
  }
}

TEST(Loss, GradientsAreTheSlopesOfTheirValues) {
  for (const double pos_weight : {1.0, 3.5}) {
    SCOPED_TRACE(pos_weight);
    expect_gradient(*make_loss(BceLoss{.pos_weight = pos_weight}, {}), kBinaryRows);
  }
  for (const double gamma : {0.0, 0.5, 2.0, 5.0}) {
    SCOPED_TRACE(gamma);
    expect_gradient(*make_loss(FocalLoss{.gamma = gamma}, {}), kBinaryRows);
    expect_gradient(*make_loss(FocalLoss{.gamma = gamma}, {.is_classes = true}), kClassRows);
  }
  for (const double margin : {0.0, 0.05, 0.3}) {
    SCOPED_TRACE(margin);
    expect_gradient(*make_loss(AsymmetricLoss{.gamma_bad = 0.5, .gamma_good = 3.0, .margin = margin}, {}), kBinaryRows);
  }
  for (const double smoothing : {0.0, 0.2}) {
    SCOPED_TRACE(smoothing);
    const LossTarget weighted{.is_classes = true, .class_weight = {0.5, 1.0, 2.0}};
    expect_gradient(*make_loss(CrossEntropyLoss{.label_smoothing = smoothing}, weighted), kClassRows);
  }
  expect_gradient(*make_loss(MseLoss{}, {}), kValueRows);
  for (const double delta : {0.8, 1.5}) expect_gradient(*make_loss(HuberLoss{.delta = delta}, {}), kValueRows);
}

TEST(Loss, GradientsOfAmountsClassesInOrderLabelsAndPairsAreTheSlopesOfTheirValues) {
  expect_gradient(*make_loss(PoissonLoss{}, {}), kValueRows);
  expect_gradient(*make_loss(GammaLoss{}, {}), kValueRows);
  for (const double power : {1.1, 1.5, 1.9}) expect_gradient(*make_loss(TweedieLoss{.power = power}, {}), kValueRows);
  const Rows of_quantiles{.logits = kClassRows.logits, .targets = {0.5, 3.0, -1.0, 1.0}};
  expect_gradient(*make_loss(QuantileLoss{}, {}), of_quantiles);
  expect_gradient(*make_loss(CornLoss{}, {}), {.logits = kClassRows.logits, .targets = {2, 0, 3, 1}});
  const Rows of_labels{.logits = kClassRows.logits, .targets = {5, 0, 7, 2}};
  expect_gradient(*make_loss(BceLoss{.pos_weight = 2}, {}), of_labels);
  expect_gradient(*make_loss(AsymmetricLoss{}, {}), of_labels);
  for (const double margin : {0.25, 1.0, 3.0}) expect_gradient(*make_loss(AucLoss{.margin = margin}, {}), kBinaryRows);
}

/// Tweedie lies between the two that it joins.
TEST(Loss, TweedieBendsIntoPoissonAndGamma) {
  const auto gradient_of = [](const auto& options) {
    std::vector<double> gradient(4);
    make_loss(options, {})
        ->evaluate({.logits = kValueRows.logits, .targets = kValueRows.targets, .weights = kValueRows.weights},
                   gradient);
    return gradient;
  };
  const auto poisson = gradient_of(PoissonLoss{}), near_poisson = gradient_of(TweedieLoss{.power = 1 + 1e-9});
  const auto gamma = gradient_of(GammaLoss{}), near_gamma = gradient_of(TweedieLoss{.power = 2 - 1e-9});
  for (size_t i = 0; i < 4; ++i) {
    EXPECT_NEAR(near_poisson[i], poisson[i], 1e-6);
    EXPECT_NEAR(near_gamma[i], gamma[i], 1e-6);
  }
}

TEST(PairwiseAuc, WithoutAPairThereIsNoLossAndNoWeight) {
  const auto loss = make_loss(AucLoss{}, {});
  std::vector<double> gradient(2, 7.0);
  const std::vector<double> logits = {0.3, -0.1}, targets = {1, 1}, weights = {1, 1};
  const LossSum sum = loss->evaluate({.logits = logits, .targets = targets, .weights = weights}, gradient);
  EXPECT_EQ(sum.sum, 0.0);
  EXPECT_EQ(sum.weight, 0.0);
  EXPECT_EQ(gradient, (std::vector<double>{0, 0}));
}

TEST(PairwiseAuc, NotFiniteScoresGiveANotFiniteSum) {
  const std::vector<double> logits = {NAN, 0.0}, targets = {1, 0}, weights = {1, 1};
  std::vector<double> gradient(2);
  const LossSum sum =
      make_loss(AucLoss{}, {})->evaluate({.logits = logits, .targets = targets, .weights = weights}, gradient);
  EXPECT_FALSE(std::isfinite(sum.sum));
}

TEST(Loss, FocalOfGammaZeroIsTheLogLoss) {
  std::vector<double> a(4), b(4);
  const LossBatch rows{.logits = kBinaryRows.logits, .targets = kBinaryRows.targets, .weights = kBinaryRows.weights};
  EXPECT_DOUBLE_EQ(make_loss(FocalLoss{.gamma = 0}, {})->evaluate(rows, a).sum,
                   make_loss(BceLoss{}, {})->evaluate(rows, b).sum);
}

TEST(Loss, AGoodRowWithinTheMarginIsLeftAlone) {
  std::vector<double> gradient(1);
  const std::vector<double> logits = {-4.0}, targets = {0}, weights = {1};
  const LossSum sum = make_loss(AsymmetricLoss{.margin = 0.05}, {})
                          ->evaluate({.logits = logits, .targets = targets, .weights = weights}, gradient);
  EXPECT_EQ(sum.sum, 0.0);
  EXPECT_EQ(gradient[0], 0.0);
}

TEST(Loss, LogitsFarOutGiveFiniteNumbers) {
  std::vector<double> gradient(2);
  const std::vector<double> logits = {900.0, -900.0}, targets = {0, 1}, weights = {1, 1};
  const LossBatch rows{.logits = logits, .targets = targets, .weights = weights};
  for (const auto& loss : {make_loss(BceLoss{}, {}), make_loss(FocalLoss{}, {}), make_loss(AsymmetricLoss{}, {}),
                           make_loss(AsymmetricLoss{.margin = 0}, {})}) {
    EXPECT_TRUE(std::isfinite(loss->evaluate(rows, gradient).sum));
    EXPECT_TRUE(std::isfinite(gradient[0]) && std::isfinite(gradient[1]));
  }
}

}  // namespace
}  // namespace rift::objective
