#pragma once

#include <ATen/TensorOperators.h>
#include <ATen/ops/binary_cross_entropy_with_logits.h>
#include <ATen/ops/cross_entropy_loss.h>
#include <ATen/ops/tensor.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "models/tiny_model.h"
#include "rift/base/json.h"
#include "rift/nn/parameters.h"

/// What the generators under tools/fixtures/models say of a model, and how ours is held to it.
namespace rift::test {

inline constexpr double kForward = 1e-5;   // absolute, f32
inline constexpr double kGradient = 1e-4;  // relative to the gradient's norm, f32

/// +-1 of sum k and element i, as golden_values.py draws them.
inline double sign_of(size_t k, size_t i) {
  uint64_t mixed = (i + 1) * 0x9E3779B97F4A7C15;
  mixed = (mixed ^ mixed >> 32) * 0xD6E8FEB86659FD93;
  mixed ^= mixed >> 32;
  return (mixed >> k & 1) == 0 ? 1.0 : -1.0;
}

/// The norm, and the distance from the expected tensor as its sums estimate it: for random signs the mean square of
/// <difference, signs> is the squared norm of the difference. Eight sums miss a difference of three times the tolerance
/// once in a thousand.
inline void expect_summary(const at::Tensor& tensor, const Json& expected, double tolerance, const std::string& name) {
  const at::Tensor flat = tensor.detach().to(at::kDouble).flatten().contiguous();
  const std::span<const double> values(flat.const_data_ptr<double>(), static_cast<size_t>(flat.numel()));
  EXPECT_NEAR(flat.norm().item<double>(), expected.at("norm").as_double(), tolerance) << name;
  const std::vector<double> sums = numbers_of(expected.at("sums"));
  ASSERT_EQ(sums.size(), 8u) << name;
  double squares = 0;
  for (size_t k = 0; k < sums.size(); ++k) {
    double sum = 0;
    for (size_t i = 0; i < values.size(); ++i) sum += sign_of(k, i) * values[i];
    squares += (sum - sums[k]) * (sum - sums[k]);
  }
  EXPECT_LT(std::sqrt(squares / static_cast<double>(sums.size())), tolerance) << name;
}

inline void expect_gradient(const at::Tensor& gradient, const Json& summary, const std::string& name) {
  // The gradient of a key's bias is zero (softmax does not see it): rounding alone.
  expect_summary(gradient, summary, kGradient * std::max(summary.at("norm").as_double(), 1e-3), name);
}

/// The classifier of a golden case.
inline void fill_head(nn::ParameterStore& store, const Json& head) {
  for (const auto& [name, values] : head.as_object()) {
    store.copy_from({{name, at::tensor(numbers_of(values), at::kDouble).view(store.at(name).shape)}});
  }
}

/// Of the golden rows' classes, or of one output their targets.
inline at::Tensor loss_of(const at::Tensor& logits, const Json& golden) {
  if (logits.size(1) > 1) {
    return at::cross_entropy_loss(logits, at::tensor(numbers_of(golden.at("classes")), at::kDouble).to(at::kLong));
  }
  const at::Tensor targets = at::tensor(numbers_of(golden.at("targets")), at::kDouble).to(logits.scalar_type());
  return at::binary_cross_entropy_with_logits(logits.squeeze(1), targets);
}

/// Logits, loss and the gradient of every parameter that trains are those of a case.
inline void expect_case(const nn::ParameterStore& store, const at::Tensor& logits, const Json& one,
                        const Json& golden) {
  const at::Tensor expected = at::tensor(numbers_of(one.at("logits")), at::kDouble).view(logits.sizes());
  EXPECT_LT((logits - expected).abs().max().item<double>(), kForward);
  const at::Tensor loss = loss_of(logits, golden);
  EXPECT_NEAR(loss.item<double>(), one.at("loss").as_double(), kForward);
  loss.backward();
  size_t trained = 0;
  for (const nn::Parameter& parameter : store.parameters()) trained += parameter.trainable ? 1 : 0;
  EXPECT_EQ(trained, one.at("gradients").size());
  for (const auto& [name, summary] : one.at("gradients").as_object()) {
    expect_gradient(store.at(name).view.grad(), summary, name);
  }
}

}  // namespace rift::test
