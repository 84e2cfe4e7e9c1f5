#include "rift/tensor/aten_threads.h"

#include <ATen/Parallel.h>

#include "rift/base/threads.h"

namespace rift::tensor {

void apply_threads() {
  const int count = static_cast<int>(threads());
  if (at::get_num_threads() != count) at::set_num_threads(count);
}

}  // namespace rift::tensor
