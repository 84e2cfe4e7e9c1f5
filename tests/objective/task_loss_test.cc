#include "rift/objective/task_loss.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "rift/base/files.h"
#include "rift/base/json.h"
#include "support/failure.h"

namespace rift::objective {
namespace {

std::vector<float> floats(const Json& json) {
  const std::vector<double> values = json.as_doubles();
  return {values.begin(), values.end()};
}

TEST(TaskLoss, EqualsPyTorchInValueAndGradient) {
  const Json golden = parse_json(read_file("tests/objective/fixtures/loss_golden.json"), "loss_golden.json");
  for (const Json& one : golden.at("cases").as_array()) {
    const std::string& name = one.at("case").as_string();
    SCOPED_TRACE(name);
    const bool classes = name.starts_with("cross_entropy");
    const Loss loss = classes ? Loss::kCrossEntropy : name == "mse" ? Loss::kMse : Loss::kBce;
    const TaskLoss task(
        loss, classes ? 3 : 1,
        name.ends_with("class_weight") ? golden.at("class_weight").as_doubles() : std::vector<double>{});
    const std::vector<float> logits = floats(one.at("logits"));
    const std::vector<double> weights =
        name.ends_with("_weighted") ? golden.at("weights").as_doubles() : std::vector<double>{};
    std::vector<float> gradient(logits.size());
    const LossSum sum = task.evaluate(logits, one.at("targets").as_doubles(), weights, gradient);
    EXPECT_NEAR(sum.sum, one.at("sum").as_double(), 1e-5 * (1 + std::abs(one.at("sum").as_double())));
    for (size_t i = 0; i < gradient.size(); ++i)
      EXPECT_NEAR(gradient[i], one.at("gradient").at(i).as_double(), 1e-5) << i;
  }
}

TEST(TaskLoss, PartsAddUpToTheWholeBatch) {
  const TaskLoss task(Loss::kBce, 1, {});
  const std::vector<float> logits = {0.2f, -1.0f, 3.0f, 0.0f, 0.7f};
  const std::vector<double> targets = {1, 0, 0, 1, 1};
  const std::vector<double> weights = {1, 2, 0.5, 1, 3};
  std::vector<float> gradient(5), part_gradient(5);
  const LossSum whole = task.evaluate(logits, targets, weights, gradient);
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
  const TaskLoss task(Loss::kBce, 1, {});
  std::vector<float> gradient(1);
  EXPECT_FALSE(std::isfinite(task.evaluate(std::vector<float>{NAN}, std::vector<double>{1}, {}, gradient).sum));
}

TEST(TaskLoss, ATargetWithoutAClassWeightIsRefused) {
  const TaskLoss task(Loss::kBce, 1, {1.0, 2.0});
  EXPECT_EQ(task.row_weight(1, 3.0), 6.0);
  for (const double target : {-1.0, 2.0, static_cast<double>(NAN)}) {
    test::message_of(Code::kBug, [&] { task.row_weight(target, 1.0); });
  }
}

TEST(ResolveLoss, RefusesALossThatDoesNotFit) {
  EXPECT_EQ(resolve_loss(Loss::kAutomatic, Target::kClasses), Loss::kCrossEntropy);
  EXPECT_EQ(resolve_loss(Loss::kBce, Target::kBinary), Loss::kBce);
  EXPECT_THAT(test::message_of(Code::kConfig, [] { resolve_loss(Loss::kBce, Target::kClasses); }),
              testing::HasSubstr("'bce' does not fit this task; use 'cross_entropy'"));
}

TEST(BalancedClassWeights, InverseFrequencyAndNoEmptyClass) {
  const std::vector<double> weights = balanced_class_weights(std::vector<double>{0, 0, 0, 1}, 2);
  EXPECT_DOUBLE_EQ(weights[0], 4.0 / 6.0);
  EXPECT_DOUBLE_EQ(weights[1], 2.0);
  EXPECT_THAT(test::message_of(Code::kData,
                               [] {
                                 balanced_class_weights(std::vector<double>{0, 0}, 2);
                               }),
              testing::HasSubstr("class 1"));
}

}  // namespace
}  // namespace rift::objective
