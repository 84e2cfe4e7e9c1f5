#define RIFT_LANES 16
#include "rift/nn/kernels/byte_tables.h"
#include "rift/nn/kernels/isa/bytes.h"

namespace rift::nn::kernels {

constinit const ByteKernels<float> kAvx512VnniBytesF32 = kByteTable<float>;
constinit const ByteKernels<Bf16> kAvx512VnniBytesBf16 = kByteTable<Bf16>;

}  // namespace rift::nn::kernels
