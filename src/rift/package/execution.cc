#include "rift/package/execution.h"

#include "rift/tensor/aten_threads.h"
#include "rift/tensor/device.h"

namespace rift::package {

std::string describe_execution(const std::string& device) {
  tensor::apply_threads();
  return tensor::describe_execution(tensor::parse_device(device));
}

}  // namespace rift::package
