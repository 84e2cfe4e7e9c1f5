#pragma once

#include "rift/nn/kernels/bytes.h"

/// The tables of products of bytes that isa/ defines. For bytes.cc; others ask byte_kernels().
namespace rift::nn::kernels {

extern const ByteKernels kBaselineBytes;
#if defined(__x86_64__)
extern const ByteKernels kAvx2Bytes;
extern const ByteKernels kAvx512Bytes;
extern const ByteKernels kAvx512VnniBytes;
#endif

}  // namespace rift::nn::kernels
