#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <optional>
#include <variant>

namespace rift::nn {

/// What rotary positions turn by: pair i of a head's dimensions by position * per_pair[i].
struct RotaryFrequencies {
  at::Tensor per_pair;   // [K/2] f32, on the host
  double amplitude = 1;  // of cosines and sines
};

/// Ways to stretch the frequencies f_i = theta^(-2i / K) so that a model reads longer rows than it was pretrained on,
/// under transformers' names (modeling_rope_utils) and computed in f32 as there.

/// f_i / factor. Source: arXiv:2306.15595.
struct LinearRotaryScaling {
  double factor = 1;
};

/// f_i for wavelengths w_i = 2 pi / f_i below positions / high_frequency_factor, f_i / factor for those above positions
/// / low_frequency_factor, a blend of both between. Source: Llama 3.1.
struct Llama3RotaryScaling {
  double factor = 8;
  double low_frequency_factor = 1;
  double high_frequency_factor = 4;
  double positions = 8192;  // of the model before it was stretched
};

/// YaRN (arXiv:2309.00071): f_i for pairs that turn more than beta_fast times within `positions`, f_i / factor for
/// those that turn less than beta_slow times, a linear ramp between; amplitude 0.1 ln(factor) + 1.
struct YarnRotaryScaling {
  double factor = 1;
  double positions = 0;  // of the model before it was stretched
  double beta_fast = 32;
  double beta_slow = 1;
  bool truncate = true;             // the ramp's ends to whole pairs
  std::optional<double> amplitude;  // instead of what follows from factor
  std::optional<double> mscale;     // with mscale_all_dim: amplitude (0.1 mscale ln(factor) + 1) / the same with it
  std::optional<double> mscale_all_dim;
};

using RotaryScaling = std::variant<std::monostate, LinearRotaryScaling, Llama3RotaryScaling, YarnRotaryScaling>;

/// K even.
RotaryFrequencies rotary_frequencies(int64_t head_width, double theta, const RotaryScaling& scaling = {});

}  // namespace rift::nn
