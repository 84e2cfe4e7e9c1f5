#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <memory>
#include <span>

namespace rift::nn {

/// A matrix that never trains, held in whatever form takes little room (blocks of a GGUF file) and read by rows.
/// Safe from several threads.
class FrozenMatrix {
 public:
  virtual ~FrozenMatrix() = default;
  virtual int64_t rows() const = 0;     // D_out
  virtual int64_t columns() const = 0;  // D_in
  virtual int64_t bytes_held() const = 0;
  /// Rows first .. last - 1 as numbers, row-major; `out` has exactly that many.
  virtual void read_rows(int64_t first, int64_t last, std::span<float> out) const = 0;
};

/// x W^T.  x [S,D_in] f32 on the CPU -> [S,D_out]. W is read a few rows at a time into a scratch panel, in the forward
/// pass and again in the backward pass, which gives x its gradient: the whole of W is never there as numbers.
at::Tensor frozen_linear(const at::Tensor& x, const std::shared_ptr<const FrozenMatrix>& weight);

/// All of W, [D_out,D_in] f32.
at::Tensor to_tensor(const FrozenMatrix& weight);

}  // namespace rift::nn
