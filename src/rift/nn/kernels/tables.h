#pragma once

#include "rift/nn/kernels/kernels.h"

/// The tables that isa/ defines, one file for each instruction set. For kernels.cc; others ask kernels<E>().
namespace rift::nn::kernels {

extern const Kernels<float> kBaselineF32;
extern const Kernels<Bf16> kBaselineBf16;
#if defined(__x86_64__)
extern const Kernels<float> kAvx2F32;
extern const Kernels<Bf16> kAvx2Bf16;
extern const Kernels<float> kAvx512F32;
extern const Kernels<Bf16> kAvx512Bf16;
extern const Kernels<Bf16> kAvx512PairsBf16;
extern const Kernels<Bf16> kAmxBf16;
#endif

}  // namespace rift::nn::kernels
