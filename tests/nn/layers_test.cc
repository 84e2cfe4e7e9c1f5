#include <ATen/TensorOperators.h>
#include <ATen/ops/equal.h>
#include <ATen/ops/matmul.h>
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <torch/csrc/autograd/autograd.h>

#include <algorithm>
#include <cmath>
#include <memory>
#include <span>

#include "nn/packed_rows.h"
#include "rift/base/threads.h"
#include "rift/nn/activation.h"
#include "rift/nn/embedding.h"
#include "rift/nn/frozen_matrix.h"
#include "rift/nn/initial_values.h"
#include "rift/nn/layer_norm.h"
#include "rift/nn/linear.h"
#include "rift/nn/rms_norm.h"
#include "rift/tensor/aten_threads.h"

namespace rift::nn {
namespace {

using test::gradient_error;
using test::packed_rows;
using test::random_tensor;

at::Tensor weighted_sum(const at::Tensor& y) { return (y * random_tensor(y.sizes().vec(), 9)).sum(); }

/// Of the tensors that `compute` returns.
template <class Compute>
void expect_same_bits_with_two_threads(const Compute& compute) {
  const int64_t before = threads();
  std::vector<at::Tensor> results[2];
  for (const int64_t count : {1, 2}) {
    set_threads(count);
    tensor::apply_threads();
    results[count - 1] = compute();
  }
  set_threads(before);
  tensor::apply_threads();
  for (size_t i = 0; i < results[0].size(); ++i) EXPECT_TRUE(at::equal(results[0][i], results[1][i])) << i;
}

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

TEST(RmsNorm, BlocksHaveAMeanSquareOfOneBeforeTheScale) {
  ParameterStore store(at::kDouble);
  RmsNorm norm = RmsNorm::add_to(store, "norm", 8, 1e-12);
  store.seal();
  store.copy_from({{"norm.weight", at::full({8}, 3.0, at::kDouble)}});
  for (const bool counts_from_one : {false, true}) {
    norm.counts_from_one = counts_from_one;
    const at::Tensor y = norm.forward(random_tensor({4, 16}, 1) * 7 + 2);  // two blocks to a row
    const double scale = counts_from_one ? 4 : 3;
    EXPECT_NEAR(y[2].narrow(0, 8, 8).square().mean().item<double>(), scale * scale, 1e-9);
  }
}

TEST(RmsNorm, GradientsAreThoseOfFiniteDifferencesAndTheSameWithTwoThreads) {
  ParameterStore store(at::kDouble);
  RmsNorm norm = RmsNorm::add_to(store, "norm", 6, 1e-3);
  store.seal();
  fill_normal(store, *norm.weight, 1, 1);
  const at::Tensor x = random_tensor({5, 12}, 2).set_requires_grad(true);
  for (const bool counts_from_one : {false, true}) {
    norm.counts_from_one = counts_from_one;
    const auto loss = [&] { return weighted_sum(norm.forward(x)); };
    EXPECT_LT(gradient_error(x, loss), 1e-7);
    EXPECT_LT(gradient_error(norm.weight->view, loss), 1e-7);
  }
  const at::Tensor many = random_tensor({700, 12}, 3).set_requires_grad(true);
  expect_same_bits_with_two_threads([&] {
    store.zero_gradients();
    if (many.grad().defined()) many.mutable_grad().zero_();
    weighted_sum(norm.forward(many)).backward();
    return std::vector{many.grad().clone(), norm.weight->view.grad().clone()};
  });
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

TEST(LayerNorm, GradientsHaveTheSameBitsWithOneOrTwoThreads) {
  ParameterStore store(at::kFloat);
  const LayerNorm norm = LayerNorm::add_to(store, "norm", 48, 1e-12);
  store.seal();
  fill_normal(store, *norm.weight, 1, 1);
  const at::Tensor x = random_tensor({700, 48}, 1).to(at::kFloat).set_requires_grad(true);
  const at::Tensor d_y = random_tensor({700, 48}, 2).to(at::kFloat);
  expect_same_bits_with_two_threads([&] {
    return torch::autograd::grad({norm.forward(x)}, {x, norm.weight->view, norm.bias->view}, {d_y});
  });
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

TEST(Linear, FewRowsHaveTheSameBitsWithOneOrTwoThreads) {
  ParameterStore store(at::kFloat);
  const Linear linear = Linear::add_to(store, "map", 64, 96);
  store.seal();
  fill_normal(store, *linear.weight, 1, 1);
  const ForwardContext scoring;
  for (int64_t rows = 1; rows < 20; ++rows) {
    SCOPED_TRACE(rows);
    const auto batch = packed_rows({rows});
    const at::Tensor x = random_tensor({rows, 64}, 1).to(at::kFloat).set_requires_grad(true);
    const at::Tensor d_y = random_tensor({rows, 96}, 2).to(at::kFloat);
    expect_same_bits_with_two_threads([&] {
      const at::Tensor y = linear.forward(x, {.context = scoring, .batch = batch});
      EXPECT_EQ(y.sizes(), at::IntArrayRef({rows, 96}));
      auto results = torch::autograd::grad({y}, {x, linear.weight->view, linear.bias->view}, {d_y});
      results.push_back(y.detach());
      return results;
    });
  }
}

// A classifier of few classes, an adapter of low rank: their weights' gradients are products of few rows.
TEST(Linear, FewOutputsHaveTheSameBitsWithOneOrTwoThreads) {
  for (const auto& [in, wide] : {std::pair{64, true}, std::pair{576, false}}) {
    for (int64_t few = 1; few < 20; ++few) {
      for (const int64_t rows : {7, 200}) {
        SCOPED_TRACE(fmt::format("{} {} {}", in, few, rows));
        const at::Tensor x = random_tensor({rows, in}, 1).to(at::kFloat).set_requires_grad(true);
        const at::Tensor weight = random_tensor({few, in}, 2).to(at::kFloat).set_requires_grad(true);
        const at::Tensor bias = random_tensor({few}, 3).to(at::kFloat).set_requires_grad(true);
        const at::Tensor up = random_tensor({wide ? 96 : 9, few}, 4).to(at::kFloat).set_requires_grad(true);
        const at::Tensor d_y = random_tensor({rows, up.size(0)}, 5).to(at::kFloat);
        expect_same_bits_with_two_threads([&] {
          const at::Tensor y = linear_map(linear_map(x, weight, bias), up, {});
          EXPECT_EQ(y.sizes(), at::IntArrayRef({rows, up.size(0)}));
          auto results = torch::autograd::grad({y}, {x, weight, bias, up}, {d_y});
          results.push_back(y.detach());
          return results;
        });
      }
    }
  }
}

TEST(FrozenLinear, FewRowsHaveTheSameBitsWithOneOrTwoThreads) {
  /// Numbers that lie in memory as they are.
  class Plain final : public FrozenMatrix {
   public:
    int64_t rows() const override { return values_.size(0); }
    int64_t columns() const override { return values_.size(1); }
    int64_t bytes_held() const override { return 0; }
    void read_rows(int64_t first, int64_t last, std::span<float> out) const override {
      const at::Tensor part = values_.narrow(0, first, last - first);
      std::copy_n(part.const_data_ptr<float>(), part.numel(), out.begin());
    }

   private:
    at::Tensor values_ = random_tensor({519, 256}, 1).to(at::kFloat);  // the last panel has 7 rows
  };
  const auto matrix = std::make_shared<Plain>();
  for (int64_t rows = 1; rows < 20; ++rows) {
    SCOPED_TRACE(rows);
    const at::Tensor x = random_tensor({rows, 256}, 2).to(at::kFloat).set_requires_grad(true);
    const at::Tensor d_y = random_tensor({rows, 519}, 3).to(at::kFloat);
    expect_same_bits_with_two_threads([&] {
      const at::Tensor y = frozen_linear(x, matrix);
      auto results = torch::autograd::grad({y}, {x}, {d_y});
      results.push_back(y.detach());
      return results;
    });
  }
}

TEST(Activation, EqualsItsFormula) {
  const at::Tensor x = random_tensor({50}, 1) * 4;
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
        case Activation::kRelu6:
          expected = std::min(std::max(t, 0.0), 6.0);
          break;
        case Activation::kSilu:
          expected = t / (1 + std::exp(-t));
          break;
        case Activation::kTanh:
          expected = std::tanh(t);
          break;
      }
      EXPECT_NEAR(y[i].item<double>(), expected, 1e-12) << entry.name;
    }
  }
}

TEST(Activation, HasItsDerivativeAndTheSameBitsWithOneOrTwoThreads) {
  for (const auto& entry : enum_names(Activation{})) {
    SCOPED_TRACE(entry.name);
    const at::Tensor few = (random_tensor({30}, 1) * 4).set_requires_grad(true);
    EXPECT_LT(gradient_error(few, [&] { return weighted_sum(activate(entry.value, few)); }), 1e-6);
    const at::Tensor x = (random_tensor({40'001}, 2) * 4).to(at::kFloat).set_requires_grad(true);
    const at::Tensor d_y = random_tensor({40'001}, 3).to(at::kFloat);
    expect_same_bits_with_two_threads([&] {
      const at::Tensor y = activate(entry.value, x);
      auto results = torch::autograd::grad({y}, {x}, {d_y});
      results.push_back(y.detach());
      return results;
    });
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

TEST(InitialValues, BeyondTheCutoffAreDrawnAgainAndTheRowOfPaddingIsZero) {
  ParameterStore store;
  const Parameter& a = store.add("a", {200, 100});
  store.seal();
  fill_normal(store, a, 0.02, 1);
  const at::Tensor whole = a.view.detach().clone();
  fill_normal(store, a, NormalValues{.standard_deviation = 0.02, .cutoff = 2, .zero_row = 7}, 1);
  EXPECT_TRUE(at::equal(a.view[7], at::zeros({100})));
  const at::Tensor drawn = at::cat({a.view.slice(0, 0, 7), a.view.slice(0, 8)}).detach();
  const at::Tensor first = at::cat({whole.slice(0, 0, 7), whole.slice(0, 8)});
  EXPECT_LE(drawn.abs().max().item<double>(), 0.04);
  EXPECT_GT(drawn.abs().max().item<double>(), 0.0396);
  EXPECT_NEAR(drawn.std().item<double>(), 0.02 * 0.87963, 0.0004);  // of a normal cut off at 2 deviations
  EXPECT_NEAR(drawn.mean().item<double>(), 0.0, 0.0006);
  const at::Tensor kept = first.abs().le(0.04);
  EXPECT_TRUE(at::equal(drawn.masked_select(kept), first.masked_select(kept)));
  EXPECT_LT(kept.sum().item<int64_t>(), drawn.numel());
}

}  // namespace
}  // namespace rift::nn
