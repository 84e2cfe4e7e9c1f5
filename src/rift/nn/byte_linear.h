#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "rift/nn/engine/layer.h"
#include "rift/nn/engine/memory.h"
#include "rift/nn/linear.h"

namespace rift::nn {

/// A linear map's weights in signed bytes, a scale for each output, made again when they have changed. For scoring.
class ByteLinear {
 public:
  explicit ByteLinear(const Linear& linear) : linear_(&linear) {}

  /// Whether the map can be multiplied in bytes: it has no adapter.
  bool possible() const { return linear_->adapter == nullptr; }
  /// As PackedLinear::refresh(). Only where possible().
  void refresh(const ParameterStore& store, std::vector<std::function<void()>>& tasks);
  /// A view without f32 or bf16 weights; valid until the next refresh() or a change of the store's layout.
  engine::LinearView<float> view() const {
    return {.in = linear_->in_features(),
            .out = linear_->out_features(),
            .turned = {},
            .rows = {},
            .bias = linear_->bias->view.const_data_ptr<float>(),
            .low_rank = {},
            .bytes = weights_};
  }

 private:
  const Linear* linear_;
  engine::Block memory_;
  engine::ByteWeights weights_;
  uint64_t version_ = 0;
  const void* from_ = nullptr;
};

}  // namespace rift::nn
