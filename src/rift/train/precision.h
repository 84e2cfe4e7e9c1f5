#pragma once

#include <string>

#include "rift/nn/forward_context.h"
#include "rift/train/options.h"

namespace rift::train {

/// kF32 or kBf16: what run.yaml's train.precision comes to on this machine. kAutomatic is bf16 where the CPU multiplies
/// it and the fused engine runs the model, else f32.
///   why_not_fused: models::TextEncoder::why_not_fused()
/// Throws kConfig where bf16 is asked for and the engine does not run the model.
Precision resolved(Precision asked, const std::string& why_not_fused);

/// Throws kConfig where train.batch_memory_mib is set and the fused engine, which alone keeps to it, does not run the
/// model.
void require_batch_memory(int64_t batch_memory_mib, const std::string& why_not_fused);

/// Of a resolved one.
nn::Precision precision_of(Precision resolved);

}  // namespace rift::train
