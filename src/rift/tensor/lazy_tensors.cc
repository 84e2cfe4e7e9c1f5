#include "rift/tensor/lazy_tensors.h"

#include <utility>

#include "rift/base/error.h"

namespace rift::tensor {

LazyTensors::LazyTensors(const TensorMap& tensors) {
  for (const auto& [name, tensor] : tensors) entries_.emplace(name, lazy(tensor));
}

const LazyTensor* LazyTensors::find(const std::string& name) const {
  const auto found = entries_.find(name);
  return found == entries_.end() ? nullptr : &found->second;
}

TensorMap LazyTensors::read_all() const {
  TensorMap tensors;
  for (const auto& [name, tensor] : entries_) tensors.emplace(name, tensor.read());
  return tensors;
}

LazyTensor lazy(const at::Tensor& tensor) {
  RIFT_CHECK(tensor.defined());
  return {.shape = tensor.sizes().vec(), .dtype = tensor.scalar_type(), .read = [tensor] { return tensor; }};
}

LazyTensor transposed(LazyTensor matrix) {
  RIFT_CHECK(matrix.shape.size() == 2);
  std::swap(matrix.shape[0], matrix.shape[1]);
  matrix.read = [read = std::move(matrix.read)] { return read().t(); };
  return matrix;
}

}  // namespace rift::tensor
