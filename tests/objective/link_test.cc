#include "rift/objective/link.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "rift/base/log_odds.h"
#include "rift/objective/losses/losses.h"
#include "support/failure.h"

namespace rift::objective {
namespace {

using Doubles = std::vector<double>;

TEST(Link, ConditionalGivesTheProbabilitiesOfTheClasses) {
  const Link link = link_of({CornLoss{}});
  const double a = 0.7, b = -1.3;
  const Doubles said = link.apply(Doubles{a, b}, 2);
  ASSERT_EQ(said.size(), 3u);
  EXPECT_NEAR(std::exp(said[0]), 1 - sigmoid(a), 1e-12);
  EXPECT_NEAR(std::exp(said[1]), sigmoid(a) * (1 - sigmoid(b)), 1e-12);
  EXPECT_NEAR(std::exp(said[2]), sigmoid(a) * sigmoid(b), 1e-12);
  EXPECT_NEAR(std::exp(said[0]) + std::exp(said[1]) + std::exp(said[2]), 1.0, 1e-12);
  for (const double log_p : link.apply(Doubles{900, -900}, 2)) EXPECT_FALSE(std::isnan(log_p));
}

TEST(Link, TheLossOfCornIsMinusTheLogProbabilityThatItsLinkGives) {
  const Doubles logits = {0.7, -1.3, 0.2}, weight = {1};
  const Doubles log_p = link_of({CornLoss{}}).apply(logits, 3);
  for (size_t k = 0; k < 4; ++k) {
    Doubles gradient(3);
    const Doubles target = {static_cast<double>(k)};
    const LossSum sum =
        make_loss(CornLoss{}, {})->evaluate({.logits = logits, .targets = target, .weights = weight}, gradient);
    EXPECT_NEAR(sum.sum, -log_p[k], 1e-12) << k;
  }
}

TEST(Link, QuantilesRiseWhateverTheHeadSays) {
  Link link = link_of({QuantileLoss{}});
  link.shift = 100;
  link.scale = 20;
  const Doubles said = link.apply(Doubles{0.5, -40, -40, -1, 3, 0}, 3);
  EXPECT_NEAR(said[0], 110, 1e-12);
  EXPECT_LE(said[0], said[1]);
  EXPECT_LE(said[1], said[2]);
  EXPECT_NEAR(said[4], 100 + 20 * (-1 + std::log1p(std::exp(3.0))), 1e-9);
}

TEST(Link, PositiveIsTheScaledExponential) {
  Link link = link_of({TweedieLoss{.power = 1.3}});
  link.scale = 50;
  EXPECT_EQ(link.variance_power, 1.3);
  EXPECT_NEAR(link.apply(Doubles{std::log(3.0)}, 1)[0], 150, 1e-9);
}

TEST(Link, ReadsBackAndRefusesWhatNothingWrites) {
  for (const LossOptions& loss : {LossOptions{BceLoss{}}, LossOptions{CornLoss{}}, LossOptions{GammaLoss{}},
                                  LossOptions{QuantileLoss{.levels = {0.2, 0.8}}}}) {
    Link link = link_of(loss);
    if (link.form == Form::kQuantiles) link.shift = -3;
    if (link.form == Form::kQuantiles || link.form == Form::kPositive) link.scale = 7;
    const Link read = link_from_json(parse_json(to_json_text(to_json(link)), "test"));
    EXPECT_EQ(read.form, link.form);
    EXPECT_EQ(read.shift, link.shift);
    EXPECT_EQ(read.scale, link.scale);
    EXPECT_EQ(read.levels, link.levels);
    EXPECT_EQ(read.variance_power, link.variance_power);
  }
  for (const char* text : {R"({"form": "cube"})", R"({"form": "exp", "scale": 0})", R"({"form": "exp"})",
                           R"({"form": "quantiles", "levels": [], "shift": 0, "scale": 1})"}) {
    test::message_of(Code::kArtefact, [&] { link_from_json(parse_json(text, "test")); });
  }
}

}  // namespace
}  // namespace rift::objective
