#include "rift/search/parzen.h"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <numeric>

#include "rift/base/error.h"
#include "rift/base/normal.h"

namespace rift::search {
namespace {

/// log P(a < Z < b) of a standard normal, a < b, also far out in a tail.
double log_probability(double a, double b) {
  if (a > 0) return log_probability(-b, -a);  // the other tail, where differences do not vanish
  const auto below = [](double z) { return 0.5 * std::erfc(-z / std::numbers::sqrt2); };
  return std::log(std::max(below(b) - below(a), 1e-300));
}

double scaled(const Distribution& distribution, double value) { return distribution.log ? std::log(value) : value; }

/// Widths by the distance to the neighbours, the ends of the range among them, but never narrower than the range over
/// min(100, kernels + 1), so that few observations do not pin the search down.
std::vector<double> neighbour_widths(const std::vector<double>& centre, double low, double high) {
  std::vector<size_t> order(centre.size());
  std::iota(order.begin(), order.end(), size_t{0});
  std::ranges::sort(order, {}, [&](size_t i) { return centre[i]; });
  const double range = high - low;
  const double least = range / std::min(100.0, static_cast<double>(centre.size()) + 2.0);
  std::vector<double> width(centre.size());
  for (size_t i = 0; i < order.size(); ++i) {
    const double here = centre[order[i]];
    const double before = i == 0 ? low : centre[order[i - 1]];
    const double after = i + 1 == order.size() ? high : centre[order[i + 1]];
    double reach = std::max(here - before, after - here);
    // At the ends of the range it is the distance to the other observations that tells how dense they lie.
    if (order.size() > 1 && i == 0) reach = after - here;
    if (order.size() > 1 && i + 1 == order.size()) reach = here - before;
    width[order[i]] = std::clamp(reach, least, range);
  }
  return width;
}

}  // namespace

ParzenDensity::ParzenDensity(std::span<const Distribution> distributions,
                             std::span<const std::vector<double>> observations)
    : kernels_(observations.size() + 1) {
  for (size_t d = 0; d < distributions.size(); ++d) {
    Axis axis{.distribution = distributions[d], .centre = {}, .width = {}, .observed = {}};
    const Distribution& distribution = axis.distribution;
    if (distribution.is_categorical()) {
      for (const auto& one : observations) axis.observed.push_back(one[d]);
    } else {
      const double half = distribution.is_discrete() ? 0.5 * distribution.step : 0.0;
      axis.low = scaled(distribution, distribution.low - half);
      axis.high = scaled(distribution, distribution.high + half);
      for (const auto& one : observations) axis.centre.push_back(scaled(distribution, one[d]));
      axis.width = neighbour_widths(axis.centre, axis.low, axis.high);
      axis.centre.push_back(0.5 * (axis.low + axis.high));
      axis.width.push_back(axis.high - axis.low);
    }
    axes_.push_back(std::move(axis));
  }
}

double ParzenDensity::log_kernel(const Axis& axis, size_t kernel, double value) const {
  const Distribution& distribution = axis.distribution;
  if (distribution.is_categorical()) {
    // One observation's worth of an even guess, spread over the kernels.
    const auto choices = static_cast<double>(distribution.count());
    if (kernel + 1 == kernels_) return -std::log(choices);
    const double even = 1.0 / static_cast<double>(kernels_);
    const double hit = axis.observed[kernel] == value ? 1.0 : 0.0;
    return std::log((hit + even) / (1.0 + choices * even));
  }
  const double centre = axis.centre[kernel], width = axis.width[kernel];
  const auto standard = [&](double x) { return (x - centre) / width; };
  const double inside = log_probability(standard(axis.low), standard(axis.high));
  if (distribution.is_discrete()) {
    const double half = 0.5 * distribution.step;
    const double from = std::max(axis.low, scaled(distribution, value - half));
    const double to = std::min(axis.high, scaled(distribution, value + half));
    return log_probability(standard(from), standard(to)) - inside;
  }
  const double z = standard(scaled(distribution, value));
  return -0.5 * z * z - std::log(width * std::sqrt(2.0 * std::numbers::pi)) - inside;
}

double ParzenDensity::log_density(std::span<const double> values) const {
  RIFT_CHECK(values.size() == axes_.size());
  std::vector<double> logs(kernels_, -std::log(static_cast<double>(kernels_)));
  for (size_t k = 0; k < kernels_; ++k) {
    for (size_t d = 0; d < axes_.size(); ++d) logs[k] += log_kernel(axes_[d], k, values[d]);
  }
  const double top = *std::ranges::max_element(logs);
  double sum = 0.0;
  for (const double one : logs) sum += std::exp(one - top);
  return top + std::log(sum);
}

double ParzenDensity::draw_from(const Axis& axis, size_t kernel, Draws& draws) const {
  const Distribution& distribution = axis.distribution;
  if (distribution.is_categorical()) {
    double left = draws.uniform();
    for (int64_t place = 0; place + 1 < distribution.count(); ++place) {
      left -= std::exp(log_kernel(axis, kernel, static_cast<double>(place)));
      if (left < 0) return static_cast<double>(place);
    }
    return static_cast<double>(distribution.count() - 1);
  }
  const double centre = axis.centre[kernel], width = axis.width[kernel];
  const auto below = [&](double x) { return 0.5 * std::erfc(-(x - centre) / width / std::numbers::sqrt2); };
  const double low = below(axis.low), high = below(axis.high);
  const double p = std::clamp(std::lerp(low, high, draws.uniform()), 1e-300, 1.0 - 1e-16);
  const double x = std::clamp(centre + width * normal_quantile(p), axis.low, axis.high);
  return distribution.nearest(distribution.log ? std::exp(x) : x);
}

std::vector<double> ParzenDensity::draw(Draws& draws) const {
  const auto kernel = static_cast<size_t>(draws.below(static_cast<int64_t>(kernels_)));
  std::vector<double> values;
  for (const Axis& axis : axes_) values.push_back(draw_from(axis, kernel, draws));
  return values;
}

}  // namespace rift::search
