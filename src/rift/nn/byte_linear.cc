#include "rift/nn/byte_linear.h"

#include <algorithm>
#include <cmath>

#include "rift/base/error.h"

namespace rift::nn {

namespace {

using kernels::kBlock;
using kernels::kPerUnit;

constexpr float kLargestByte = 127;

struct Target {
  int8_t* bytes = nullptr;
  float* scale = nullptr;
  int32_t* sums = nullptr;
  int32_t* slab_sums = nullptr;
};

Target placed(engine::Layout layout, int64_t out, int64_t in, size_t* used) {
  Target at;
  at.bytes = layout.take<int8_t>(out * in);
  at.scale = layout.take<float>(out);
  at.sums = layout.take<int32_t>(out);
  at.slab_sums = layout.take<int32_t>((in + engine::kSlabColumns - 1) / engine::kSlabColumns * out);
  *used = layout.used();
  return at;
}

/// One output's weights [in]. The largest of them decides the step; one that is not finite stays so through the scale.
void pack_output(const float* weights, int64_t output, int64_t out, int64_t in, const Target& to) {
  float largest = 0, odd = 0;
  for (int64_t k = 0; k < in; ++k) {
    largest = std::max(largest, std::abs(weights[k]));
    odd += weights[k] - weights[k];
  }
  to.scale[output] = largest / kLargestByte + odd;
  const bool usable = largest > 1e-30f && std::isfinite(to.scale[output]);
  int8_t* block = to.bytes + output / kBlock * kBlock * in + output % kBlock * kPerUnit<int8_t>;
  int32_t sum = 0, slab_sum = 0;
  for (int64_t k = 0; k < in; ++k) {
    const auto byte = static_cast<int8_t>(usable ? std::nearbyint(weights[k] * (kLargestByte / largest)) : 0.0f);
    block[k / kPerUnit<int8_t> * kBlock * kPerUnit<int8_t> + k % kPerUnit<int8_t>] = byte;
    sum += byte;
    slab_sum += byte;
    if ((k + 1) % engine::kSlabColumns != 0 && k + 1 != in) continue;
    to.slab_sums[k / engine::kSlabColumns * out + output] = slab_sum;
    slab_sum = 0;
  }
  to.sums[output] = sum;
}

}  // namespace

void ByteLinear::refresh(const ParameterStore& store, std::vector<std::function<void()>>& tasks) {
  RIFT_CHECK(possible());
  const Parameter& weight = *linear_->weight;
  const int64_t out = weight.shape[0], in = weight.shape[1];
  const auto* from = weight.view.const_data_ptr<float>();
  const uint64_t version = store.version_of(weight);
  if (memory_.size() != 0 && version_ == version && from_ == from) return;
  size_t used = 0;
  placed(engine::Layout(), out, in, &used);
  if (memory_.size() == 0) memory_ = engine::Block(used);
  const Target to = placed(engine::Layout(memory_.data()), out, in, &used);
  weights_ = {
      .columns = {.bytes = {to.bytes, kBlock * kPerUnit<int8_t>, in * kBlock}, .scale = to.scale, .sums = to.sums},
      .slab_sums = to.slab_sums};
  version_ = version;
  from_ = from;
  for (int64_t first = 0; first < out; first += kBlock) {
    tasks.emplace_back([=] {
      for (int64_t o = first; o < first + kBlock; ++o) pack_output(from + o * in, o, out, in, to);
    });
  }
}

}  // namespace rift::nn
