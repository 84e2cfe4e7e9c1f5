#include "rift/nn/kernels/kernels.h"

#include <array>

#include "rift/nn/kernels/tables.h"

namespace rift::nn::kernels {

namespace {

/// The tables of one kind, by InstructionSet.
template <class Table>
using TablesBySet = std::array<const Table*, 6>;

template <class Table>
const Table& in_use(const TablesBySet<Table>& tables) {
  return *tables[static_cast<size_t>(instruction_set())];
}

constexpr TablesBySet<Kernels<float>> kF32 = {&kBaselineF32, &kAvx2F32,   &kAvx512F32,
                                              &kAvx512F32,   &kAvx512F32, &kAvx512F32};
constexpr TablesBySet<Kernels<Bf16>> kBf16 = {&kBaselineBf16, &kAvx2Bf16,        &kAvx512Bf16,
                                              &kAvx512Bf16,   &kAvx512PairsBf16, &kAmxBf16};
constexpr TablesBySet<Updates<float>> kUpdatesF32 = {&kBaselineUpdatesF32, &kAvx2UpdatesF32,   &kAvx512UpdatesF32,
                                                     &kAvx512UpdatesF32,   &kAvx512UpdatesF32, &kAvx512UpdatesF32};
constexpr TablesBySet<Updates<double>> kUpdatesF64 = {&kBaselineUpdatesF64, &kAvx2UpdatesF64,   &kAvx512UpdatesF64,
                                                      &kAvx512UpdatesF64,   &kAvx512UpdatesF64, &kAvx512UpdatesF64};
constexpr TablesBySet<ByteKernels> kBytes = {&kBaselineBytes,   &kAvx2Bytes,       &kAvx512Bytes,
                                             &kAvx512VnniBytes, &kAvx512VnniBytes, &kAvx512VnniBytes};

}  // namespace

template <>
const Kernels<float>& kernels<float>() {
  return in_use(kF32);
}
template <>
const Kernels<Bf16>& kernels<Bf16>() {
  return in_use(kBf16);
}
template <>
const Updates<float>& updates<float>() {
  return in_use(kUpdatesF32);
}
template <>
const Updates<double>& updates<double>() {
  return in_use(kUpdatesF64);
}

const ByteKernels& byte_kernels() { return in_use(kBytes); }

}  // namespace rift::nn::kernels
