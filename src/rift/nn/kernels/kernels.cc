#include "rift/nn/kernels/kernels.h"

#include "rift/nn/kernels/tables.h"

namespace rift::nn::kernels {

template <>
const Kernels<float>& kernels<float>() {
#if defined(__x86_64__)
  switch (instruction_set()) {
    case InstructionSet::kAvx512Bf16:
    case InstructionSet::kAvx512Vnni:
    case InstructionSet::kAvx512:
      return kAvx512F32;
    case InstructionSet::kAvx2:
      return kAvx2F32;
    case InstructionSet::kBaseline:
      break;
  }
#endif
  return kBaselineF32;
}

template <>
const Kernels<Bf16>& kernels<Bf16>() {
#if defined(__x86_64__)
  switch (instruction_set()) {
    case InstructionSet::kAvx512Bf16:
      return kAvx512PairsBf16;
    case InstructionSet::kAvx512Vnni:
    case InstructionSet::kAvx512:
      return kAvx512Bf16;
    case InstructionSet::kAvx2:
      return kAvx2Bf16;
    case InstructionSet::kBaseline:
      break;
  }
#endif
  return kBaselineBf16;
}

}  // namespace rift::nn::kernels
