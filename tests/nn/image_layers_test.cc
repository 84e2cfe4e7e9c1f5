#include <ATen/TensorOperators.h>
#include <ATen/ops/equal.h>
#include <ATen/ops/ones.h>
#include <ATen/ops/tensor.h>
#include <gtest/gtest.h>

#include <functional>

#include "nn/packed_rows.h"
#include "rift/nn/batch_norm.h"
#include "rift/nn/conv.h"
#include "rift/nn/pooling.h"

namespace rift::nn {
namespace {

using test::random_tensor;

constexpr ForwardContext kTraining{.training = true};

/// Gradients of x and of every parameter beside those of finite differences of a loss that weighs all values.
void expect_finite_differences(ParameterStore& store, at::Tensor x,
                               const std::function<at::Tensor(const at::Tensor&)>& f) {
  x.set_requires_grad(true);
  const at::Tensor weights = test::random_tensor(f(x).sizes().vec(), 9);
  const auto loss = [&] { return (f(x) * weights).sum(); };
  EXPECT_LT(test::gradient_error(x, loss), 1e-7);
  for (const Parameter& parameter : store.parameters()) {
    EXPECT_LT(test::gradient_error(parameter.view, loss), 1e-7) << parameter.name;
  }
}

void fill(ParameterStore& store) {
  uint64_t seed = 1;
  for (const Parameter& parameter : store.parameters()) {
    store.copy_from({{parameter.name, random_tensor(parameter.shape, ++seed)}});
  }
}

TEST(Conv2d, GradientsAreThoseOfFiniteDifferences) {
  for (const ConvWalk& walk : {ConvWalk{}, ConvWalk{.stride = 2, .padding = 1},
                               ConvWalk{.stride = 2, .pads_to_same = true}, ConvWalk{.padding = 1, .groups = 2}}) {
    ParameterStore store(at::kDouble);
    const Conv2d conv = Conv2d::add_to(store, "c", {.in = 4, .out = 6, .kernel = 3, .has_bias = true}, walk);
    store.seal();
    fill(store);
    const tensor::PackedBatch rows = tensor::make_even_batch({0, 1}, 1, c10::Device(c10::DeviceType::CPU));
    expect_finite_differences(store, random_tensor({2, 4, 7, 6}, 1), [&](const at::Tensor& x) {
      return conv.forward(x, {.context = kTraining, .batch = rows, .tokens = TokensRead::kFirst});
    });
  }
}

TEST(Conv2d, SameHasAPlaceForEveryStepAndPutsTheOddZeroLast) {
  const at::Tensor ones = at::ones({1, 1, 4, 5}, at::kDouble), kernel = at::ones({1, 1, 3, 3}, at::kDouble);
  const at::Tensor y = convolve(ones, kernel, {}, {.stride = 2, .pads_to_same = true});
  // 4 rows: a zero below; 5 columns: one on each side. Ones that each window holds:
  EXPECT_TRUE(at::equal(y, at::tensor({6.0, 9.0, 6.0, 4.0, 6.0, 4.0}, at::kDouble).view({1, 1, 2, 3})));
}

TEST(BatchNorm2d, GradientsAreThoseOfFiniteDifferencesFrozenAndTuned) {
  for (const BatchNormMode mode : {BatchNormMode::kFrozen, BatchNormMode::kTuned}) {
    ParameterStore store(at::kDouble);
    const BatchNorm2d norm = BatchNorm2d::add_to(store, "n", 3, {.mode = mode});
    store.seal();
    fill(store);
    store.copy_from({{"n.running_mean", random_tensor({3}, 5)}, {"n.running_var", random_tensor({3}, 6).abs() + 0.5}});
    const tensor::TensorMap before = store.to_map(true);
    expect_finite_differences(store, random_tensor({2, 3, 4, 5}, 1),
                              [&](const at::Tensor& x) { return norm.forward(x, kTraining); });
    const bool moved = !at::equal(before.at("n.running_mean"), *norm.running_mean);
    EXPECT_EQ(moved, mode == BatchNormMode::kTuned);
    EXPECT_EQ(norm.num_batches_tracked->item<int64_t>() > 0, mode == BatchNormMode::kTuned);
  }
}

TEST(BatchNorm2d, RunningStatisticsFollowPyTorchsRule) {
  ParameterStore store(at::kDouble);
  const BatchNorm2d norm = BatchNorm2d::add_to(store, "n", 1, {.momentum = 0.25, .mode = BatchNormMode::kTuned});
  store.seal();
  store.copy_from({{"n.weight", at::ones({1})}});
  norm.forward(at::tensor({1.0, 2.0, 3.0, 6.0}, at::kDouble).view({2, 1, 1, 2}), kTraining);
  EXPECT_NEAR(norm.running_mean->item<double>(), 0.75 * 0 + 0.25 * 3, 1e-15);
  EXPECT_NEAR(norm.running_variance->item<double>(), 0.75 * 1 + 0.25 * 14.0 / 3, 1e-15);  // the unbiased one
  EXPECT_EQ(norm.num_batches_tracked->item<int64_t>(), 1);
  const at::Tensor scored = norm.forward(at::tensor({0.75}, at::kDouble).view({1, 1, 1, 1}), {});
  EXPECT_NEAR(scored.item<double>(), 0.0, 1e-15);
  EXPECT_EQ(norm.num_batches_tracked->item<int64_t>(), 1);
}

TEST(Pooling, TakesTheLargestOfEveryWindowAndTheMeanOfAllPlaces) {
  const at::Tensor x = at::tensor({1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0, -9.0}, at::kDouble).view({1, 1, 3, 3});
  EXPECT_TRUE(at::equal(max_pool_3x3(x), at::tensor({5.0, 6.0, 8.0, 8.0}, at::kDouble).view({1, 1, 2, 2})));
  EXPECT_TRUE(at::equal(max_pool_3x3(-x.abs()), at::tensor({-1.0, -2.0, -4.0, -5.0}, at::kDouble).view({1, 1, 2, 2})))
      << "beyond the edge nothing is larger";
  EXPECT_DOUBLE_EQ(mean_of_places(x).item<double>(), 3.0);
}

}  // namespace
}  // namespace rift::nn
