#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <limits>
#include <tuple>
#include <vector>

#include "nn/kernels/every_set.h"
#include "nn/kernels/reference.h"
#include "rift/nn/kernels/kernels.h"

// Products beside plain loops in f64, in f32 and in bf16, on every instruction set.
namespace rift::nn::kernels {
namespace {

using test::element;
using test::gelu_of;
using test::gelu_slope;
using test::Guarded;
using test::kRounding;
using test::Matrix;
using test::sum_tolerance;

template <class E>
using Products = test::EverySet<E>;
TYPED_TEST_SUITE(Products, test::Elements, test::ElementNames);

/// A right side whose unit u of block n begins at n * block + u * step; the last one ends at a guard.
template <class E>
struct LaidRight {
  Guarded<E> data;
  int64_t step;
  int64_t block;

  LaidRight(const Matrix<E>& b, int64_t step, int64_t block)
      : data(static_cast<size_t>((b.columns / kBlock - 1) * block + (b.rows / kPerUnit<E> - 1) * step +
                                 kBlock * kPerUnit<E>)),
        step(step),
        block(block) {
    for (E& x : data) x = element<E>(std::numeric_limits<double>::quiet_NaN());
    for (int64_t k = 0; k < b.rows; ++k) {
      for (int64_t n = 0; n < b.columns; ++n) {
        data[static_cast<size_t>(n / kBlock * block + k / kPerUnit<E> * step + n % kBlock * kPerUnit<E> +
                                 k % kPerUnit<E>)] = element<E>(b(k, n));
      }
    }
  }
  Right<E> right() const { return {data.data(), step, block}; }
};
template <class E>
LaidRight<E> in_blocks(const Matrix<E>& b) {
  constexpr int64_t unit = kBlock * kPerUnit<E>;
  return {b, unit, unit * b.rows / kPerUnit<E>};
}

struct Sizes {
  int64_t rows, columns, depth;
};
const Sizes kProducts[] = {{1, 32, 2},   {2, 64, 34},   {3, 32, 8},    {5, 96, 64},  {7, 32, 130},   {11, 32, 32},
                           {12, 64, 48}, {13, 128, 96}, {15, 32, 64},  {16, 64, 32}, {17, 32, 2050}, {31, 32, 30},
                           {33, 64, 62}, {47, 32, 384}, {193, 64, 66}, {400, 96, 32}};

template <class E>
double dot(const Matrix<E>& a, const Matrix<E>& b, int64_t m, int64_t n) {
  double sum = 0;
  for (int64_t k = 0; k < b.rows; ++k) sum += a(m, k) * b(k, n);
  return sum;
}

TYPED_TEST(Products, AreStoredAndAdded) {
  using E = TypeParam;
  for (const Sizes& size : kProducts) {
    auto a = Matrix<E>::random(size.rows, size.depth, 1);
    const auto b = Matrix<E>::random(size.depth, size.columns, 2);
    const LaidRight<E> right = in_blocks(b);
    this->on_every_set([&](const Kernels<E>& kernels) {
      auto sum = Matrix<float>::random(size.rows, size.columns, 3);
      const Matrix<float> before = sum;
      Product<E> product{.a = {a.data(), a.stride, kPerUnit<E>},
                         .b = right.right(),
                         .rows = size.rows,
                         .columns = size.columns,
                         .depth = size.depth,
                         .finish = Finish::kAdd,
                         .sum = sum.data(),
                         .sum_row = sum.stride};
      kernels.product(product);
      const Matrix<float> added = sum;
      product.finish = Finish::kStore;
      kernels.product(product);
      for (int64_t m = 0; m < size.rows; ++m) {
        for (int64_t n = 0; n < size.columns; ++n) {
          const double expected = dot(a, b, m, n);
          ASSERT_NEAR(sum(m, n), expected, sum_tolerance(size.depth)) << m << ' ' << n;
          ASSERT_NEAR(added(m, n), before(m, n) + expected, sum_tolerance(size.depth)) << m << ' ' << n;
        }
        if (m + 1 < size.rows) {  // the gap between rows
          ASSERT_TRUE(std::isnan(sum(m, size.columns)));
        }
      }
    });
  }
}

TYPED_TEST(Products, AreFinishedWithBiasAddendAndGelu) {
  using E = TypeParam;
  for (const Sizes& size : kProducts) {
    auto a = Matrix<E>::random(size.rows, size.depth, 1);
    const auto b = Matrix<E>::random(size.depth, size.columns, 2);
    const LaidRight<E> right = in_blocks(b);
    auto addend = Matrix<float>::random(size.rows, size.columns, 3);
    auto bias = Matrix<float>::random(1, size.columns, 4);
    this->on_every_set([&](const Kernels<E>& kernels) {
      Matrix<E> out(size.rows, size.columns), before(size.rows, size.columns), activated(size.rows, size.columns);
      Product<E> product{.a = {a.data(), a.stride, kPerUnit<E>},
                         .b = right.right(),
                         .rows = size.rows,
                         .columns = size.columns,
                         .depth = size.depth,
                         .finish = Finish::kElements,
                         .addend = addend.data(),
                         .addend_row = addend.stride,
                         .bias = bias.data(),
                         .out = out.data(),
                         .out_row = out.stride};
      const auto sums = [&](int64_t m, int64_t n) { return dot(a, b, m, n) + addend(m, n) + bias(0, n); };
      const auto expect = [&](const Matrix<E>& got, const auto& expected, double slack = 0) {
        for (int64_t m = 0; m < size.rows; ++m) {
          for (int64_t n = 0; n < size.columns; ++n) {
            const double e = expected(m, n);
            const double scale = 1 + std::abs(sums(m, n));
            ASSERT_NEAR(got(m, n), e, sum_tolerance(size.depth) + kRounding<E> * std::abs(e) + slack * scale)
                << m << ' ' << n;
          }
        }
      };
      kernels.product(product);
      expect(out, sums);
      product.addend = nullptr;
      product.bias = nullptr;
      kernels.product(product);
      expect(out, [&](int64_t m, int64_t n) { return dot(a, b, m, n); });

      product.finish = Finish::kGelu;
      product.addend = addend.data();
      product.bias = bias.data();
      kernels.product(product);  // `before` is not asked for
      product.before = before.data();
      product.before_row = before.stride;
      kernels.product(product);
      expect(before, sums);
      expect(
          out, [&](int64_t m, int64_t n) { return gelu_of(sums(m, n)); }, test::kGeluError<E>);

      product.finish = Finish::kGeluBackward;
      product.activated = activated.data();
      product.activated_row = activated.stride;
      kernels.product(product);
      expect(
          activated, [&](int64_t m, int64_t n) { return gelu_of(before(m, n)); }, test::kGeluError<E>);
      expect(
          out, [&](int64_t m, int64_t n) { return (dot(a, b, m, n) + addend(m, n)) * gelu_slope(before(m, n)); },
          2 * test::kGeluSlopeError<E>);

      // The same with what the GELU reads in blocks of 32 columns.
      std::vector<E> blocks(static_cast<size_t>(size.rows * size.columns));
      Matrix<E> out_of_blocks(size.rows, size.columns);
      product.before = blocks.data();
      product.before_row = kBlock;
      product.before_block = kBlock * size.rows;
      product.finish = Finish::kGelu;
      product.out = out_of_blocks.data();
      product.out_row = out_of_blocks.stride;
      kernels.product(product);
      product.finish = Finish::kGeluBackward;
      kernels.product(product);
      for (int64_t m = 0; m < size.rows; ++m) {
        for (int64_t n = 0; n < size.columns; ++n) {
          ASSERT_EQ(static_cast<double>(widened(
                        blocks[static_cast<size_t>(n / kBlock * kBlock * size.rows + m * kBlock + n % kBlock)])),
                    before(m, n));
          ASSERT_EQ(out_of_blocks(m, n), out(m, n));
        }
      }
    });
  }
}

TYPED_TEST(Products, OfTurnedAndPairedOperandsAreThoseOfTransposes) {
  using E = TypeParam;
  // Attention's products: scores = q k^T (k turned), context = w v (v paired), dv = w^T d (w paired and transposed).
  for (const auto& [queries, keys, width] : {std::tuple{1, 1, 32}, {5, 31, 32}, {40, 7, 64}, {33, 100, 32}}) {
    auto q = Matrix<E>::random(queries, width, 1);
    auto k = Matrix<E>::random(keys, width, 2);
    auto w = Matrix<E>::random(queries, (keys + 31) / 32 * 32, 3);
    const int64_t padded = w.columns;
    this->on_every_set([&](const Kernels<E>& kernels) {
      Guarded<E> turned(static_cast<size_t>(padded * width));
      kernels.turn(k.input(), keys, width, turned.data(), padded * kPerUnit<E>);
      Matrix<float> scores(queries, padded, 0);
      kernels.product({.a = {q.data(), q.stride, kPerUnit<E>},
                       .b = {turned.data(), padded * kPerUnit<E>, kBlock * kPerUnit<E>},
                       .rows = queries,
                       .columns = padded,
                       .depth = width,
                       .sum = scores.data(),
                       .sum_row = scores.stride});
      const int64_t rows = (queries + 1) / 2 * 2;
      Guarded<E> paired_w(static_cast<size_t>(rows * padded)), paired_q(static_cast<size_t>(rows * width));
      kernels.pair(w.input(), queries, padded, paired_w.data(), kPerUnit<E> * padded, kPerUnit<E> * kBlock);
      kernels.pair(q.input(), queries, width, paired_q.data(), kPerUnit<E> * width, kPerUnit<E> * kBlock);
      Matrix<float> transposed(keys, width, 0);
      kernels.product({.a = {paired_w.data(), kPerUnit<E>, kPerUnit<E> * padded},
                       .b = {paired_q.data(), kPerUnit<E> * width, kPerUnit<E> * kBlock},
                       .rows = keys,
                       .columns = width,
                       .depth = kPerUnit<E> == 1 ? queries : rows,
                       .sum = transposed.data(),
                       .sum_row = transposed.stride});
      for (int64_t i = 0; i < queries; ++i) {
        for (int64_t j = 0; j < keys; ++j) {
          double expected = 0;
          for (int64_t c = 0; c < width; ++c) expected += q(i, c) * k(j, c);
          ASSERT_NEAR(scores(i, j), expected, sum_tolerance(width));
        }
      }
      for (int64_t j = 0; j < keys; ++j) {
        for (int64_t c = 0; c < width; ++c) {
          double expected = 0;
          for (int64_t i = 0; i < queries; ++i) expected += w(i, j) * q(i, c);
          ASSERT_NEAR(transposed(j, c), expected, sum_tolerance(queries));
        }
      }
    });
  }
}

// Gradients of weights: d_y^T x over the tokens of a batch, more than a product takes at once, both sides paired past
// the caches, in blocks of 32 columns where the set reads them.
TYPED_TEST(Products, OfOperandsInBlocksAreThoseOfTransposes) {
  using E = TypeParam;
  constexpr int64_t unit = kPerUnit<E>, width = 64, out = 40;
  for (const int64_t tokens : {1, 31, 256, 641, 1301}) {
    auto d_y = Matrix<E>::random(tokens, width, 1);
    auto x = Matrix<E>::random(tokens, width, 2);
    const int64_t padded = (tokens + unit - 1) / unit * unit;
    this->on_every_set([&](const Kernels<E>& kernels) {
      const int64_t step = kernels.reads_blocks ? unit * kBlock : unit * width;
      const int64_t block = kernels.reads_blocks ? padded * kBlock : unit * kBlock;
      struct alignas(64) Line {
        E elements[64 / sizeof(E)];
      };
      const auto paired = [&](Matrix<E>& rows) {
        std::vector<Line> lines(static_cast<size_t>(padded * width) / std::size(Line().elements));
        std::vector<Line> again(lines.size());
        E* to = lines.front().elements;
        kernels.pair_away(rows.input(), tokens, width, to, step, block);
        kernels.pair(rows.input(), tokens, width, again.front().elements, step, block);
        EXPECT_EQ(std::memcmp(to, again.front().elements, lines.size() * sizeof(Line)), 0);
        return lines;
      };
      const std::vector<Line> left = paired(d_y), right = paired(x);
      auto sum = Matrix<float>::random(out, width, 3);
      const Matrix<float> before = sum;
      kernels.product({.a = {left.front().elements, unit, step, kernels.reads_blocks ? block : 0},
                       .b = {right.front().elements, step, block},
                       .rows = out,
                       .columns = width,
                       .depth = padded,
                       .finish = Finish::kAdd,
                       .sum = sum.data(),
                       .sum_row = sum.stride});
      for (int64_t o = 0; o < out; ++o) {
        for (int64_t c = 0; c < width; ++c) {
          double expected = before(o, c);
          for (int64_t t = 0; t < tokens; ++t) expected += d_y(t, o) * x(t, c);
          ASSERT_NEAR(sum(o, c), expected, sum_tolerance(tokens)) << o << ' ' << c;
        }
      }
    });
  }
}

/// A left side laid out anew: unit u of row m begins at m * row + u * step, and the last one ends at a guard.
template <class E>
struct LaidLeft {
  Guarded<E> data;
  int64_t row;
  int64_t step;

