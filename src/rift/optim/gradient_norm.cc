#include "rift/optim/gradient_norm.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "rift/base/threads.h"

namespace rift::optim {
namespace {

constexpr int64_t kChunk = 1 << 14;  // partial sums have this length whatever the threads

template <class T>
double sum_of_squares(std::span<const T> values) {
  const auto n = static_cast<int64_t>(values.size());
  const int64_t chunks = (n + kChunk - 1) / kChunk;
  std::vector<double> partial(static_cast<size_t>(chunks));
  parallel_for(chunks, 8, [&](int64_t begin, int64_t end) {
    for (int64_t chunk = begin; chunk < end; ++chunk) {
      double sum = 0;
      const int64_t last = std::min(n, (chunk + 1) * kChunk);
      for (int64_t i = chunk * kChunk; i < last; ++i) {
        const auto value = static_cast<double>(values[static_cast<size_t>(i)]);
        sum += value * value;
      }
      partial[static_cast<size_t>(chunk)] = sum;
    }
  });
  double total = 0;
  for (double sum : partial) total += sum;
  return total;
}

}  // namespace

template <class T>
double gradient_norm(std::span<const T> gradient, std::span<const ParameterGroup> groups) {
  double total = 0;
  for (const ParameterGroup& group : groups) {
    for (const Slice& slice : group.slices) {
      total += sum_of_squares(gradient.subspan(static_cast<size_t>(slice.offset), static_cast<size_t>(slice.size)));
    }
  }
  return std::sqrt(total);
}

double clip_factor(double norm, double largest) { return largest <= 0 ? 1.0 : std::min(1.0, largest / (norm + 1e-6)); }

template double gradient_norm<float>(std::span<const float>, std::span<const ParameterGroup>);
template double gradient_norm<double>(std::span<const double>, std::span<const ParameterGroup>);

}  // namespace rift::optim
