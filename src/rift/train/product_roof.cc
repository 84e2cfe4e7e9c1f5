#include <algorithm>
#include <cstdint>
#include <vector>

#include "rift/base/interrupt.h"
#include "rift/base/stopwatch.h"
#include "rift/base/threads.h"
#include "rift/nn/engine/memory.h"
#include "rift/nn/kernels/kernels.h"
#include "rift/train/precision.h"
#include "rift/train/speed.h"

namespace rift::train {
namespace {

using nn::kernels::kBlock;
using nn::kernels::kPerUnit;

constexpr int64_t kRows = 192;
constexpr int64_t kColumns = 384;
constexpr int64_t kDepths[] = {128, 256, 384};  // which is fastest depends on the CPU's caches
constexpr int kWindows = 5;
constexpr double kWindowSeconds = 0.1;

void set(float& x, float value) { x = value; }
void set(nn::kernels::Bf16& x, float value) { x = nn::kernels::to_bf16(value); }

/// Zeros would draw less power than what products meet, and leave the clock higher.
template <class E>
void fill(E* x, int64_t size) {
  for (int64_t i = 0; i < size; ++i) set(x[i], static_cast<float>(i % 61) / 61.0f - 0.5f);
}

/// A product whose operands are one thread's own.
template <class E>
class OwnProduct {
 public:
  explicit OwnProduct(int64_t depth) {
    E *a = nullptr, *b = nullptr;
    float* sum = nullptr;
    const auto place = [&](nn::engine::Layout layout) {
      a = layout.take<E>(kRows * depth);
      b = layout.take<E>(depth * kColumns);
      sum = layout.take<float>(kRows * kColumns);
      return layout.used();
    };
    memory_ = nn::engine::Block(place(nn::engine::Layout()));
    place(nn::engine::Layout(memory_.data()));
    fill(a, kRows * depth);
    fill(b, depth * kColumns);
    product_ = {.a = {a, depth, kPerUnit<E>},
                .b = {b, kBlock * kPerUnit<E>, kBlock * depth},
                .rows = kRows,
                .columns = kColumns,
                .depth = depth,
                .sum = sum,
                .sum_row = kColumns};
  }
  void run(const nn::kernels::Kernels<E>& kernels, int64_t times) const {
    for (int64_t i = 0; i < times; ++i) kernels.product(product_);
  }

 private:
  nn::engine::Block memory_;
  nn::kernels::Product<E> product_;
};

/// GFLOP/s of the best window. A window in which one thread came late, or others took the CPU, is no measure.
template <class E>
double rate(int64_t depth) {
  const nn::kernels::Kernels<E>& kernels = nn::kernels::kernels<E>();
  std::vector<OwnProduct<E>> products;
  for (int64_t i = 0; i < threads(); ++i) products.emplace_back(depth);
  const auto seconds = [&](int64_t times) {
    const Stopwatch watch;
    parallel_each(threads(), [&](int64_t i) { products[static_cast<size_t>(i)].run(kernels, times); });
    return watch.seconds();
  };
  int64_t times = 1;
  while (seconds(times) < kWindowSeconds) times *= 2;
  double best = 0;
  for (int window = 0; window < kWindows; ++window) {
    throw_if_interrupted();
    const double operations = 2.0 * static_cast<double>(kRows * kColumns * depth * times * threads());
    best = std::max(best, operations / seconds(times) / 1e9);
  }
  return best;
}

}  // namespace

Json product_roof(const SpeedSpec& spec) {
  const Precision precision = resolved(spec.options.train.precision, "");
  double best = 0;
  int64_t best_depth = 0;
  for (const int64_t depth : kDepths) {
    const double gflops = precision == Precision::kBf16 ? rate<nn::kernels::Bf16>(depth) : rate<float>(depth);
    if (gflops > best) best_depth = depth;
    best = std::max(best, gflops);
  }
  return Json{{"precision", name_of(precision)},
              {"gflops", best},
              {"rows", kRows},
              {"columns", kColumns},
              {"depth", best_depth}};
}

}  // namespace rift::train
