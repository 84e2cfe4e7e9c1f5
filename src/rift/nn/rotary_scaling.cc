#include "rift/nn/rotary_scaling.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/pow.h>
#include <ATen/ops/where.h>

#include <algorithm>
#include <cmath>
#include <numbers>

#include "rift/base/error.h"

namespace rift::nn {

namespace {

constexpr double kTurn = 2 * std::numbers::pi;

/// theta^(2i / K), [K/2].
at::Tensor periods(int64_t head_width, double theta) {
  const at::Tensor exponent = at::arange(0, head_width, 2, at::kFloat) / static_cast<double>(head_width);
  return at::pow(theta, exponent);
}

RotaryFrequencies scaled(const std::monostate&, int64_t head_width, double theta) {
  return {periods(head_width, theta).reciprocal()};
}

RotaryFrequencies scaled(const LinearRotaryScaling& scaling, int64_t head_width, double theta) {
  return {periods(head_width, theta).reciprocal().div(scaling.factor)};
}

RotaryFrequencies scaled(const Llama3RotaryScaling& scaling, int64_t head_width, double theta) {
  const at::Tensor frequency = periods(head_width, theta).reciprocal();
  const at::Tensor wavelength = frequency.reciprocal().mul(kTurn);
  const at::Tensor stretched = frequency.div(scaling.factor);
  const at::Tensor own_share = wavelength.reciprocal()
                                   .mul(scaling.positions)
                                   .sub(scaling.low_frequency_factor)
                                   .div(scaling.high_frequency_factor - scaling.low_frequency_factor);
  const at::Tensor blend = (1 - own_share) * stretched + own_share * frequency;
  const at::Tensor is_long = wavelength.gt(scaling.positions / scaling.low_frequency_factor);
  const at::Tensor is_short = wavelength.lt(scaling.positions / scaling.high_frequency_factor);
  return {at::where(is_long, stretched, at::where(is_short, frequency, blend))};
}

/// The dimension whose pair turns so many times within the positions.
double dimension_of(double turns, const YarnRotaryScaling& scaling, double head_width, double theta) {
  return head_width * std::log(scaling.positions / (turns * kTurn)) / (2 * std::log(theta));
}

double magnitude(double factor, double scale) { return factor <= 1 ? 1.0 : 0.1 * scale * std::log(factor) + 1.0; }

double amplitude_of(const YarnRotaryScaling& scaling) {
  if (scaling.amplitude) return *scaling.amplitude;
  if (scaling.mscale.value_or(0) == 0 || scaling.mscale_all_dim.value_or(0) == 0) return magnitude(scaling.factor, 1);
  return magnitude(scaling.factor, *scaling.mscale) / magnitude(scaling.factor, *scaling.mscale_all_dim);
}

RotaryFrequencies scaled(const YarnRotaryScaling& scaling, int64_t head_width, double theta) {
  const auto width = static_cast<double>(head_width);
  double low = dimension_of(scaling.beta_fast, scaling, width, theta);
  double high = dimension_of(scaling.beta_slow, scaling, width, theta);
  if (scaling.truncate) {
    low = std::floor(low);
    high = std::ceil(high);
  }
  low = std::max(low, 0.0);
  high = std::min(high, width - 1);
  if (low == high) high += 0.001;
  const at::Tensor period = periods(head_width, theta);
  const at::Tensor ramp = at::arange(head_width / 2, at::kFloat).sub(low).div(high - low).clamp(0, 1);
  return {period.mul(scaling.factor).reciprocal() * ramp + period.reciprocal() * (1 - ramp), amplitude_of(scaling)};
}

}  // namespace

RotaryFrequencies rotary_frequencies(int64_t head_width, double theta, const RotaryScaling& scaling) {
  RIFT_CHECK(head_width % 2 == 0);
  return std::visit([&](const auto& kind) { return scaled(kind, head_width, theta); }, scaling);
}

}  // namespace rift::nn
