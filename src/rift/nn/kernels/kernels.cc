#include "rift/nn/kernels/kernels.h"

#include "rift/nn/kernels/tables.h"

namespace rift::nn::kernels {

namespace {

/// Of one kind of table, that of the instruction set in use; those from kAvx512 on share AVX-512's unless they have
/// their own.
template <class Table>
const Table& chosen(const Table& baseline, const Table& avx2, const Table& avx512, const Table& avx512_bf16) {
  switch (instruction_set()) {
    case InstructionSet::kBaseline:
      return baseline;
    case InstructionSet::kAvx2:
      return avx2;
    case InstructionSet::kAvx512:
      return avx512;
    case InstructionSet::kAvx512Bf16:
      return avx512_bf16;
  }
  return baseline;
}

}  // namespace

template <>
const Kernels<float>& kernels<float>() {
  return chosen(kBaselineF32, kAvx2F32, kAvx512F32, kAvx512F32);
}
template <>
const Kernels<Bf16>& kernels<Bf16>() {
  return chosen(kBaselineBf16, kAvx2Bf16, kAvx512Bf16, kAvx512PairsBf16);
}
template <>
const Updates<float>& updates<float>() {
  return chosen(kBaselineUpdatesF32, kAvx2UpdatesF32, kAvx512UpdatesF32, kAvx512UpdatesF32);
}
template <>
const Updates<double>& updates<double>() {
  return chosen(kBaselineUpdatesF64, kAvx2UpdatesF64, kAvx512UpdatesF64, kAvx512UpdatesF64);
}

}  // namespace rift::nn::kernels
