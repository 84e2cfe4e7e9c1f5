#include "rift/nn/rotary.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/cat.h>

namespace rift::nn {

RotaryAngles rotary_angles(const at::Tensor& positions, const RotaryFrequencies& frequencies, at::ScalarType dtype) {
  const at::Tensor frequency = frequencies.per_pair.to(positions.device());                // [K/2]
  const at::Tensor half = positions.to(at::kFloat).unsqueeze(1) * frequency.unsqueeze(0);  // [S,K/2]
  const at::Tensor angle = at::cat({half, half}, 1).unsqueeze(1);                          // [S,1,K]
  at::Tensor cos = angle.cos(), sin = angle.sin();
  if (frequencies.amplitude != 1) {
    cos = cos.mul(frequencies.amplitude);
    sin = sin.mul(frequencies.amplitude);
  }
  return {cos.to(dtype), sin.to(dtype)};
}

RotaryAngles rotary_angles(const at::Tensor& positions, int64_t head_width, double theta, at::ScalarType dtype) {
  return rotary_angles(positions, rotary_frequencies(head_width, theta), dtype);
}

at::Tensor rotate(const at::Tensor& x, const RotaryAngles& angles) {
  const int64_t width = angles.cos.size(2), half = width / 2;
  const at::Tensor heads = x.reshape({x.size(0), -1, width});  // [S,H,K]
  const at::Tensor turned = at::cat({heads.narrow(2, half, half).neg(), heads.narrow(2, 0, half)}, 2);
  return (heads * angles.cos + turned * angles.sin).view(x.sizes());
}

}  // namespace rift::nn