  LaidLeft(const Matrix<E>& a, int64_t row, int64_t step)
      : data(static_cast<size_t>((a.rows - 1) * row + (a.columns / kPerUnit<E> - 1) * step + kPerUnit<E>)),
        row(row),
        step(step) {
    for (E& x : data) x = element<E>(std::numeric_limits<double>::quiet_NaN());
    for (int64_t m = 0; m < a.rows; ++m) {
      for (int64_t k = 0; k < a.columns; ++k) {
        data[static_cast<size_t>(m * row + k / kPerUnit<E> * step + k % kPerUnit<E>)] = element<E>(a(m, k));
      }
    }
  }
  Left<E> left() const { return {data.data(), row, step}; }
};
/// Row-major, transposed as weight gradients read it, and with gaps both ways.
template <class E>
std::vector<LaidLeft<E>> lefts_of(const Matrix<E>& a) {
  constexpr int64_t n = kPerUnit<E>;
  return {{a, a.columns, n}, {a, n, n * a.rows}, {a, n, n * (a.rows + 5)}, {a, a.columns * 3 + 1, n * 3}};
}

/// Block by block, row by row, and with gaps both ways.
template <class E>
std::vector<LaidRight<E>> rights_of(const Matrix<E>& b) {
  constexpr int64_t unit = kBlock * kPerUnit<E>;
  const int64_t units = b.rows / kPerUnit<E>;
  return {in_blocks(b), {b, b.columns * kPerUnit<E>, unit}, {b, unit + 7, (unit + 7) * units + 3}};
}

const Sizes kLaidProducts[] = {{1, 32, 2},   {15, 64, 30},  {16, 32, 32},  {17, 96, 34},
                               {32, 32, 64}, {37, 64, 126}, {96, 32, 250}, {70, 32, 1026}};

TYPED_TEST(Products, TakeOperandsOfAnyStrideAndTouchNothingBeyondThem) {
  using E = TypeParam;
  for (const Sizes& size : kLaidProducts) {
    const auto a = Matrix<E>::random(size.rows, size.depth, 1), b = Matrix<E>::random(size.depth, size.columns, 2);
    Matrix<float> expected(size.rows, size.columns);
    for (int64_t m = 0; m < size.rows; ++m) {
      for (int64_t n = 0; n < size.columns; ++n) expected.at(m, n) = static_cast<float>(dot(a, b, m, n));
    }
    const auto lefts = lefts_of(a);
    const auto rights = rights_of(b);
    this->on_every_set([&](const Kernels<E>& kernels) {
      for (const auto& left : lefts) {
        for (const auto& right : rights) {
          Matrix<float> sum(size.rows, size.columns);
          kernels.product({.a = left.left(),
                           .b = right.right(),
                           .rows = size.rows,
                           .columns = size.columns,
                           .depth = size.depth,
                           .sum = sum.data(),
                           .sum_row = sum.stride});
          for (int64_t m = 0; m < size.rows; ++m) {
            for (int64_t n = 0; n < size.columns; ++n) {
              ASSERT_NEAR(sum(m, n), expected(m, n), sum_tolerance(size.depth))
                  << m << ' ' << n << " of " << size.rows << ' ' << size.columns << ' ' << size.depth;
            }
          }
        }
      }
    });
  }
}

TYPED_TEST(Products, OfARowAreTheSameBitForBitWhateverRowsStandBesideIt) {
  using E = TypeParam;
  for (const int64_t depth : {32, 34, 2050}) {
    const int64_t rows = 37, columns = 32;
    const auto a = Matrix<E>::random(rows, depth, 1), b = Matrix<E>::random(depth, columns, 2);
    const LaidRight<E> right = in_blocks(b);
    const auto lefts = lefts_of(a);
    this->on_every_set([&](const Kernels<E>& kernels) {
      for (const auto& left : lefts) {
        Matrix<E> together(rows, columns), alone(1, columns);
        Product<E> product{.a = left.left(),
                           .b = right.right(),
                           .rows = rows,
                           .columns = columns,
                           .depth = depth,
                           .finish = Finish::kGelu,
                           .out = together.data(),
                           .out_row = together.stride};
        kernels.product(product);
        product.rows = 1;
        product.out = alone.data();
        for (int64_t m = 0; m < rows; ++m, product.a.data += left.row) {
          kernels.product(product);
          for (int64_t n = 0; n < columns; ++n) ASSERT_EQ(alone(0, n), together(m, n)) << m << ' ' << n;
        }
      }
    });
  }
}

TYPED_TEST(Products, KeepAnInfinityWithinItsRowAndItsColumn) {
  using E = TypeParam;
  const int64_t rows = 19, columns = 64, depth = 34;
  auto a = Matrix<E>::random(rows, depth, 1), b = Matrix<E>::random(depth, columns, 2);
  a.at(17, 33) = b.at(33, 40) = element<E>(std::numeric_limits<double>::infinity());
  const LaidRight<E> right = in_blocks(b);
  const auto lefts = lefts_of(a);
  this->on_every_set([&](const Kernels<E>& kernels) {
    for (const auto& left : lefts) {
      Matrix<float> sum(rows, columns);
      kernels.product({.a = left.left(),
                       .b = right.right(),
                       .rows = rows,
                       .columns = columns,
                       .depth = depth,
                       .sum = sum.data(),
                       .sum_row = sum.stride});
      for (int64_t m = 0; m < rows; ++m) {
        for (int64_t n = 0; n < columns; ++n) ASSERT_EQ(std::isfinite(sum(m, n)), m != 17 && n != 40) << m << ' ' << n;
      }
    }
  });
}

TYPED_TEST(Products, AreFreeOfWhatEarlierOnesLeftBehind) {
  using E = TypeParam;
  const int64_t columns = 32;
  // The later product is smaller, so that copies of its operands lie among those of the earlier one's.
  Matrix<E> nothing(32, 62), nothing_right(62, columns);
  const auto a = Matrix<E>::random(19, 34, 1), b = Matrix<E>::random(34, columns, 2);
  const auto lefts = lefts_of(a), nothing_lefts = lefts_of(nothing);
  const LaidRight<E> right = in_blocks(b), nothing_rights = in_blocks(nothing_right);
  this->on_every_set([&](const Kernels<E>& kernels) {
    for (size_t i = 0; i < lefts.size(); ++i) {
      Matrix<float> sum(32, columns);
      Product<E> product{.a = nothing_lefts[i].left(),
                         .b = nothing_rights.right(),
                         .rows = 32,
                         .columns = columns,
                         .depth = 62,
                         .sum = sum.data(),
                         .sum_row = sum.stride};
      kernels.product(product);
      ASSERT_TRUE(std::isnan(sum(18, 0)));
      product.a = lefts[i].left();
      product.b = right.right();
      product.rows = 19;
      product.depth = 34;
      kernels.product(product);
      for (int64_t m = 0; m < 19; ++m) {
        for (int64_t n = 0; n < columns; ++n) ASSERT_TRUE(std::isfinite(sum(m, n))) << m << ' ' << n;
      }
    }
  });
}

}  // namespace
}  // namespace rift::nn::kernels
