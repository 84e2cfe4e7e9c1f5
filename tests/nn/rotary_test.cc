#include "rift/nn/rotary.h"

#include <ATen/TensorOperators.h>
#include <gtest/gtest.h>

#include <cmath>

#include "nn/packed_rows.h"

namespace rift::nn {
namespace {

using test::gradient_error;
using test::packed_rows;
using test::random_tensor;

constexpr int64_t kWidth = 6;  // of a head
constexpr double kTheta = 100.0;

// arXiv:2104.09864, equation 34, with the pairs (i, i + K/2).
TEST(Rotary, EachPairIsTurnedByPositionTimesItsFrequency) {
  const auto batch = packed_rows({4, 1, 3});
  const at::Tensor x = random_tensor({8, 2 * kWidth}, 1);
  const at::Tensor y = rotate(x, rotary_angles(batch.positions, kWidth, kTheta, at::kDouble));
  for (int64_t s = 0; s < 8; ++s) {
    const auto position = static_cast<double>(s < 4 ? s : s < 5 ? 0 : s - 5);
    for (int64_t c = 0; c < 2 * kWidth; ++c) {
      const int64_t i = c % kWidth, pair = i % (kWidth / 2);
      const double angle = position * std::pow(kTheta, -2.0 * static_cast<double>(pair) / kWidth);
      const double other = x[s][i < kWidth / 2 ? c + kWidth / 2 : c - kWidth / 2].item<double>();
      const double expected =
          x[s][c].item<double>() * std::cos(angle) + (i < kWidth / 2 ? -other : other) * std::sin(angle);
      EXPECT_NEAR(y[s][c].item<double>(), expected, 1e-6) << s << " " << c;  // angles are f32
    }
  }
}

TEST(Rotary, ProductsOfQueryAndKeyDependOnTheDistanceAlone) {
  const auto batch = packed_rows({9});
  const RotaryAngles angles = rotary_angles(batch.positions, kWidth, kTheta, at::kDouble);
  const at::Tensor q = rotate(random_tensor({1, kWidth}, 1).expand({9, kWidth}), angles);
  const at::Tensor k = rotate(random_tensor({1, kWidth}, 2).expand({9, kWidth}), angles);
  const double near = q[2].dot(k[5]).item<double>();
  EXPECT_NEAR(q[5].dot(k[8]).item<double>(), near, 1e-6);
  EXPECT_GT(std::abs(q[2].dot(k[6]).item<double>() - near), 1e-3);
}

TEST(Rotary, GradientsAreThoseOfFiniteDifferences) {
  const auto batch = packed_rows({3, 2});
  const RotaryAngles angles = rotary_angles(batch.positions, kWidth, kTheta, at::kDouble);
  const at::Tensor x = random_tensor({5, kWidth}, 1).set_requires_grad(true);
  EXPECT_LT(gradient_error(x, [&] { return (rotate(x, angles) * random_tensor({5, kWidth}, 9)).sum(); }), 1e-7);
}

}  // namespace
}  // namespace rift::nn
