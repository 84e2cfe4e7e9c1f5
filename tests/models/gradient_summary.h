#pragma once

#include <ATen/TensorOperators.h>
#include <ATen/ops/arange.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <string>

#include "rift/base/json.h"

namespace rift::test {

inline constexpr double kGradient = 1e-4;  // relative to the gradient's norm, f32

/// Norm and products with sin(i) and cos(i), as the generator takes them.
inline void expect_gradient(const at::Tensor& gradient, const Json& summary, const std::string& name) {
  const at::Tensor flat = gradient.to(at::kDouble).flatten();
  const at::Tensor index = at::arange(flat.numel(), at::kDouble);
  const double norm = summary.at("norm").as_double();
  // The gradient of a key's bias is zero (softmax does not see it): rounding alone.
  const double tolerance = kGradient * std::max(norm, 1e-3);
  EXPECT_NEAR(flat.norm().item<double>(), norm, tolerance) << name;
  // |sum d_i sin(i)| <= |d| |sin| and |sin| = sqrt(n / 2); rounding is spread over the elements, so a tenth of it.
  const double wide = tolerance * std::max(1.0, 0.1 * std::sqrt(static_cast<double>(flat.numel())));
  EXPECT_NEAR((flat * index.sin()).sum().item<double>(), summary.at("sin").as_double(), wide) << name;
  EXPECT_NEAR((flat * index.cos()).sum().item<double>(), summary.at("cos").as_double(), wide) << name;
}

}  // namespace rift::test
