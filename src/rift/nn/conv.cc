#include "rift/nn/conv.h"

#include <ATen/ops/constant_pad_nd.h>
#include <ATen/ops/conv2d.h>

#include <algorithm>

#include "rift/base/error.h"

namespace rift::nn {

namespace {

/// Zeros that "SAME" lays on both ends of one dimension together.
int64_t zeros_of_same(int64_t size, int64_t kernel, int64_t stride) {
  const int64_t places = (size + stride - 1) / stride;
  return std::max<int64_t>((places - 1) * stride + kernel - size, 0);
}

}  // namespace

at::Tensor convolve(const at::Tensor& x, const at::Tensor& weight, const at::Tensor& bias, const ConvWalk& walk) {
  RIFT_CHECK(x.dim() == 4 && weight.dim() == 4 && x.size(1) == weight.size(1) * walk.groups);
  at::Tensor padded = x;
  if (walk.pads_to_same) {
    const int64_t high = zeros_of_same(x.size(2), weight.size(2), walk.stride);
    const int64_t wide = zeros_of_same(x.size(3), weight.size(3), walk.stride);
    if (high + wide > 0) {
      padded = at::constant_pad_nd(x, {wide / 2, wide - wide / 2, high / 2, high - high / 2});
    }
  }
  return at::conv2d(padded, weight, bias, walk.stride, walk.pads_to_same ? 0 : walk.padding, 1, walk.groups);
}

Conv2d Conv2d::add_to(ParameterStore& store, const std::string& name, const Conv2dShape& shape, const ConvWalk& walk) {
  RIFT_CHECK(shape.in % walk.groups == 0 && shape.out % walk.groups == 0);
  Conv2d conv;
  conv.name = name;
  conv.walk = walk;
  conv.weight = &store.add(name + ".weight", {shape.out, shape.in / walk.groups, shape.kernel, shape.kernel});
  if (shape.has_bias) conv.bias = &store.add(name + ".bias", {shape.out});
  return conv;
}

at::Tensor Conv2d::forward(const at::Tensor& x, const LinearCall& call) const {
  const at::Tensor read = adapter ? adapter->input(x) : x;
  const at::Tensor y = convolve(read, weight->view, bias == nullptr ? at::Tensor() : bias->view, walk);
  return adapter ? adapter->apply(read, y, call) : y;
}

at::Tensor Conv2d::product(const at::Tensor& x) const { return convolve(x, weight->view, {}, walk); }

}  // namespace rift::nn
