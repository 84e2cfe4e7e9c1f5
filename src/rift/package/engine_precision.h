#pragma once

#include "rift/models/text_encoder.h"
#include "rift/nn/forward_context.h"
#include "rift/score/scorer.h"

namespace rift::package {

/// What the engine multiplies for a --precision.
nn::Precision computed_in(score::Precision precision);

/// Throws kUnsupported with the reason where the fused engine, which alone computes in others than f32, does not run
/// the model.
void require_engine(const models::TextEncoder& encoder, score::Precision precision);

}  // namespace rift::package
