// Row by row: norms, softmax, sums, dropout, and operands turned into the form that products take. Included by table.h
// only.
#pragma once

#include "rift/nn/kernels/isa/gelu.h"

namespace rift::nn::kernels {
namespace {

// ---- operands

/// x[i][j] becomes x[j][i].
using U8 = uint32_t __attribute__((vector_size(32)));
[[maybe_unused, gnu::always_inline]] inline void turn_square(U8 (&x)[8]) {
  U8 pairs[8], quads[8];
  for (int i = 0; i < 8; i += 2) {
    pairs[i] = __builtin_shufflevector(x[i], x[i + 1], 0, 8, 1, 9, 4, 12, 5, 13);
    pairs[i + 1] = __builtin_shufflevector(x[i], x[i + 1], 2, 10, 3, 11, 6, 14, 7, 15);
  }
  for (int i = 0; i < 8; i += 4) {
    for (int j = 0; j < 2; ++j) {
      quads[i + 2 * j] = __builtin_shufflevector(pairs[i + j], pairs[i + j + 2], 0, 1, 8, 9, 4, 5, 12, 13);
      quads[i + 2 * j + 1] = __builtin_shufflevector(pairs[i + j], pairs[i + j + 2], 2, 3, 10, 11, 6, 7, 14, 15);
    }
  }
  for (int i = 0; i < 4; ++i) {
    x[i] = __builtin_shufflevector(quads[i], quads[i + 4], 0, 1, 2, 3, 8, 9, 10, 11);
    x[i + 4] = __builtin_shufflevector(quads[i], quads[i + 4], 4, 5, 6, 7, 12, 13, 14, 15);
  }
}

/// The same of 16 units, in which a tile and most caches' lines are.
using U16 = uint32_t __attribute__((vector_size(64)));
[[maybe_unused, gnu::always_inline]] inline void turn_square(U16 (&x)[16]) {
  U16 y[16];
  for (int i = 0; i < 16; i += 2) {
    y[i] = __builtin_shufflevector(x[i], x[i + 1], 0, 16, 1, 17, 4, 20, 5, 21, 8, 24, 9, 25, 12, 28, 13, 29);
    y[i + 1] = __builtin_shufflevector(x[i], x[i + 1], 2, 18, 3, 19, 6, 22, 7, 23, 10, 26, 11, 27, 14, 30, 15, 31);
  }
  for (int i = 0; i < 16; i += 4) {
    for (int j = 0; j < 2; ++j) {
      x[i + 2 * j] =
          __builtin_shufflevector(y[i + j], y[i + j + 2], 0, 1, 16, 17, 4, 5, 20, 21, 8, 9, 24, 25, 12, 13, 28, 29);
      x[i + 2 * j + 1] =
          __builtin_shufflevector(y[i + j], y[i + j + 2], 2, 3, 18, 19, 6, 7, 22, 23, 10, 11, 26, 27, 14, 15, 30, 31);
    }
  }
  // Now quarter q of x[i + c] holds column 4 q + c of the rows i .. i + 3.
  const auto even = [&](int i) {
    return __builtin_shufflevector(x[i], x[i + 4], 0, 1, 2, 3, 16, 17, 18, 19, 8, 9, 10, 11, 24, 25, 26, 27);
  };
  const auto odd = [&](int i) {
    return __builtin_shufflevector(x[i], x[i + 4], 4, 5, 6, 7, 20, 21, 22, 23, 12, 13, 14, 15, 28, 29, 30, 31);
  };
  const auto first = [](U16 a, U16 b) {
    return __builtin_shufflevector(a, b, 0, 1, 2, 3, 4, 5, 6, 7, 16, 17, 18, 19, 20, 21, 22, 23);
  };
  const auto second = [](U16 a, U16 b) {
    return __builtin_shufflevector(a, b, 8, 9, 10, 11, 12, 13, 14, 15, 24, 25, 26, 27, 28, 29, 30, 31);
  };
  for (int c = 0; c < 4; ++c) {
    y[c] = first(even(c), even(c + 8));
    y[c + 4] = first(odd(c), odd(c + 8));
    y[c + 8] = second(even(c), even(c + 8));
    y[c + 12] = second(odd(c), odd(c + 8));
  }
  for (int i = 0; i < 16; ++i) x[i] = y[i];
}

#if RIFT_LANES == 16
constexpr int64_t kTurned = 16;  // units of a square that is turned in registers
using Turned = U16;
#else
constexpr int64_t kTurned = 8;
using Turned = U8;
#endif

template <class E>
void turn(Rows<const E> x, int64_t rows, int64_t depth, E* to, int64_t to_step) {
  const int64_t units = (depth + kPerUnit<E> - 1) / kPerUnit<E>;
  const int64_t columns = (rows + 15) / 16 * 16;
  for (int64_t r = 0; r < columns; r += kTurned) {
    for (int64_t u = 0; u < units; u += kTurned) {
      Turned square[kTurned];
      const int64_t left = depth - u * kPerUnit<E>;
      for (int64_t i = 0; i < kTurned; ++i) {
        square[i] = Turned{};
        if (r + i >= rows) continue;
        const E* from = x.data + (r + i) * x.row + u * kPerUnit<E>;
        if (left >= kTurned * kPerUnit<E>) {
          square[i] = loaded<Turned>(from);
        } else {
          __builtin_memcpy(&square[i], from, static_cast<size_t>(left) * sizeof(E));
        }
      }
      turn_square(square);
      const int64_t some = units - u < kTurned ? units - u : kTurned;
      for (int64_t i = 0; i < some; ++i) put(to + (u + i) * to_step + r * kPerUnit<E>, square[i]);
    }
  }
}

template <bool kAway>
void pair(Rows<const float> x, int64_t rows, int64_t columns, float* to, int64_t to_step, int64_t to_block) {
  for (int64_t r = 0; r < rows; ++r) {
    for (int64_t c = 0; c < columns; c += kLanes) {
      store(to + c / kBlock * to_block + r * to_step + c % kBlock, load(x.data + r * x.row + c));
    }
  }
}

template <bool kAway>
void pair(Rows<const Bf16> x, int64_t rows, int64_t columns, Bf16* to, int64_t to_step, int64_t to_block) {
  for (int64_t block = 0; block < columns; block += kBlock) {  // what is written lies side by side
    for (int64_t r = 0; r < rows; r += 2) {
      const Bf16* first = x.data + r * x.row + block;
      const bool alone = r + 1 == rows;
      Bf16* units = to + block / kBlock * to_block + r / 2 * to_step;
      for (int64_t c = 0; c < kBlock; c += kLanes) {
        const U low = widened(loaded<H>(first + c));
        const U high = alone ? U{} : widened(loaded<H>(first + x.row + c));
        if constexpr (kAway) {
          put_away(units + 2 * c, low | high << 16);
        } else {
          put(units + 2 * c, low | high << 16);
        }
      }
    }
  }
  if constexpr (kAway) stores_away_done();
}

template <class From, class To>
void convert(Rows<From> x, int64_t rows, int64_t columns, Rows<To> to) {
  for (int64_t r = 0; r < rows; ++r) {
    for (int64_t c = 0; c < columns; c += kLanes) store(to.data + r * to.row + c, load(x.data + r * x.row + c));
  }
}

[[maybe_unused]] void add_f32(Rows<const float> x, int64_t rows, int64_t columns, Rows<float> to) {
  for (int64_t r = 0; r < rows; ++r) {
    for (int64_t c = 0; c < columns; c += kLanes) {
      float* at = to.data + r * to.row + c;
      store(at, load(at) + load(x.data + r * x.row + c));
    }
  }
}

// ---- LayerNorm between blocks

constexpr int64_t kSums = kBlock / kLanes;  // running sums, so that none waits for the one before it

[[gnu::always_inline]] inline float sum_of(const F (&sums)[kSums]) {
  F sum = sums[0];
  for (int64_t i = 1; i < kSums; ++i) sum += sums[i];
  return sum_of(sum);
}

template <class E>
void add_norm(const AddNorm<E>& a) {
  const auto width = static_cast<float>(a.width);
  for (int64_t r = 0; r < a.rows; ++r) {
    const int64_t at = r * a.width;
    float* z = a.y + at;
    F sums[kSums] = {}, squares[kSums] = {};
    for (int64_t block = 0; block < a.width; block += kBlock) {
      for (int64_t i = 0; i < kSums; ++i) {
        const int64_t c = block + i * kLanes;
        const F y = kept(load(z + c) + load(a.bias + c), a.dropped, r, c);
        const F v = load(a.residual + at + c) + y;
        store(z + c, v);
        sums[i] += v;
      }
    }
    const float mean = sum_of(sums) / width;
    for (int64_t block = 0; block < a.width; block += kBlock) {
      for (int64_t i = 0; i < kSums; ++i) {
        const F d = load(z + block + i * kLanes) - mean;
        squares[i] += d * d;
      }
    }
    const float reciprocal = 1.0f / __builtin_sqrtf(sum_of(squares) / width + a.epsilon);
    if (a.reciprocal != nullptr) a.reciprocal[r] = reciprocal;
    for (int64_t c = 0; c < a.width; c += kLanes) {
      const F normalized = (load(z + c) - mean) * reciprocal;
      if (a.normalized != nullptr) store(a.normalized + at + c, normalized);
      store(a.out + at + c, normalized * load(a.weight + c) + load(a.shift + c));
    }
  }
}

template <class E>
void add_norm_backward(const AddNormBackward<E>& a) {
  const auto width = static_cast<float>(a.width);
  for (int64_t r = 0; r < a.rows; ++r) {
    const int64_t at = r * a.width;
    F sums[kSums] = {}, inners[kSums] = {};
    for (int64_t block = 0; block < a.width; block += kBlock) {
      for (int64_t i = 0; i < kSums; ++i) {
        const int64_t c = block + i * kLanes;
        const F d_out = load(a.d_out + at + c);
        const F normalized = load(a.normalized + at + c);
        const F d = d_out * load(a.weight + c);
        sums[i] += d;
        inners[i] += d * normalized;
        store(a.d_weight + c, load(a.d_weight + c) + d_out * normalized);
        store(a.d_shift + c, load(a.d_shift + c) + d_out);
      }
    }
    const float mean = sum_of(sums) / width;
    const float mean_inner = sum_of(inners) / width;
    const float reciprocal = a.reciprocal[r];
    for (int64_t c = 0; c < a.width; c += kLanes) {
      const F d = load(a.d_out + at + c) * load(a.weight + c);
      const F d_z = (d - mean - load(a.normalized + at + c) * mean_inner) * reciprocal;
      store(a.d_residual + at + c, d_z);
      store(a.d_y + at + c, kept(d_z, a.dropped, r, c));
    }
  }
}

// ---- attention weights

constexpr int64_t kRowsTogether = 4;  // whose reductions hide each other's latency

/// x in the lanes below `left`, `other` in the rest.
[[gnu::always_inline]] inline F first_lanes(F x, int64_t left, float other) {
  return left >= kLanes ? x : (lane_numbers() < static_cast<uint32_t>(left) ? x : all(other));
}

/// As exactly as E can show.
template <class E>
[[gnu::always_inline]] inline F exponential_of(F x) {
  if constexpr (kPerUnit < E >> 1) return short_exponential(x);
  return exponential(x);
}

template <class E>
void clear_rest(E* weights, int64_t keys) {
  const int64_t padded = (keys + kBlock - 1) / kBlock * kBlock;
  for (int64_t k = (keys + kLanes - 1) / kLanes * kLanes; k < padded; k += kLanes) store(weights + k, F{});
}

/// Queries q .. q + kRows - 1; what their log_sum is made of.
template <class E, int kRows>
[[gnu::always_inline]] inline void softmax_rows(const Softmax<E>& s, int64_t q, float* largest, float* total) {
  constexpr float kLowest = -3.0e38f;
  float* scores = s.scores + q * s.row;
  F highest[kRows], sum[kRows] = {};
  for (int r = 0; r < kRows; ++r) highest[r] = all(kLowest);
  for (int64_t k = 0; k < s.keys; k += kLanes) {
    for (int r = 0; r < kRows; ++r) {
      highest[r] = larger(highest[r], first_lanes(load(scores + r * s.row + k), s.keys - k, kLowest));
    }
  }
  for (int r = 0; r < kRows; ++r) largest[r] = largest_of(highest[r]) * s.scale;
  for (int64_t k = 0; k < s.keys; k += kLanes) {
    for (int r = 0; r < kRows; ++r) {
      float* at = scores + r * s.row + k;
      const F e = first_lanes(exponential_of<E>(load(at) * s.scale - largest[r]), s.keys - k, 0.0f);
      store(at, e);
      sum[r] += e;
    }
  }
  for (int r = 0; r < kRows; ++r) total[r] = sum_of(sum[r]);
  for (int r = 0; r < kRows; ++r) {
    const float share = 1.0f / total[r];
    E* weights = s.weights + (q + r) * s.row;
    for (int64_t k = 0; k < s.keys; k += kLanes) {
      store(weights + k, kept(load(scores + r * s.row + k) * share, s.dropped, q + r, k));
    }
    clear_rest(weights, s.keys);
  }
}

template <class E>
void softmax(const Softmax<E>& s) {
  for (int64_t first = 0; first < s.queries; first += kLanes) {
    const int64_t count = s.queries - first < kLanes ? s.queries - first : kLanes;
    alignas(F) float largest[kLanes] = {}, total[kLanes];
    put(total, all(1.0f));
    int64_t q = 0;
    for (; q + kRowsTogether <= count; q += kRowsTogether) {
      softmax_rows<E, kRowsTogether>(s, first + q, largest + q, total + q);
    }
    for (; q < count; ++q) softmax_rows<E, 1>(s, first + q, largest + q, total + q);
    if (s.log_sum == nullptr) continue;
    put(total, load(largest) + logarithm(load(total)));
    for (q = 0; q < count; ++q) s.log_sum[first + q] = total[q];
  }
}

template <class E>
void softmax_backward(const SoftmaxBackward<E>& b) {
  const Softmax<E>& s = b.forward;
  for (int64_t q = 0; q < s.queries; ++q) {
    const int64_t at = q * s.row;
    for (int64_t k = 0; k < s.keys; k += kLanes) {
      const F w = first_lanes(exponential_of<E>(load(s.scores + at + k) * s.scale - s.log_sum[q]), s.keys - k, 0.0f);
      const F d_w = kept(load(b.d_weights + at + k), s.dropped, q, k);
      store(s.weights + at + k, kept(w, s.dropped, q, k));
      store(b.d_scores + at + k, w * (d_w - b.inner[q]) * s.scale);
    }
    clear_rest(s.weights + at, s.keys);
    clear_rest(b.d_scores + at, s.keys);
  }
}

// ---- sums and masks

template <class E>
void gelu(Rows<const E> x, int64_t rows, int64_t columns, Rows<E> to) {
  for (int64_t r = 0; r < rows; ++r) {
    for (int64_t c = 0; c < columns; c += kLanes) {
      store(to.data + r * to.row + c, Gelu<E>::value(load(x.data + r * x.row + c)));
    }
  }
}

template <class E>
void row_inner(Rows<const E> x, Rows<const E> y, int64_t rows, int64_t columns, float* sums) {
  for (int64_t r = 0; r < rows; ++r) {
    F sum{};
    for (int64_t c = 0; c < columns; c += kLanes) sum += load(x.data + r * x.row + c) * load(y.data + r * y.row + c);
    sums[r] = sum_of(sum);
  }
}

template <class E>
void column_sums(Rows<const E> x, int64_t rows, int64_t columns, float* sums) {
  for (int64_t c = 0; c < columns; c += kLanes) {
    F sum = load(sums + c);
    for (int64_t r = 0; r < rows; ++r) sum += load(x.data + r * x.row + c);
    store(sums + c, sum);
  }
}

template <class E>
void drop(Rows<const E> x, int64_t rows, int64_t columns, const Dropped& dropped, Rows<E> to) {
  for (int64_t r = 0; r < rows; ++r) {
    for (int64_t c = 0; c < columns; c += kLanes) {
      store(to.data + r * to.row + c, kept(load(x.data + r * x.row + c), dropped, r, c));
    }
  }
}

}  // namespace
}  // namespace rift::nn::kernels
