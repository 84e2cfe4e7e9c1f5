#pragma once

#include <ATen/core/Tensor.h>

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "rift/nn/activation.h"
#include "rift/nn/engine/layer.h"
#include "rift/nn/engine/weight_gradients.h"
#include "rift/nn/forward_context.h"
#include "rift/nn/layer_norm.h"
#include "rift/nn/linear.h"
#include "rift/tensor/packed_batch.h"

namespace rift::nn {

/// A post-norm encoder layer by its maps and norms, in the order of engine::LinearPlace and engine::NormPlace.
struct EncoderLayerParts {
  std::array<const Linear*, engine::kLinearPlaces> linears;
  std::array<const LayerNorm*, engine::kNormPlaces> norms;
};

struct EncoderParts {
  std::vector<EncoderLayerParts> layers;
  int64_t heads = 1;
  Activation activation = Activation::kGelu;
  std::array<double, engine::kNormPlaces> dropout_before_norm{};  // of what is added to the residual
  double attention_dropout = 0;                                   // of attention weights
};

/// Layers first .. last - 1 of an encoder and what leaves them.
struct EncoderSpan {
  int64_t first = 0;
  int64_t last = 0;
  bool first_only = false;  // of the last layer only the rows' first tokens, [B,D]
};

/// Runs the layers of a post-norm encoder as ONE node of the autograd graph on the room nn/engine, where the model is
/// one that it computes: on a CPU, in f32, GELU by erf, widths and head width multiples of 32, adapters of low rank.
///
/// The node gives the gradient of its input to autograd and adds the gradients of the parameters to the store's
/// gradient windows itself, where backward() reaches it: torch::autograd::grad() of a parameter through it is not
/// defined. Nothing is computed for parameters that do not train, nor below the lowest layer that needs it.
/// Not thread-safe: run() packs weights that have changed.
class EncoderEngine final : private RowsFollower {
 public:
  /// The parts and the store must outlive it.
  EncoderEngine(EncoderParts parts, ParameterStore& store);
  ~EncoderEngine() override;

  /// Why the engine cannot run this model, or "" when it can. Adapters that came or went since count.
  std::string why_not() const;
  /// hidden [S,D] -> [S,D] or [B,D]. Only where why_not() is "", in int8 only where nothing needs a gradient; maps with
  /// an adapter are not multiplied in bytes.
  at::Tensor run(const at::Tensor& hidden, const EncoderSpan& span, const tensor::PackedBatch& batch,
                 const ForwardContext& context) const;

 private:
  template <class E>
  struct Packed;
  struct Bytes;
  template <class E>
  at::Tensor run_in(Packed<E>& packed, const at::Tensor& hidden, const EncoderSpan& span,
                    const tensor::PackedBatch& batch, const ForwardContext& context) const;
  std::vector<const Parameter*> trained(const EncoderSpan& span) const;
  std::vector<engine::LayerGradients> gradients(const EncoderSpan& span) const;
  engine::WholeRows whole_rows() const;
  void rows_written(const Parameter& matrix, int64_t first, int64_t last) override;

  EncoderParts parts_;
  ParameterStore& store_;
  std::unordered_map<const Parameter*, size_t> place_of_;  // of a weight, among the maps of all layers
  std::unique_ptr<Packed<float>> f32_;
  std::unique_ptr<Packed<kernels::Bf16>> bf16_;
  std::unique_ptr<Bytes> bytes_;
};

}  // namespace rift::nn
