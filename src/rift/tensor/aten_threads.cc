#include "rift/tensor/aten_threads.h"

#include <ATen/Parallel.h>

#include <cstdlib>

#include "rift/base/threads.h"

namespace rift::tensor {

namespace {

/// On Intel's CPUs MKL splits a long sum by the number of threads, and the split shows in the last bits. It reads this
/// when it first computes. Source: oneMKL's developer guide, "Obtaining Numerically Reproducible Results", strict CNR.
bool ask_for_bits_of_any_threads() {
#if defined(__x86_64__)
  if (!__builtin_cpu_is("intel") || !__builtin_cpu_supports("avx2")) return false;
  return setenv("MKL_CBWR", __builtin_cpu_supports("avx512f") ? "AVX512,STRICT" : "AVX2,STRICT", 0) == 0;
#else
  return false;
#endif
}

}  // namespace

void apply_threads() {
  [[maybe_unused]] static const bool asked = ask_for_bits_of_any_threads();
  const int count = static_cast<int>(threads());
  if (at::get_num_threads() != count) at::set_num_threads(count);
}

}  // namespace rift::tensor
