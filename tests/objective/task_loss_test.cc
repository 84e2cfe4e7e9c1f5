#include "rift/objective/task_loss.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "rift/base/files.h"
#include "rift/base/json.h"
#include "support/failure.h"

namespace rift::objective {
namespace {

constexpr double kTolerance = 1e-5;  // of f32 logits and gradients, relative to 1 + |value|

using Doubles = std::vector<double>;

Target target_named(const std::string& name) {
  if (name == "binary") return Target::kBinary;
  if (name == "ordered") return Target::kOrdered;
  if (name == "labels") return Target::kLabels;
  return name == "classes" ? Target::kClasses : Target::kValue;
}

LossOptions options_of(const Json& json) {
  LossOptions options;
  read_options(json, "loss_golden.json", options, "objective.loss");
  return options;
}

TaskLoss loss_of(const Json& one) {
  return TaskLoss({.loss = options_of(one.at("loss")),
                   .target = target_named(one.at("target").as_string()),
                   .classes = one.at("target").as_string() == "ordered" ? 4 : 3,
                   .class_weight = one.at("class_weight").as_doubles()});
}

std::vector<float> floats(const Doubles& values) { return {values.begin(), values.end()}; }

Json golden() { return parse_json(read_file("tests/objective/fixtures/loss_golden.json"), "loss_golden.json"); }

TEST(TaskLoss, EqualsOtherLibrariesInValueAndGradient) {
  const Json cases = golden();
  for (const Json& one : cases.at("cases").as_array()) {
    SCOPED_TRACE(to_json_text(one.at("loss")));
    const std::vector<float> logits = floats(one.at("logits").as_doubles());
    std::vector<float> gradient(logits.size());
    const LossSum sum =
        loss_of(one).evaluate(logits, one.at("targets").as_doubles(), one.at("weights").as_doubles(), gradient);
    const double expected = one.at("sum").as_double();
    EXPECT_NEAR(sum.sum, expected, kTolerance * (1 + std::abs(expected)));
    for (size_t i = 0; i < gradient.size(); ++i) {
      const double derivative = one.at("gradient").at(i).as_double();
      EXPECT_NEAR(gradient[i], derivative, kTolerance * (1 + std::abs(derivative))) << i;
    }
  }
}

TEST(TaskLoss, PartsAddUpToTheWholeBatch) {
  const TaskLoss task({.loss = {BceLoss{}}});
  const std::vector<float> logits = {0.2f, -1.0f, 3.0f, 0.0f, 0.7f};
  const Doubles targets = {1, 0, 0, 1, 1};
  const Doubles weights = {1, 2, 0.5, 1, 3};
  std::vector<float> gradient(5), part_gradient(5);
  const LossSum whole = task.evaluate(logits, targets, weights, gradient);
  EXPECT_DOUBLE_EQ(whole.weight, task.weight(targets, weights));
  LossSum parts;
  for (const auto& [begin, size] : {std::pair<size_t, size_t>{0, 2}, {2, 2}, {4, 1}}) {
    const LossSum part =
        task.evaluate(std::span(logits).subspan(begin, size), std::span(targets).subspan(begin, size),
                      std::span(weights).subspan(begin, size), std::span(part_gradient).subspan(begin, size));
    parts.sum += part.sum;
    parts.weight += part.weight;
  }
  EXPECT_DOUBLE_EQ(parts.sum, whole.sum);
  EXPECT_DOUBLE_EQ(parts.weight, whole.weight);
  EXPECT_EQ(part_gradient, gradient);
}

TEST(TaskLoss, NotFiniteLogitGivesNotFiniteSum) {
  const TaskLoss task({.loss = {BceLoss{}}});
  std::vector<float> gradient(1);
  EXPECT_FALSE(std::isfinite(task.evaluate(std::vector<float>{NAN}, Doubles{1}, {}, gradient).sum));
}

TEST(TaskLoss, ALogitThatIsNotFiniteIsToldWhereTheLossWouldNotMindIt) {
  const float infinity = std::numeric_limits<float>::infinity();
  std::vector<float> gradient(2);
  const auto sum = [&](const LossOptions& loss, std::vector<float> logits, const Doubles& targets) {
    return TaskLoss({.loss = loss}).evaluate(logits, targets, {}, gradient).sum;
  };
  EXPECT_TRUE(std::isnan(sum({BceLoss{}}, {-infinity, 0}, {0, 1}))) << "a loss of 0 of a good row";
  EXPECT_TRUE(std::isnan(gradient[0]));
  EXPECT_TRUE(std::isnan(sum({BceLoss{}}, {0, infinity}, {0, 1})));
  EXPECT_TRUE(std::isnan(sum({AucLoss{}}, {NAN, 0}, {0, 1}))) << "no pair is below the margin";
  EXPECT_TRUE(std::isnan(sum({AucLoss{}}, {-infinity, 0}, {0, 1})));
  EXPECT_TRUE(std::isfinite(sum({AucLoss{}}, {-1, 0}, {0, 1})));
}

TEST(TaskLoss, ClassWeightsMultiplyRowWeightsAndNeedAClass) {
  const TaskLoss task({.loss = {BceLoss{}}, .class_weight = {1.0, 2.0}});
  EXPECT_EQ(task.weight(Doubles{1, 0}, Doubles{3, 5}), 11.0);
  for (const double target : {-1.0, 2.0, static_cast<double>(NAN)}) {
    test::message_of(Code::kBug, [&] { task.weight(Doubles{target}, {}); });
  }
}

TEST(TaskLoss, PosWeightMovesTheLossAndNotTheDivisor) {
  const TaskLoss task({.loss = {BceLoss{.pos_weight = 4.0}}});
  std::vector<float> gradient(2);
  const LossSum sum = task.evaluate(std::vector<float>{0, 0}, Doubles{1, 0}, {}, gradient);
  EXPECT_DOUBLE_EQ(sum.sum, 5 * std::log(2.0));
  EXPECT_DOUBLE_EQ(sum.weight, 2.0);
}

TEST(ResolveLoss, RefusesALossThatDoesNotFit) {
  EXPECT_EQ(resolve_loss({AutomaticLoss{}}, Target::kClasses).name(), "cross_entropy");
  EXPECT_EQ(resolve_loss({BceLoss{}}, Target::kBinary).name(), "bce");
  const LossOptions focal = resolve_loss({FocalLoss{.gamma = 3}}, Target::kClasses);
  EXPECT_EQ(std::get<FocalLoss>(focal.kind).gamma, 3);
  EXPECT_THAT(test::message_of(Code::kConfig, [] { resolve_loss({BceLoss{}}, Target::kClasses); }),
              testing::HasSubstr("'bce' does not fit this task; use 'cross_entropy', 'focal'"));
  test::message_of(Code::kConfig, [] { resolve_loss({FocalLoss{}}, Target::kValue); });
}

TEST(ResolveLoss, SaysWhetherTheOutputsAreProbabilities) {
  EXPECT_TRUE(gives_probabilities({BceLoss{}}));
  EXPECT_FALSE(gives_probabilities({BceLoss{.pos_weight = 2}}));
  EXPECT_TRUE(gives_probabilities({CrossEntropyLoss{}}));
  EXPECT_FALSE(gives_probabilities({CrossEntropyLoss{.label_smoothing = 0.1}}));
  EXPECT_FALSE(gives_probabilities({FocalLoss{}}));
  EXPECT_FALSE(gives_probabilities({AucLoss{}}));
  EXPECT_TRUE(gives_probabilities({CornLoss{}}));
}

TEST(ResolveLoss, EveryTargetHasALikelihoodAndAHead) {
  const auto outputs = [](Target target) { return head_outputs(resolve_loss({}, target), target, 5); };
  EXPECT_EQ(outputs(Target::kBinary), 1);
  EXPECT_EQ(outputs(Target::kClasses), 5);
  EXPECT_EQ(outputs(Target::kOrdered), 4);  // a step between two classes each
  EXPECT_EQ(outputs(Target::kLabels), 5);
  EXPECT_EQ(outputs(Target::kValue), 1);
  EXPECT_EQ(head_outputs({QuantileLoss{}}, Target::kValue, 0), 3);
  EXPECT_EQ(head_outputs({CrossEntropyLoss{}}, Target::kOrdered, 5), 5);
}

TEST(ResolveLoss, SaysWhichLabelsALossTakes) {
  EXPECT_TRUE(takes_label({HuberLoss{}}, -1));
  EXPECT_TRUE(takes_label({PoissonLoss{}}, 0));
  EXPECT_FALSE(takes_label({TweedieLoss{}}, -1));
  EXPECT_FALSE(takes_label({GammaLoss{}}, 0));
}

TEST(LossOptions, AreANameOrAMappingWithSettings) {
  EXPECT_EQ(options_of(Json("focal")).name(), "focal");
  EXPECT_EQ(std::get<FocalLoss>(options_of(Json{{"kind", "focal"}, {"gamma", 0.5}}).kind).gamma, 0.5);
  EXPECT_THAT(test::message_of(Code::kConfig,
                               [] {
                                 options_of(Json{{"kind", "mse"}, {"pos_weight", 2.0}});
                               }),
              testing::HasSubstr("pos_weight"));
  EXPECT_THAT(test::message_of(Code::kConfig,
                               [] {
                                 options_of(Json{{"kind", "focal"}, {"gamma", -1.0}});
                               }),
              testing::HasSubstr("objective.loss.gamma"));
}

TEST(LossOptions, LevelsOfQuantilesRiseBetweenZeroAndOne) {
  const auto levels = [](std::vector<double> values) {
    return test::message_of(Code::kConfig, [&] { options_of(Json{{"kind", "quantile"}, {"levels", Json(values)}}); });
  };
  EXPECT_THAT(levels({0.5, 0.1}), testing::HasSubstr("objective.loss.levels: expected levels that rise"));
  levels({0.0, 0.5});
  levels({0.5, 1.0});
  levels({0.5, 0.5});
  levels({});
}

const std::vector<std::string> kNames = {"paid", "lost"};

TEST(ClassWeights, BalancedAreInverseFrequencyAndNeedRowsOfEachClass) {
  const ClassWeightOptions balanced{BalancedClassWeight{}};
  const Doubles weights = class_weights(balanced, Doubles{0, 0, 0, 1}, kNames);
  EXPECT_DOUBLE_EQ(weights[0], 4.0 / 6.0);
  EXPECT_DOUBLE_EQ(weights[1], 2.0);
  EXPECT_THAT(test::message_of(Code::kData,
                               [&] {
                                 class_weights(balanced, Doubles{0, 0}, kNames);
                               }),
              testing::HasSubstr("class 1"));
}

TEST(ClassWeights, GivenOnesGoByTheNameOfTheClass) {
  const auto given = [](OptionMap<double> weights) {
    return class_weights({GivenClassWeight{.weights = std::move(weights)}}, Doubles{0, 1}, kNames);
  };
  EXPECT_EQ(given({{"lost", 5.0}}), (Doubles{1.0, 5.0}));
  EXPECT_THAT(test::message_of(Code::kConfig, [&] { given({{"gone", 5.0}}); }), testing::HasSubstr("'gone' is none"));
  EXPECT_THAT(test::message_of(Code::kConfig, [&] { given({{"lost", 0.0}}); }), testing::HasSubstr("> 0"));
  test::message_of(Code::kConfig, [&] { given({}); });
}

}  // namespace
}  // namespace rift::objective
