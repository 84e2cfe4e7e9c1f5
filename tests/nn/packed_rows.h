#pragma once

#include <ATen/ops/empty.h>

#include <functional>
#include <span>
#include <vector>

#include "rift/base/random.h"
#include "rift/nn/parameters.h"
#include "rift/tensor/packed_batch.h"

namespace rift::test {

/// A batch of rows of these lengths, token ids counted up, row key = `first_key` + row.
inline tensor::PackedBatch packed_rows(const std::vector<int64_t>& lengths, uint64_t first_key = 0) {
  tensor::TokenRows rows;
  int32_t id = 0;
  for (const int64_t length : lengths) {
    std::vector<int32_t> ids(static_cast<size_t>(length));
    for (int32_t& one : ids) one = id++;
    rows.add_row(ids, first_key++);
  }
  return tensor::make_packed_batch(rows, c10::Device(c10::DeviceType::CPU));
}

/// Standard normals, f64.
inline at::Tensor random_tensor(std::vector<int64_t> shape, uint64_t stream) {
  at::Tensor tensor = at::empty(shape, at::kDouble);
  const CounterRandom random(4, stream);
  auto* values = tensor.mutable_data_ptr<double>();
  for (int64_t i = 0; i < tensor.numel(); ++i) values[i] = random.normal(static_cast<uint64_t>(i));
  return tensor;
}

/// Largest difference between the gradient of `loss` (f64, a scalar) at the leaf x and central differences.
inline double gradient_error(const at::Tensor& x, const std::function<at::Tensor()>& loss) {
  if (x.grad().defined()) x.mutable_grad().zero_();  // a parameter's gradient stays the window that it is
  loss().backward();
  const at::Tensor gradient = x.grad().contiguous();
  auto* values = static_cast<double*>(x.data_ptr());
  double largest = 0;
  for (int64_t i = 0; i < x.numel(); ++i) {
    const double kept = values[i], h = 1e-6;
    values[i] = kept + h;
    const double above = loss().item<double>();
    values[i] = kept - h;
    const double below = loss().item<double>();
    values[i] = kept;
    largest = std::max(largest, std::abs(gradient.const_data_ptr<double>()[i] - (above - below) / (2 * h)));
  }
  return largest;
}

}  // namespace rift::test
