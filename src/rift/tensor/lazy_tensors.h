#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "rift/tensor/tensor_map.h"

namespace rift::tensor {

/// A tensor that is made when it is asked for: read from a file, unpacked from blocks, merged with an adapter.
struct LazyTensor {
  std::vector<int64_t> shape;
  at::ScalarType dtype = at::kFloat;
  std::function<at::Tensor()> read;  // of that shape and type; may throw what reading throws
};

/// Tensors by name, in name order, of which whoever goes through them holds one at a time: a model larger than half of
/// the memory can be loaded and written.
class LazyTensors {
 public:
  using Entries = std::map<std::string, LazyTensor>;
  LazyTensors() = default;
  LazyTensors(const TensorMap& tensors);  // those that are there already, shared

  void emplace(std::string name, LazyTensor tensor) { entries_.insert_or_assign(std::move(name), std::move(tensor)); }
  void erase(const std::string& name) { entries_.erase(name); }
  bool contains(const std::string& name) const { return entries_.contains(name); }
  const LazyTensor* find(const std::string& name) const;  // nullptr when absent
  bool empty() const { return entries_.empty(); }
  size_t size() const { return entries_.size(); }
  Entries::const_iterator begin() const { return entries_.begin(); }
  Entries::const_iterator end() const { return entries_.end(); }

  /// All of them at once.
  TensorMap read_all() const;

 private:
  Entries entries_;
};

/// One that is there already.
LazyTensor lazy(const at::Tensor& tensor);
/// The transpose of a matrix.
LazyTensor transposed(LazyTensor matrix);

}  // namespace rift::tensor
