#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>

namespace rift::nn {

/// Angles of rotary position embeddings for some tokens.
struct RotaryAngles {
  at::Tensor cos;  // [S,1,K]
  at::Tensor sin;  // [S,1,K]
};

/// Turn of dimension i for each position, theta^(-2i / K), in f32: [K/2]. K even.
at::Tensor rotary_frequencies(int64_t head_width, double theta, const c10::Device& device = c10::Device(c10::kCPU));

/// Angle of dimension i and of i + K/2: position * theta^(-2i / K), taken in f32. positions [S], K even.
RotaryAngles rotary_angles(const at::Tensor& positions, int64_t head_width, double theta, at::ScalarType dtype);

/// Each head's pairs (x_i, x_{i + K/2}) turned by their angle. x [S,D], D = heads * K -> [S,D]. Source:
/// arXiv:2104.09864, with the pairs of GPT-NeoX and transformers.
at::Tensor rotate(const at::Tensor& x, const RotaryAngles& angles);

}  // namespace rift::nn
