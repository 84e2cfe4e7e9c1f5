#include "rift/nn/kernels/bytes.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <numbers>
#include <string>

#include "nn/kernels/reference.h"

// Products of bytes beside whole numbers and f64, on every instruction set.
namespace rift::nn::kernels {
namespace {

using test::Matrix;

constexpr float kNaN = std::numeric_limits<float>::quiet_NaN();
constexpr float kInfinity = std::numeric_limits<float>::infinity();

double gelu_of(double x) { return 0.5 * x * std::erfc(-x / std::numbers::sqrt2); }

class ByteKernel : public testing::Test {
 protected:
  ~ByteKernel() override { force_instruction_set(before_); }
  template <class Body>
  void on_every_set(Body body) {
    for (const InstructionSet set : usable_instruction_sets()) {
      SCOPED_TRACE(std::string(name_of(set)));
      force_instruction_set(set);
      body(byte_kernels());
    }
  }

 private:
  InstructionSet before_ = instruction_set();
};

/// Rows of bytes off every alignment, with a scale and a zero each.
struct Bytes {
  int64_t rows, columns, stride;
  std::vector<uint8_t> storage;
  std::vector<float> scale;
  std::vector<int32_t> zero;

  Bytes(int64_t rows, int64_t columns)
      : rows(rows),
        columns(columns),
        stride(columns + 5),
        storage(static_cast<size_t>(1 + rows * stride), 77),
        scale(static_cast<size_t>(rows), 1.0f),
        zero(static_cast<size_t>(rows)) {}
  uint8_t& at(int64_t r, int64_t c) { return storage[static_cast<size_t>(1 + r * stride + c)]; }
  int64_t operator()(int64_t r, int64_t c) const {
    const auto row = static_cast<size_t>(r);
    return static_cast<int64_t>(storage[1 + row * static_cast<size_t>(stride) + static_cast<size_t>(c)]) - zero[row];
  }
  double number(int64_t r, int64_t c) const {
    return static_cast<double>(scale[static_cast<size_t>(r)]) * static_cast<double>((*this)(r, c));
  }
  ByteRows view() { return {storage.data() + 1, stride, scale.data(), zero.data()}; }
};

/// A right side [depth,columns] in blocks of 32 columns.
struct Weights {
  int64_t depth, columns;
  std::vector<int8_t> bytes;
  std::vector<float> scale;
  std::vector<int32_t> sums;

