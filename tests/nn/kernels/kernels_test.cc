#include "rift/nn/kernels/kernels.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include "nn/kernels/every_set.h"
#include "nn/kernels/reference.h"

// Every kernel but the products (product_test.cc) beside plain loops in f64, in f32 and in bf16, on every instruction
// set of this machine.
namespace rift::nn::kernels {
namespace {

using test::element;
using test::gelu_of;
using test::kRounding;
using test::Matrix;
using test::number;
using test::sum_tolerance;

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();
constexpr double kInfinity = std::numeric_limits<double>::infinity();

template <class E>
using Kernel = test::EverySet<E>;
TYPED_TEST_SUITE(Kernel, test::Elements, test::ElementNames);

std::vector<uint64_t> states_of(int64_t rows) {
  std::vector<uint64_t> states;
  for (int64_t r = 0; r < rows; ++r) states.push_back(dropout_state({.seed = 7, .row_key = 3, .token = r}));
  return states;
}

/// What dropout.h's own function makes of a 1 at (row, column).
double mask_of(const Dropped& dropped, int64_t row, int64_t column) {
  if (dropped.states == nullptr) return 1;
  const double one = 1;
  double kept = 0;
  apply_dropout(dropped.states[row], dropped.first_feature + static_cast<uint32_t>(column), 1, dropped.rate, &one,
                &kept);
  return kept;
}

TYPED_TEST(Kernel, AddNormIsLayerNormOfTheSumForwardAndBack) {
  using E = TypeParam;
  for (const auto& [rows, width] : {std::pair<int64_t, int64_t>{1, 32}, {3, 64}, {17, 384}, {2, 1024}}) {
    const auto y = Matrix<float>::random(rows, width, 1, 0);
    auto residual = Matrix<E>::random(rows, width, 2, 0);
    auto bias = Matrix<float>::random(1, width, 3);
    auto weight = Matrix<float>::random(1, width, 4);
    auto shift = Matrix<float>::random(1, width, 5);
    auto d_out = Matrix<float>::random(rows, width, 6, 0);
    const std::vector<uint64_t> states = states_of(rows);
    for (const Dropped& dropped : {Dropped{}, Dropped{states.data(), dropout_rate(0.3), 0}}) {
      this->on_every_set([&](const Kernels<E>& kernels) {
        Matrix<float> z = y;
        Matrix<E> out(rows, width, 0), normalized(rows, width, 0), d_y(rows, width, 0);
        std::vector<float> reciprocal(static_cast<size_t>(rows));
        kernels.add_norm({.rows = rows,
                          .width = width,
                          .y = z.data(),
                          .bias = bias.data(),
                          .residual = residual.data(),
                          .dropped = dropped,
                          .weight = weight.data(),
                          .shift = shift.data(),
                          .epsilon = 1e-5f,
                          .normalized = normalized.data(),
                          .reciprocal = reciprocal.data(),
                          .out = out.data()});
        Matrix<float> d_residual(rows, width, 0), sums(2, width, 0);
        for (int64_t c = 0; c < width; ++c) sums.at(0, c) = sums.at(1, c) = 1;
        kernels.add_norm_backward({.rows = rows,
                                   .width = width,
                                   .d_out = d_out.data(),
                                   .normalized = normalized.data(),
                                   .reciprocal = reciprocal.data(),
                                   .weight = weight.data(),
                                   .dropped = dropped,
                                   .d_residual = d_residual.data(),
                                   .d_y = d_y.data(),
                                   .d_weight = &sums.at(0, 0),
                                   .d_shift = &sums.at(1, 0)});
        std::vector<double> d_weight(static_cast<size_t>(width), 1.0), d_shift(static_cast<size_t>(width), 1.0);
        const double tolerance = kPerUnit<E> == 1 ? 2e-5 : 0.04;
        for (int64_t r = 0; r < rows; ++r) {
          std::vector<double> x, d;
          double mean = 0, variance = 0, d_mean = 0, d_inner = 0;
          for (int64_t c = 0; c < width; ++c) {
            x.push_back(residual(r, c) + mask_of(dropped, r, c) * (y(r, c) + bias(0, c)));
            mean += x.back() / static_cast<double>(width);
          }
          for (const double v : x) variance += (v - mean) * (v - mean) / static_cast<double>(width);
          const double deviation = std::sqrt(variance + 1e-5);
          for (int64_t c = 0; c < width; ++c) {
            double& v = x[static_cast<size_t>(c)];
            v = (v - mean) / deviation;
            ASSERT_NEAR(normalized(r, c), v, tolerance);
            ASSERT_NEAR(out(r, c), v * weight(0, c) + shift(0, c), tolerance);
            d.push_back(d_out(r, c) * weight(0, c));
            d_mean += d.back() / static_cast<double>(width);
            d_inner += d.back() * v / static_cast<double>(width);
            d_weight[static_cast<size_t>(c)] += d_out(r, c) * v;
            d_shift[static_cast<size_t>(c)] += d_out(r, c);
          }
          for (int64_t c = 0; c < width; ++c) {
            const auto i = static_cast<size_t>(c);
            const double expected = (d[i] - d_mean - x[i] * d_inner) / deviation;
            ASSERT_NEAR(d_residual(r, c), expected, tolerance);
            ASSERT_NEAR(d_y(r, c), mask_of(dropped, r, c) * expected, tolerance);
          }
        }
        for (int64_t c = 0; c < width; ++c) {
          ASSERT_NEAR(sums(0, c), d_weight[static_cast<size_t>(c)], tolerance * 4);
          ASSERT_NEAR(sums(1, c), d_shift[static_cast<size_t>(c)], tolerance);
        }
      });
    }
  }
}

TYPED_TEST(Kernel, SoftmaxGivesWeightsTheirGradientAndZerosBeyondTheKeys) {
  using E = TypeParam;
  for (const auto& [queries, keys] : {std::pair<int64_t, int64_t>{1, 1}, {3, 31}, {2, 32}, {5, 33}, {9, 200}}) {
    const int64_t padded = (keys + kBlock - 1) / kBlock * kBlock;
    const auto scores = Matrix<float>::random(queries, padded, 1, 0);
    auto d_weights = Matrix<float>::random(queries, padded, 2, 0);
    auto inner = Matrix<float>::random(1, queries, 3);
    const std::vector<uint64_t> states = states_of(queries);
    for (const Dropped& dropped : {Dropped{}, Dropped{states.data(), dropout_rate(0.4), 2u << 16}}) {
      this->on_every_set([&](const Kernels<E>& kernels) {
        Matrix<float> forward_scores = scores, backward_scores = scores;
        Matrix<E> weights(queries, padded, 0), again(queries, padded, 0), d_scores(queries, padded, 0);
        std::vector<float> log_sum(static_cast<size_t>(queries));
        Softmax<E> softmax{.queries = queries,
                           .keys = keys,
                           .row = padded,
                           .scale = 3.0f,
                           .scores = forward_scores.data(),
                           .log_sum = log_sum.data(),
                           .dropped = dropped,
                           .weights = weights.data()};
        kernels.softmax(softmax);
        softmax.scores = backward_scores.data();
        softmax.weights = again.data();
        kernels.softmax_backward(
            {.forward = softmax, .d_weights = d_weights.data(), .inner = inner.data(), .d_scores = d_scores.data()});
        for (int64_t q = 0; q < queries; ++q) {
          double total = 0;
          for (int64_t k = 0; k < keys; ++k) total += std::exp(3 * scores(q, k));
          EXPECT_NEAR(log_sum[static_cast<size_t>(q)], std::log(total), 1e-5);
          for (int64_t k = 0; k < padded; ++k) {
            const double w = k < keys ? std::exp(3 * scores(q, k)) / total : 0.0;
            const double mask = mask_of(dropped, q, k);
            const double slack = 1e-5 + kRounding<E>;
            ASSERT_NEAR(weights(q, k), mask * w, slack * mask * w) << k;
            ASSERT_NEAR(again(q, k), mask * w, slack * mask * w + 1e-9) << k;
            const double d = 3 * w * (mask * d_weights(q, k) - inner(0, q));
            ASSERT_NEAR(d_scores(q, k), d, (slack + 1e-5) * std::abs(d) + 1e-6) << k;
          }
        }
      });
    }
  }
}

TYPED_TEST(Kernel, HugeScoresNeitherOverflowNorVanish) {
  using E = TypeParam;
  this->on_every_set([&](const Kernels<E>& kernels) {
    Matrix<float> scores(1, 32, 0);
    for (int64_t k = 0; k < 32; ++k) scores.at(0, k) = k == 5 ? 3e30f : (k == 6 ? -3e30f : 100.0f);
    Matrix<E> weights(1, 32, 0);
    float log_sum = 0;
    kernels.softmax({.queries = 1,
                     .keys = 20,
                     .row = 32,
                     .scale = 1.0f,
                     .scores = scores.data(),
                     .log_sum = &log_sum,
                     .weights = weights.data()});
    for (int64_t k = 0; k < 32; ++k) EXPECT_NEAR(weights(0, k), k == 5 ? 1 : 0, 1e-30);
  });
}

TYPED_TEST(Kernel, NaNComesThroughEveryKernelThatAModelPasses) {
  using E = TypeParam;
  this->on_every_set([&](const Kernels<E>& kernels) {
    auto x = Matrix<E>::random(2, 64, 1);
    x.at(1, 40) = element<E>(kNaN);
    Matrix<E> y(2, 64);
    kernels.gelu(x.input(), 2, 64, y.view());
    EXPECT_TRUE(std::isnan(y(1, 40)));
    EXPECT_FALSE(std::isnan(y(0, 40)));

    Matrix<float> scores = Matrix<float>::random(2, 32, 2, 0);
    scores.at(1, 7) = static_cast<float>(kNaN);
    Matrix<E> weights(2, 32, 0);
    kernels.softmax(
        {.queries = 2, .keys = 20, .row = 32, .scale = 1.0f, .scores = scores.data(), .weights = weights.data()});
    EXPECT_TRUE(std::isnan(weights(1, 3)));
    EXPECT_FALSE(std::isnan(weights(0, 3)));

    Matrix<float> z = Matrix<float>::random(2, 64, 3, 0), ones(1, 64);
    for (int64_t c = 0; c < 64; ++c) ones.at(0, c) = 1;
    Matrix<E> packed(2, 64, 0), out(2, 64, 0);
    for (int64_t c = 0; c < 128; ++c) packed.at(c / 64, c % 64) = x.at(c / 64, c % 64);
    kernels.add_norm({.rows = 2,
                      .width = 64,
                      .y = z.data(),
                      .bias = ones.data(),
                      .residual = packed.data(),
                      .weight = ones.data(),
                      .shift = ones.data(),
                      .epsilon = 1e-5f,
                      .out = out.data()});
    EXPECT_TRUE(std::isnan(out(1, 0)));
    EXPECT_FALSE(std::isnan(out(0, 0)));
  });
}

TYPED_TEST(Kernel, GeluIsThatOfTheNormalDistribution) {
  using E = TypeParam;
  Matrix<E> x(1, 4096);
  for (int64_t i = 0; i < 4096; ++i) x.at(0, i) = element<E>(-12 + 24 * static_cast<double>(i) / 4095);
  this->on_every_set([&](const Kernels<E>& kernels) {
    Matrix<E> y(1, 4096);
    kernels.gelu(x.input(), 1, 4096, y.view());
    for (int64_t i = 0; i < 4096; ++i) {
      const double expected = gelu_of(x(0, i));
      ASSERT_NEAR(y(0, i), expected,
                  test::kGeluError<E> * std::max(1.0, std::abs(x(0, i))) + kRounding<E> * std::abs(expected))
          << x(0, i);
    }
  });
}

TYPED_TEST(Kernel, SumsMasksAndCopies) {
  using E = TypeParam;
  for (const auto& [rows, columns] : {std::pair<int64_t, int64_t>{1, 32}, {2, 96}, {61, 384}}) {
    auto x = Matrix<E>::random(rows, columns, 1);
    auto y = Matrix<E>::random(rows, columns, 2);
    auto f = Matrix<float>::random(rows, columns, 3);
    const std::vector<uint64_t> states = states_of(rows);
    const Dropped dropped{states.data(), dropout_rate(0.25), 9};
    this->on_every_set([&](const Kernels<E>& kernels) {
      std::vector<float> inner(static_cast<size_t>(rows)), sums(static_cast<size_t>(columns), 2.0f);
      kernels.row_inner(x.input(), y.input(), rows, columns, inner.data());
      kernels.column_sums(x.input(), rows, columns, sums.data());
      Matrix<E> masked(rows, columns), copied(rows, columns), narrowed(rows, columns);
      Matrix<float> masked_f32(rows, columns), widened(rows, columns), added = f;
      kernels.drop(x.input(), rows, columns, dropped, masked.view());
      kernels.drop_f32(f.input(), rows, columns, dropped, masked_f32.view());
      kernels.copy(x.input(), rows, columns, copied.view());
      kernels.narrow(f.input(), rows, columns, narrowed.view());
      kernels.widen(x.input(), rows, columns, widened.view());
      kernels.add_f32(f.input(), rows, columns, added.view());
      std::vector<double> expected_sums(static_cast<size_t>(columns), 2.0);
      for (int64_t r = 0; r < rows; ++r) {
        double expected_inner = 0;
        for (int64_t c = 0; c < columns; ++c) {
          expected_inner += x(r, c) * y(r, c);
          expected_sums[static_cast<size_t>(c)] += x(r, c);
          const double kept = x(r, c) * mask_of(dropped, r, c);
          ASSERT_NEAR(masked(r, c), kept, 2 * kRounding<E> * std::abs(kept));
          ASSERT_NEAR(masked_f32(r, c), f(r, c) * mask_of(dropped, r, c), 1e-6);
          ASSERT_EQ(copied(r, c), x(r, c));
          ASSERT_EQ(widened(r, c), x(r, c));
          ASSERT_EQ(narrowed(r, c), number(element<E>(f(r, c))));
          ASSERT_EQ(added(r, c), 2 * f(r, c));
        }
        EXPECT_NEAR(inner[static_cast<size_t>(r)], expected_inner, sum_tolerance(columns));
      }
      for (int64_t c = 0; c < columns; ++c) {
        EXPECT_NEAR(sums[static_cast<size_t>(c)], expected_sums[static_cast<size_t>(c)], sum_tolerance(rows));
      }
    });
  }
}

TEST(Bf16Rounding, IsToTheNearestWithTiesToEvenOnEverySet) {
  const InstructionSet before = instruction_set();
  const double values[] = {0.0,        -0.0,  1.0,    1.00390625, 1.01171875, 1.0039063,
                           -3.1415926, 1e-40, 3.4e38, kInfinity,  -kInfinity, kNaN};
  for (const InstructionSet set : usable_instruction_sets()) {
    SCOPED_TRACE(std::string(name_of(set)));
    force_instruction_set(set);
    Matrix<float> x(1, 32);
    Matrix<Bf16> y(1, 32);
    for (int64_t i = 0; i < 32; ++i)
      x.at(0, i) = static_cast<float>(values[static_cast<size_t>(i) % std::size(values)]);
    kernels<Bf16>().narrow(x.input(), 1, 32, y.view());
    for (int64_t i = 0; i < 32; ++i) {
      const double expected = number(to_bf16(x.at(0, i)));
      if (std::isnan(expected)) {
        EXPECT_TRUE(std::isnan(y(0, i)));
      } else if (std::abs(x(0, i)) < 1e-38) {
        EXPECT_LT(std::abs(y(0, i)), 1e-38);  // some CPUs take numbers this small for 0
      } else {
        EXPECT_EQ(y(0, i), expected) << x(0, i);
      }
    }
  }
  force_instruction_set(before);
}

}  // namespace
}  // namespace rift::nn::kernels
