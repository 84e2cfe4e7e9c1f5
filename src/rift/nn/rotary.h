#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>

#include "rift/nn/rotary_scaling.h"

namespace rift::nn {

/// Angles of rotary position embeddings for some tokens.
struct RotaryAngles {
  at::Tensor cos;  // [S,1,K]
  at::Tensor sin;  // [S,1,K]
};

/// Angle of dimension i and of i + K/2: position * frequency i, taken in f32; cos and sin times the amplitude.
/// positions [S].
RotaryAngles rotary_angles(const at::Tensor& positions, const RotaryFrequencies& frequencies, at::ScalarType dtype);
/// The same with the frequencies theta^(-2i / K). K even.
RotaryAngles rotary_angles(const at::Tensor& positions, int64_t head_width, double theta, at::ScalarType dtype);

/// Each head's pairs (x_i, x_{i + K/2}) turned by their angle. x [S,D], D = heads * K -> [S,D]. Source:
/// arXiv:2104.09864, with the pairs of GPT-NeoX and transformers.
at::Tensor rotate(const at::Tensor& x, const RotaryAngles& angles);

}  // namespace rift::nn
