#include "rift/nn/kernels/bytes.h"

#include "rift/nn/kernels/byte_tables.h"

namespace rift::nn::kernels {

template <>
const ByteKernels<float>& byte_kernels<float>() {
#if defined(__x86_64__)
  switch (instruction_set()) {
    case InstructionSet::kAvx512Bf16:
    case InstructionSet::kAvx512Vnni:
      return kAvx512VnniBytesF32;
    case InstructionSet::kAvx512:
      return kAvx512BytesF32;
    case InstructionSet::kAvx2:
      return kAvx2BytesF32;
    case InstructionSet::kBaseline:
      break;
  }
#endif
  return kBaselineBytesF32;
}

template <>
const ByteKernels<Bf16>& byte_kernels<Bf16>() {
#if defined(__x86_64__)
  switch (instruction_set()) {
    case InstructionSet::kAvx512Bf16:
      return kAvx512PairsBytesBf16;
    case InstructionSet::kAvx512Vnni:
      return kAvx512VnniBytesBf16;
    case InstructionSet::kAvx512:
      return kAvx512BytesBf16;
    case InstructionSet::kAvx2:
      return kAvx2BytesBf16;
    case InstructionSet::kBaseline:
      break;
  }
#endif
  return kBaselineBytesBf16;
}

}  // namespace rift::nn::kernels
