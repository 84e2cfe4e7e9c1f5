#define RIFT_LANES 16
#include "rift/nn/kernels/isa/bytes.h"
#include "rift/nn/kernels/isa/table.h"
#include "rift/nn/kernels/isa/updates.h"
#include "rift/nn/kernels/tables.h"

namespace rift::nn::kernels {

constinit const Kernels<float> kAvx512F32 = kTable<float>;
constinit const Kernels<Bf16> kAvx512Bf16 = kTable<Bf16>;
constinit const Updates<float> kAvx512UpdatesF32 = kUpdates<float>;
constinit const Updates<double> kAvx512UpdatesF64 = kUpdates<double>;
constinit const ByteKernels kAvx512Bytes = kByteTable;

}  // namespace rift::nn::kernels
