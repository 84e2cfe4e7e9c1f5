#include "rift/nn/kernels/bytes.h"

#include "rift/nn/kernels/byte_tables.h"

namespace rift::nn::kernels {

const ByteKernels& byte_kernels() {
#if defined(__x86_64__)
  switch (instruction_set()) {
    case InstructionSet::kAvx512Bf16:
    case InstructionSet::kAvx512Vnni:
      return kAvx512VnniBytes;
    case InstructionSet::kAvx512:
      return kAvx512Bytes;
    case InstructionSet::kAvx2:
      return kAvx2Bytes;
    case InstructionSet::kBaseline:
      break;
  }
#endif
  return kBaselineBytes;
}

}  // namespace rift::nn::kernels
