#define RIFT_LANES 16
#include "rift/nn/kernels/isa/bytes.h"
#include "rift/nn/kernels/tables.h"

namespace rift::nn::kernels {

constinit const ByteKernels kAvx512VnniBytes = kByteTable;

}  // namespace rift::nn::kernels
