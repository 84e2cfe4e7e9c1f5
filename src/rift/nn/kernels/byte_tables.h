#pragma once

#include "rift/nn/kernels/bytes.h"

/// The tables of products of bytes that isa/ defines. For bytes.cc; others ask byte_kernels<E>().
namespace rift::nn::kernels {

extern const ByteKernels<float> kBaselineBytesF32;
extern const ByteKernels<Bf16> kBaselineBytesBf16;
#if defined(__x86_64__)
extern const ByteKernels<float> kAvx2BytesF32;
extern const ByteKernels<Bf16> kAvx2BytesBf16;
extern const ByteKernels<float> kAvx512BytesF32;
extern const ByteKernels<Bf16> kAvx512BytesBf16;
extern const ByteKernels<float> kAvx512VnniBytesF32;
extern const ByteKernels<Bf16> kAvx512VnniBytesBf16;
extern const ByteKernels<Bf16> kAvx512PairsBytesBf16;
#endif

}  // namespace rift::nn::kernels
