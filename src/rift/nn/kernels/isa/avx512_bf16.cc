#define RIFT_LANES 16
#include "rift/nn/kernels/isa/table.h"
#include "rift/nn/kernels/tables.h"

namespace rift::nn::kernels {

constinit const Kernels<Bf16> kAvx512PairsBf16 = kTable<Bf16>;

}  // namespace rift::nn::kernels
