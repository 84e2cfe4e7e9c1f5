#pragma once

#include "rift/nn/kernels/kernels.h"

namespace rift::test {

/// The kernels of "amx" for any CPU: its products, with tiles in memory, and the baseline's other kernels.
extern const nn::kernels::Kernels<nn::kernels::Bf16> kEmulatedAmx;

}  // namespace rift::test
