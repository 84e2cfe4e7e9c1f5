#define RIFT_LANES 4
#include "rift/nn/kernels/isa/bytes.h"
#include "rift/nn/kernels/isa/table.h"
#include "rift/nn/kernels/isa/updates.h"
#include "rift/nn/kernels/tables.h"

namespace rift::nn::kernels {

constinit const Kernels<float> kBaselineF32 = kTable<float>;
constinit const Kernels<Bf16> kBaselineBf16 = kTable<Bf16>;
constinit const Updates<float> kBaselineUpdatesF32 = kUpdates<float>;
constinit const Updates<double> kBaselineUpdatesF64 = kUpdates<double>;
constinit const ByteKernels kBaselineBytes = kByteTable;

}  // namespace rift::nn::kernels
