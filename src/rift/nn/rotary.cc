#include "rift/nn/rotary.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/pow.h>

#include "rift/base/error.h"

namespace rift::nn {

at::Tensor rotary_frequencies(int64_t head_width, double theta, const c10::Device& device) {
  RIFT_CHECK(head_width % 2 == 0);
  const auto options = at::TensorOptions().dtype(at::kFloat).device(device);
  const at::Tensor exponent = at::arange(0, head_width, 2, options) / static_cast<double>(head_width);
  return at::pow(theta, exponent).reciprocal();
}

RotaryAngles rotary_angles(const at::Tensor& positions, int64_t head_width, double theta, at::ScalarType dtype) {
  const at::Tensor frequency = rotary_frequencies(head_width, theta, positions.device());
  const at::Tensor half = positions.to(at::kFloat).unsqueeze(1) * frequency.unsqueeze(0);  // [S,K/2]
  const at::Tensor angle = at::cat({half, half}, 1).unsqueeze(1);                          // [S,1,K]
  return {angle.cos().to(dtype), angle.sin().to(dtype)};
}

at::Tensor rotate(const at::Tensor& x, const RotaryAngles& angles) {
  const int64_t width = angles.cos.size(2), half = width / 2;
  const at::Tensor heads = x.reshape({x.size(0), -1, width});  // [S,H,K]
  const at::Tensor turned = at::cat({heads.narrow(2, half, half).neg(), heads.narrow(2, 0, half)}, 2);
  return (heads * angles.cos + turned * angles.sin).view(x.sizes());
}

}  // namespace rift::nn