  Weights(int64_t depth, int64_t columns)
      : depth(depth),
        columns(columns),
        bytes(static_cast<size_t>(depth * columns)),
        scale(static_cast<size_t>(columns), 1.0f),
        sums(static_cast<size_t>(columns)) {}
  int8_t& at(int64_t k, int64_t n) {
    return bytes[static_cast<size_t>(n / kBlock * depth * kBlock + k / 4 * kBlock * 4 + n % kBlock * 4 + k % 4)];
  }
  void add_up() {
    for (int64_t n = 0; n < columns; ++n) {
      sums[static_cast<size_t>(n)] = 0;
      for (int64_t k = 0; k < depth; ++k) sums[static_cast<size_t>(n)] += at(k, n);
    }
  }
  ByteColumns view() const { return {{bytes.data(), kBlock * 4, depth * kBlock}, scale.data(), sums.data()}; }
};

/// Every byte there is, the outermost ones in every third place.
Bytes random_bytes(int64_t rows, int64_t columns) {
  Bytes bytes(rows, columns);
  const CounterRandom random(4, 1);
  for (int64_t i = 0; i < rows * columns; ++i) {
    const uint64_t drawn = random.below(static_cast<uint64_t>(i), 768);
    bytes.at(i / columns, i % columns) = static_cast<uint8_t>(drawn < 256 ? drawn : (drawn < 640 ? 255 : 0));
  }
  for (int64_t r = 0; r < rows; ++r) bytes.zero[static_cast<size_t>(r)] = static_cast<int32_t>(r * 37 % 256);
  return bytes;
}

Weights random_weights(int64_t depth, int64_t columns) {
  Weights weights(depth, columns);
  const CounterRandom random(4, 2);
  for (int64_t i = 0; i < depth * columns; ++i) {
    const auto drawn = static_cast<int64_t>(random.below(static_cast<uint64_t>(i), 765));
    weights.at(i / columns, i % columns) = static_cast<int8_t>(drawn < 255 ? drawn - 127 : (drawn < 600 ? 127 : -127));
  }
  weights.add_up();
  return weights;
}

int64_t exact(const Bytes& a, Weights& b, int64_t m, int64_t n) {
  int64_t sum = 0;
  for (int64_t k = 0; k < b.depth; ++k) sum += a(m, k) * b.at(k, n);
  return sum;
}

struct Sizes {
  int64_t rows, columns, depth;
};
const Sizes kSizes[] = {{1, 32, 4},   {2, 64, 36},   {3, 32, 8},    {5, 96, 64},   {7, 32, 132},  {11, 32, 32},
                        {12, 64, 48}, {13, 128, 96}, {47, 32, 384}, {193, 64, 68}, {23, 32, 1536}};

TEST_F(ByteKernel, SumsAreThoseOfWholeNumbersToTheBit) {
  for (const Sizes& size : kSizes) {
    Bytes a = random_bytes(size.rows, size.depth);
    Weights b = random_weights(size.depth, size.columns);
    on_every_set([&](const ByteKernels& kernels) {
      Matrix<float> sum(size.rows, size.columns);
      ByteProduct product{.a = a.view(),
                          .b = b.view(),
                          .result = {.rows = size.rows,
                                     .columns = size.columns,
                                     .depth = size.depth,
                                     .finish = Finish::kStore,
                                     .sum = sum.data(),
                                     .sum_row = sum.stride}};
      kernels.product(product);
      for (int64_t m = 0; m < size.rows; ++m) {
        for (int64_t n = 0; n < size.columns; ++n) {
          ASSERT_EQ(sum(m, n), static_cast<double>(static_cast<float>(exact(a, b, m, n)))) << m << ' ' << n;
          sum.at(m, n) = static_cast<float>(-exact(a, b, m, n));
        }
        if (m + 1 < size.rows) {
          ASSERT_TRUE(std::isnan(sum(m, size.columns)));  // the gap between rows
        }
      }
      product.result.finish = Finish::kAdd;
      kernels.product(product);
      for (int64_t m = 0; m < size.rows; ++m) {
        for (int64_t n = 0; n < size.columns; ++n) ASSERT_EQ(sum(m, n), 0.0) << m << ' ' << n;
      }
    });
  }
}

TEST_F(ByteKernel, SumsAreScaledByRowAndColumnThenFinishedWithBiasAndGelu) {
  for (const Sizes& size : kSizes) {
    Bytes a = random_bytes(size.rows, size.depth);
    Weights b = random_weights(size.depth, size.columns);
    const double unit = 1.0 / std::sqrt(static_cast<double>(size.depth)) / (200.0 * 100.0);
    for (int64_t m = 0; m < size.rows; ++m) {
      a.scale[static_cast<size_t>(m)] = static_cast<float>(unit * static_cast<double>(1 + m % 7));
    }
    for (int64_t n = 0; n < size.columns; ++n) b.scale[static_cast<size_t>(n)] = static_cast<float>(n % 5) * 0.3f;
    auto bias = Matrix<float>::random(1, size.columns, 4);
    auto addend = Matrix<float>::random(size.rows, size.columns, 5);
    on_every_set([&](const ByteKernels& kernels) {
      Matrix<float> out(size.rows, size.columns), before(size.rows, size.columns);
      ByteProduct product{.a = a.view(),
                          .b = b.view(),
                          .result = {.rows = size.rows,
                                     .columns = size.columns,
                                     .depth = size.depth,
                                     .finish = Finish::kElements,
                                     .addend = addend.data(),
                                     .addend_row = addend.stride,
                                     .bias = bias.data(),
                                     .out = out.data(),
                                     .out_row = out.stride}};
      const auto expected = [&](int64_t m, int64_t n) {
        const double scale =
            static_cast<double>(a.scale[static_cast<size_t>(m)]) * static_cast<double>(b.scale[static_cast<size_t>(n)]);
        return scale * static_cast<double>(exact(a, b, m, n)) + bias(0, n) + addend(m, n);
      };
      const auto expect = [&](const Matrix<float>& got, const auto& wanted) {
        for (int64_t m = 0; m < size.rows; ++m) {
          for (int64_t n = 0; n < size.columns; ++n) {
            const double e = wanted(m, n);
            ASSERT_NEAR(got(m, n), e, 2e-5 + 2e-6 * std::abs(e)) << m << ' ' << n;
          }
        }
      };
      kernels.product(product);
      expect(out, expected);
      product.result.finish = Finish::kGelu;
      product.result.before = before.data();
      product.result.before_row = before.stride;
      kernels.product(product);
      expect(before, expected);
      expect(out, [&](int64_t m, int64_t n) { return gelu_of(expected(m, n)); });
    });
  }
}

TEST_F(ByteKernel, StatesAreWithinHalfAStepOfTheirBytesWhichAreTheSameOnEverySet) {
  for (const auto& [rows, columns] : {std::pair<int64_t, int64_t>{1, 32}, {5, 96}, {17, 384}}) {
    auto x = Matrix<float>::random(rows, columns, 6);
    for (int64_t c = 0; c < columns; ++c) {
      if (rows < 5) break;
      x.at(1, c) = static_cast<float>(std::abs(x(1, c)) + 3);            // all above 0
      x.at(2, c) = static_cast<float>(-1e20 * (1 + x(2, c) * x(2, c)));  // huge and below
      x.at(3, c) = static_cast<float>(c % 2 == 0 ? 1.5 : -1.5);          // both ends of the range
      x.at(4, c) = static_cast<float>(gelu_of(2 * x(4, c)));
    }
    Bytes first(rows, columns);
    on_every_set([&](const ByteKernels& kernels) {
      Bytes bytes(rows, columns);
      kernels.quantize(x.input(), rows, columns, bytes.view());
      for (int64_t r = 0; r < rows; ++r) {
        double low = 0, high = 0;
        for (int64_t c = 0; c < columns; ++c) {
          low = std::min(low, x(r, c));
          high = std::max(high, x(r, c));
        }
        const double step = (high - low) / 254;
        for (int64_t c = 0; c < columns; ++c) {
          ASSERT_NEAR(bytes.number(r, c), x(r, c), step * 0.50001) << r << ' ' << c;
        }
        ASSERT_EQ(bytes.at(r, columns), 77);  // the gap between rows
      }
      if (instruction_set() == InstructionSet::kBaseline) first = bytes;
      EXPECT_EQ(bytes.storage, first.storage);
      EXPECT_EQ(bytes.zero, first.zero);
      EXPECT_EQ(bytes.scale, first.scale);
    });
  }
}

TEST_F(ByteKernel, RowsOfZerosStayZeroAndWhatIsNotFiniteReachesTheResult) {
  auto x = Matrix<float>::random(6, 64, 7);
  for (int64_t c = 0; c < 64; ++c) x.at(1, c) = static_cast<float>(c == 3 ? 1e-38 : 0.0);
  x.at(2, 40) = static_cast<float>(kNaN);
  x.at(3, 63) = static_cast<float>(kInfinity);
  x.at(4, 0) = static_cast<float>(-kInfinity);
  Weights b = random_weights(64, 32);
  on_every_set([&](const ByteKernels& kernels) {
    Bytes bytes(6, 64);
    kernels.quantize(x.input(), 6, 64, bytes.view());
    for (const int32_t zero : bytes.zero) EXPECT_TRUE(0 <= zero && zero <= 255) << zero;
    Matrix<float> out(6, 32);
    kernels.product({.a = bytes.view(),
                     .b = b.view(),
                     .result = {.rows = 6,
                                .columns = 32,
                                .depth = 64,
                                .finish = Finish::kElements,
                                .out = out.data(),
                                .out_row = out.stride}});
    for (int64_t n = 0; n < 32; ++n) {
      EXPECT_TRUE(std::isfinite(out(0, n)) && std::isfinite(out(5, n)));
      EXPECT_EQ(out(1, n), 0.0);
      for (const int64_t row : {2, 3, 4}) EXPECT_FALSE(std::isfinite(out(row, n))) << row;
    }
  });
}

TEST_F(ByteKernel, AProductOfQuantizedStatesFollowsTheOneInF64) {
  constexpr int64_t kRows = 29, kDepth = 384, kColumns = 64;
  const auto x = Matrix<float>::random(kRows, kDepth, 8);
  const auto w = Matrix<float>::random(kColumns, kDepth, 9);
  Weights b(kDepth, kColumns);
  for (int64_t n = 0; n < kColumns; ++n) {
    double largest = 0;
    for (int64_t k = 0; k < kDepth; ++k) largest = std::max(largest, std::abs(w(n, k)));
    b.scale[static_cast<size_t>(n)] = static_cast<float>(largest / 127);
    for (int64_t k = 0; k < kDepth; ++k) b.at(k, n) = static_cast<int8_t>(std::lrint(w(n, k) * 127 / largest));
  }
  b.add_up();
  auto states = x;
  on_every_set([&](const ByteKernels& kernels) {
    Bytes bytes(kRows, kDepth);
    kernels.quantize(states.input(), kRows, kDepth, bytes.view());
    Matrix<float> sum(kRows, kColumns);
    kernels.product({.a = bytes.view(),
                     .b = b.view(),
                     .result = {.rows = kRows,
                                .columns = kColumns,
                                .depth = kDepth,
                                .finish = Finish::kStore,
                                .sum = sum.data(),
                                .sum_row = sum.stride}});
    double error = 0, size = 0;
    for (int64_t m = 0; m < kRows; ++m) {
      for (int64_t n = 0; n < kColumns; ++n) {
        double expected = 0;
        for (int64_t k = 0; k < kDepth; ++k) expected += x(m, k) * w(n, k);
        error += (sum(m, n) - expected) * (sum(m, n) - expected);
        size += expected * expected;
      }
    }
    // Uniform rounding of both sides at about 3.2 deviations: sqrt(2) * (3.2 / 127) / sqrt(12).
    EXPECT_LT(std::sqrt(error / size), 0.011);
  });
}

}  // namespace
}  // namespace rift::nn::kernels
