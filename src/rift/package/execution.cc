#include "rift/package/execution.h"

#include <fmt/format.h>

#include "rift/nn/kernels/instruction_set.h"
#include "rift/tensor/aten_threads.h"
#include "rift/tensor/device.h"

namespace rift::package {

std::string describe_execution(const std::string& device) {
  tensor::apply_threads();
  const c10::Device parsed = tensor::parse_device(device);
  const std::string libtorch = tensor::describe_execution(parsed);
  if (!parsed.is_cpu()) return libtorch;
  return fmt::format("{}; encoders by own kernels: {}", libtorch, nn::kernels::name_of(nn::kernels::instruction_set()));
}

}  // namespace rift::package
