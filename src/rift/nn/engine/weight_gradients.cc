#include "rift/nn/engine/weight_gradients.h"

#include <algorithm>
#include <functional>
#include <vector>

#include "rift/base/threads.h"

namespace rift::nn::engine {

namespace {

using kernels::Finish;
using kernels::kPerUnit;

constexpr int64_t kRowsOfTask = 96;  // of a weight: a multiple of every tile's rows

/// to [rows,columns] += a^T b, summed over the stretches' tokens; rows are a's columns from `first` on.
template <class E>
struct TokenSum {
  const TokenOperand<E>& a;
  const TokenOperand<E>& b;
  int64_t first = 0;
  int64_t rows = 0;
  float* to = nullptr;
};
template <class E>
void add(const kernels::Kernels<E>& kernels, std::span<const Stretch> stretches, const TokenSum<E>& sum) {
  for (const Stretch& stretch : stretches) {
    kernels.product({.a = sum.a.transposed(stretch.begin, sum.first),
                     .b = sum.b.right(stretch.begin),
                     .rows = sum.rows,
                     .columns = sum.b.width,
                     .depth = (stretch.size + kPerUnit<E> - 1) / kPerUnit<E> * kPerUnit<E>,
                     .finish = Finish::kAdd,
                     .sum = sum.to,
                     .sum_row = sum.b.width});
  }
}

template <class E>
void add_low_rank(const kernels::Kernels<E>& kernels, const LinearGradientJob<E>& job) {
  const LowRankView<E>& low = *job.linear->low_rank;
  const LinearOperands<E>& operands = job.operands;
  if (job.wanted.low_a != nullptr) {
    const TokenOperand<E>& input = operands.low_input.data != nullptr ? operands.low_input : operands.input;
    add<E>(kernels, job.stretches,
           {.a = operands.d_low, .b = input, .first = 0, .rows = low.rank, .to = job.wanted.low_a});
  }
  if (job.wanted.low_b != nullptr) {
    const int64_t out = job.linear->out;
    std::vector<float> padded(static_cast<size_t>(out * kRankColumns));
    add<E>(kernels, job.stretches,
           {.a = operands.d_y, .b = operands.low, .first = 0, .rows = out, .to = padded.data()});
    for (int64_t o = 0; o < out; ++o) {
      for (int64_t r = 0; r < low.rank; ++r) {
        job.wanted.low_b[o * low.rank + r] += low.scale * padded[static_cast<size_t>(o * kRankColumns + r)];
      }
    }
  }
}

}  // namespace

template <class E>
void add_weight_gradients(const kernels::Kernels<E>& kernels, std::span<const LinearGradientJob<E>> jobs,
                          const WholeRows& whole) {
  std::vector<std::function<void()>> tasks;
  for (const LinearGradientJob<E>& job : jobs) {
    if (job.linear->low_rank) tasks.emplace_back([&kernels, &job] { add_low_rank(kernels, job); });
    if (job.wanted.weight == nullptr) continue;
    for (int64_t first = 0; first < job.linear->out; first += kRowsOfTask) {
      tasks.emplace_back([&kernels, &job, &whole, first] {
        const int64_t rows = std::min(kRowsOfTask, job.linear->out - first);
        float* to = job.wanted.weight + first * job.linear->in;
        add<E>(kernels, job.stretches,
               {.a = job.operands.d_y, .b = job.operands.input, .first = first, .rows = rows, .to = to});
        if (whole) whole(to, rows * job.linear->in);
      });
    }
  }
  parallel_each(static_cast<int64_t>(tasks.size()), [&](int64_t task) { tasks[static_cast<size_t>(task)](); });
}

void add_partial_sums(std::span<const float* const> partial, int64_t count, float* to) {
  for (const float* sums : partial) {
    for (int64_t i = 0; i < count; ++i) to[i] += sums[i];
  }
}

template void add_weight_gradients<float>(const kernels::Kernels<float>&, std::span<const LinearGradientJob<float>>,
                                          const WholeRows&);
template void add_weight_gradients<kernels::Bf16>(const kernels::Kernels<kernels::Bf16>&,
                                                  std::span<const LinearGradientJob<kernels::Bf16>>, const WholeRows&);

}  // namespace rift::nn::engine
