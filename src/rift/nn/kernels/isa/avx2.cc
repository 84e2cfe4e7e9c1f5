#define RIFT_LANES 8
#include "rift/nn/kernels/isa/bytes.h"
#include "rift/nn/kernels/isa/table.h"
#include "rift/nn/kernels/isa/updates.h"
#include "rift/nn/kernels/tables.h"

namespace rift::nn::kernels {

constinit const Kernels<float> kAvx2F32 = kTable<float>;
constinit const Kernels<Bf16> kAvx2Bf16 = kTable<Bf16>;
constinit const Updates<float> kAvx2UpdatesF32 = kUpdates<float>;
constinit const Updates<double> kAvx2UpdatesF64 = kUpdates<double>;
constinit const ByteKernels kAvx2Bytes = kByteTable;

}  // namespace rift::nn::kernels
