#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "rift/nn/engine/layer.h"
#include "rift/nn/engine/memory.h"
#include "rift/nn/linear.h"

namespace rift::nn {

/// A linear map's weights in the form that the engine multiplies with, made again when they have changed. E is float or
/// kernels::Bf16.
template <class E>
class PackedLinear {
 public:
  explicit PackedLinear(const Linear& linear) : linear_(&linear) {}

  /// Takes note of the weights as `store` has them. Appends to `tasks` what is to be done for that, in any order and on
  /// any thread, before view() is used.
  void refresh(const ParameterStore& store, std::vector<std::function<void()>>& tasks);
  /// Rows first .. last - 1 of the weight have changed, values from any thread but not the same rows twice. Whole
  /// blocks of them are taken over at once, if anyone has asked for them since they last were; the others wait for
  /// refresh().
  void rows_written(const ParameterStore& store, int64_t first, int64_t last);
  /// Valid until the next refresh(), a change of the adapter or of the store's layout.
  engine::LinearView<E> view(uint32_t site) const;

 private:
  /// One matrix [out,in], its transpose and itself as right sides of a product.
  struct Matrix {
    engine::Block memory;
    E* turned = nullptr;
    E* rows = nullptr;  // nullptr where the parameter itself is the right side
    int64_t out = 0;
    int64_t in = 0;
    const void* from = nullptr;
    std::vector<uint64_t> versions;  // of each block of rows
    std::vector<uint8_t> in_use;     // asked for since it was made
  };
  /// What it is made from; padded with zeros, times `scale`.
  struct Source {
    const float* data = nullptr;
    int64_t out = 0;
    int64_t in = 0;
    int64_t padded_out = 0;
    int64_t padded_in = 0;
    float scale = 1;
    uint64_t version = 0;
    bool is_plain() const { return scale == 1 && out == padded_out && in == padded_in; }
  };
  Source weight_source(const ParameterStore& store) const;
  static void refresh(Matrix& matrix, const Source& source, std::vector<std::function<void()>>& tasks);
  static void pack_block(Matrix& matrix, const Source& source, int64_t block);

  const Linear* linear_;
  Matrix weight_;
  Matrix low_a_;  // [32,in]
  Matrix low_b_;  // [out,32], scaled
};

}  // namespace rift::nn
