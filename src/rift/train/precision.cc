#include "rift/train/precision.h"

#include "rift/base/error.h"
#include "rift/nn/kernels/instruction_set.h"

namespace rift::train {

Precision resolved(Precision asked, const std::string& why_not_fused) {
  RIFT_REQUIRE(
      asked != Precision::kBf16 || why_not_fused.empty(), Code::kConfig,
      "train.precision: bf16 runs on the fused engine only, which does not run this model: {}; leave it at auto",
      why_not_fused);
  if (asked != Precision::kAutomatic) return asked;
  const bool fast = nn::kernels::multiplies_bf16(nn::kernels::instruction_set());
  return fast && why_not_fused.empty() ? Precision::kBf16 : Precision::kF32;
}

void require_batch_memory(int64_t batch_memory_mib, const std::string& why_not_fused) {
  RIFT_REQUIRE(batch_memory_mib == 0 || why_not_fused.empty(), Code::kConfig,
               "train.batch_memory_mib: {} is kept to by the fused engine only, which does not run this model: {}; "
               "leave it at 0 and lower optim.batch_rows (and raise optim.accumulate) instead",
               batch_memory_mib, why_not_fused);
}

nn::Precision precision_of(Precision resolved) {
  RIFT_CHECK(resolved != Precision::kAutomatic);
  return resolved == Precision::kBf16 ? nn::Precision::kBf16 : nn::Precision::kF32;
}

}  // namespace rift::train
