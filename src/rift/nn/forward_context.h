#pragma once

#include <cstdint>

#include "rift/nn/kernels/dropout.h"

namespace rift::nn {

/// What computes an encoder's layers: the engine (encoder_engine.h) where it can, or ATen's operations one by one.
enum class Execution { kAutomatic, kPlain };

/// What the engine multiplies: f32, bf16 with f32 sums, or, scoring only, bytes: linear maps multiply weights and
/// states in 8 bits (kernels/bytes.h), all else is as in f32: the same on every CPU, and no slower than states in bf16.
/// Plain execution computes in the parameters' own type.
enum class Precision { kF32, kBf16, kInt8 };

/// How one forward pass runs. Scoring: the default. Training: dropout is on and its masks are a hash of (seed, epoch,
/// row key, layer, site, token, feature), so that they do not depend on packing, batch split or threads.
struct ForwardContext {
  bool training = false;
  uint64_t seed = 0;
  int64_t epoch = 0;
  Execution execution = Execution::kAutomatic;
  Precision precision = Precision::kF32;
  bool recomputes = false;  // keeps of a training pass what goes into each layer alone (recompute.h)
  bool again = false;       // the second run of a layer for the same pass: running statistics have been counted
  int64_t most_bytes = 0;   // that the engine may take for a batch's activations while training; 0 = no limit
};

using kernels::DropoutSite;

}  // namespace rift::nn
