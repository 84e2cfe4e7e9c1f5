#include "rift/score/isotonic.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "rift/base/error.h"

namespace rift::score {
namespace {

struct Block {
  double first;  // smallest x
  double last;   // largest x
  double weight;
  double sum;  // weight * y
  double mean() const { return sum / weight; }
};

/// One block for each distinct x, ascending.
std::vector<Block> blocks_of(std::span<const double> x, std::span<const double> y, std::span<const double> weights) {
  std::vector<size_t> order(x.size());
  std::iota(order.begin(), order.end(), size_t{0});
  std::stable_sort(order.begin(), order.end(), [&](size_t a, size_t b) { return x[a] < x[b]; });
  std::vector<Block> blocks;
  for (size_t row : order) {
    const double weight = weights.empty() ? 1.0 : weights[row];
    if (weight <= 0.0) continue;
    if (blocks.empty() || blocks.back().last != x[row]) blocks.push_back({x[row], x[row], 0.0, 0.0});
    blocks.back().weight += weight;
    blocks.back().sum += weight * y[row];
  }
  return blocks;
}

}  // namespace

double Isotonic::at(double value) const {
  if (std::isnan(value)) return value;
  if (value <= x.front()) return y.front();
  if (value >= x.back()) return y.back();
  const auto right = static_cast<size_t>(std::upper_bound(x.begin(), x.end(), value) - x.begin());
  const double share = (value - x[right - 1]) / (x[right] - x[right - 1]);
  return std::min(y[right], y[right - 1] + share * (y[right] - y[right - 1]));  // rounding must not turn a ranking
}

Isotonic fit_isotonic(std::span<const double> x, std::span<const double> y, std::span<const double> weights) {
  RIFT_CHECK(x.size() == y.size() && (weights.empty() || weights.size() == x.size()));
  std::vector<Block> pooled;
  for (Block block : blocks_of(x, y, weights)) {
    // Equal means are pooled too: they are one run of equal y, of which only the ends are kept.
    while (!pooled.empty() && pooled.back().mean() >= block.mean()) {
      block = {pooled.back().first, block.last, pooled.back().weight + block.weight, pooled.back().sum + block.sum};
      pooled.pop_back();
    }
    pooled.push_back(block);
  }
  RIFT_CHECK(!pooled.empty());
  Isotonic fitted;
  for (const Block& block : pooled) {
    fitted.x.push_back(block.first);
    fitted.y.push_back(block.mean());
    if (block.last == block.first) continue;
    fitted.x.push_back(block.last);
    fitted.y.push_back(block.mean());
  }
  return fitted;
}

}  // namespace rift::score
