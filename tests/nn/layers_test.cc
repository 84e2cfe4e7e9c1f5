#include <ATen/TensorOperators.h>
#include <ATen/ops/equal.h>
#include <ATen/ops/matmul.h>
#include <gtest/gtest.h>

#include <cmath>

#include "nn/packed_rows.h"
#include "rift/nn/activation.h"
#include "rift/nn/embedding.h"
#include "rift/nn/initial_values.h"
#include "rift/nn/layer_norm.h"
#include "rift/nn/linear.h"

namespace rift::nn {
namespace {

using testing_support::gradient_error;
using testing_support::packed_rows;
using testing_support::random_tensor;

at::Tensor weighted_sum(const at::Tensor& y) { return (y * random_tensor(y.sizes().vec(), 9)).sum(); }

TEST(Embedding, LooksUpRowsAndGivesTheirGradient) {
  ParameterStore store(at::kDouble);
  const Embedding embedding = Embedding::add_to(store, "words", 12, 3);
  store.seal();
  fill_normal(store, *embedding.weight, 1, 1);
  const auto batch = packed_rows({3, 5});
  EXPECT_TRUE(at::equal(embedding.forward(batch.ids)[4], embedding.weight->view[4]));
  EXPECT_LT(gradient_error(embedding.weight->view, [&] { return weighted_sum(embedding.forward(batch.ids).pow(2)); }),
            1e-7);
}

TEST(LayerNorm, RowsHaveMeanZeroAndVarianceOneBeforeTheScale) {
  ParameterStore store(at::kDouble);
  const LayerNorm norm = LayerNorm::add_to(store, "norm", 16, 1e-12);
  store.seal();
  store.copy_from({{"norm.weight", at::full({16}, 3.0, at::kDouble)}, {"norm.bias", at::full({16}, 0.5, at::kDouble)}});
  const at::Tensor y = norm.forward(random_tensor({4, 16}, 1) * 7 + 2);
  EXPECT_NEAR(y[2].mean().item<double>(), 0.5, 1e-12);
  EXPECT_NEAR(y[2].var(false).item<double>(), 9.0, 1e-9);
}

TEST(LayerNorm, GradientsAreThoseOfFiniteDifferences) {
  ParameterStore store(at::kDouble);
  const LayerNorm norm = LayerNorm::add_to(store, "norm", 5, 1e-12);
  store.seal();
  fill_normal(store, *norm.weight, 1, 1);
  const at::Tensor x = random_tensor({4, 5}, 1).set_requires_grad(true);
  const auto loss = [&] { return weighted_sum(norm.forward(x)); };
  EXPECT_LT(gradient_error(x, loss), 1e-7);
  EXPECT_LT(gradient_error(norm.weight->view, loss), 1e-7);
  EXPECT_LT(gradient_error(norm.bias->view, loss), 1e-7);
}

TEST(Linear, IsXTimesWTransposedPlusB) {
  ParameterStore store(at::kDouble);
  const Linear linear = Linear::add_to(store, "map", 4, 3);
  store.seal();
  fill_normal(store, *linear.weight, 1, 1);
  fill_normal(store, *linear.bias, 1, 1);
  const auto batch = packed_rows({2, 3});
  const ForwardContext scoring;
  const at::Tensor x = random_tensor({5, 4}, 1).set_requires_grad(true);
  const auto forward = [&] { return linear.forward(x, {.context = scoring, .batch = batch}); };
  EXPECT_LT((forward() - (at::matmul(x, linear.weight->view.t()) + linear.bias->view)).abs().max().item<double>(),
            1e-13);
  const auto loss = [&] { return weighted_sum(forward()); };
  EXPECT_LT(gradient_error(x, loss), 1e-7);
  EXPECT_LT(gradient_error(linear.weight->view, loss), 1e-7);
  EXPECT_LT(gradient_error(linear.bias->view, loss), 1e-7);
}

TEST(Activation, EqualsItsFormula) {
  const at::Tensor x = random_tensor({50}, 1) * 3;
  for (const auto& entry : enum_names(Activation{})) {
    const at::Tensor y = activate(entry.value, x);
    for (int64_t i = 0; i < x.numel(); ++i) {
      const double t = x[i].item<double>();
      double expected = 0;
      switch (entry.value) {
        case Activation::kGelu:
          expected = 0.5 * t * (1 + std::erf(t / std::sqrt(2.0)));
          break;
        case Activation::kGeluNew:
        case Activation::kGeluTanh:
          expected = 0.5 * t * (1 + std::tanh(std::sqrt(2 / M_PI) * (t + 0.044715 * t * t * t)));
          break;
        case Activation::kRelu:
          expected = std::max(t, 0.0);
          break;
        case Activation::kSilu:
          expected = t / (1 + std::exp(-t));
          break;
      }
      EXPECT_NEAR(y[i].item<double>(), expected, 1e-12) << entry.name;
    }
  }
}

TEST(InitialValues, DependOnSeedAndNameAlone) {
  ParameterStore store, other;
  const Parameter& a = store.add("a", {100, 100});
  const Parameter& b = store.add("b", {100, 100});
  other.add("first", {7});
  const Parameter& again = other.add("a", {100, 100});
  store.seal();
  other.seal();
  fill_normal(store, a, 0.02, 1);
  fill_normal(store, b, 0.02, 1);
  fill_normal(other, again, 0.02, 1);
  EXPECT_TRUE(at::equal(a.view, again.view));
  EXPECT_FALSE(at::equal(a.view, b.view));
  EXPECT_NEAR(a.view.std().item<double>(), 0.02, 0.0006);  // 4 sigma of 10,000 draws
  EXPECT_NEAR(a.view.mean().item<double>(), 0.0, 0.0008);
  fill_normal(store, a, 0.02, 2);
  EXPECT_FALSE(at::equal(a.view, again.view));
  fill_uniform(store, b, 0.5, 1);
  EXPECT_LE(b.view.abs().max().item<double>(), 0.5);
  EXPECT_NEAR(b.view.std().item<double>(), 0.5 / std::sqrt(3.0), 0.006);
}

}  // namespace
}  // namespace rift::nn
