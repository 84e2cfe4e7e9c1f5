#pragma once

#include "rift/nn/kernels/bytes.h"
#include "rift/nn/kernels/kernels.h"
#include "rift/nn/kernels/updates.h"

/// The tables that isa/ defines, one file for each instruction set. For kernels.cc; others ask kernels<E>(),
/// updates<T>() and byte_kernels().
namespace rift::nn::kernels {

extern const Kernels<float> kBaselineF32;
extern const Kernels<Bf16> kBaselineBf16;
extern const Updates<float> kBaselineUpdatesF32;
extern const Updates<double> kBaselineUpdatesF64;
extern const Kernels<float> kAvx2F32;
extern const Kernels<Bf16> kAvx2Bf16;
extern const Updates<float> kAvx2UpdatesF32;
extern const Updates<double> kAvx2UpdatesF64;
extern const Kernels<float> kAvx512F32;
extern const Kernels<Bf16> kAvx512Bf16;
extern const Updates<float> kAvx512UpdatesF32;
extern const Updates<double> kAvx512UpdatesF64;
extern const Kernels<Bf16> kAvx512PairsBf16;
extern const Kernels<Bf16> kAmxBf16;
extern const ByteKernels kBaselineBytes;
extern const ByteKernels kAvx2Bytes;
extern const ByteKernels kAvx512Bytes;
extern const ByteKernels kAvx512VnniBytes;

}  // namespace rift::nn::kernels
