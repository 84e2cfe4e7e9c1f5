#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "rift/nn/forward_context.h"
#include "rift/nn/parameters.h"
#include "rift/nn/tokens_read.h"
#include "rift/tensor/packed_batch.h"

namespace rift::nn {

/// x W^T + b, on a CPU with the same bits for any number of threads, its gradients too. x [S,D_in], W [D_out,D_in];
/// bias may be undefined.
at::Tensor linear_map(const at::Tensor& x, const at::Tensor& weight, const at::Tensor& bias);
/// x [M,K], on a CPU with rows of zeros up to so many that a product of it has the same bits for any number of threads.
at::Tensor with_enough_rows(const at::Tensor& x);

/// What a linear map knows about the pass it is called in; adapters with dropout need it.
///   rows:    the batch that x's rows belong to
///   layer:   encoder layer, from 0
///   site:    number of the linear map within its layer (query 0, key 1, value 2, attention output 3, intermediate 4,
///            output 5)
///   tokens: those that x holds
struct LinearCall {
  const ForwardContext& context;
  const tensor::PackedBatch& batch;
  int64_t layer = 0;
  uint32_t site = 0;
  TokensRead tokens = TokensRead::kAll;
};

/// The update scale * dropout(x) A^T B^T beside a linear map.  A [rank,D_in], B [D_out,rank].
struct LowRankUpdate {
  const Parameter* a = nullptr;
  const Parameter* b = nullptr;
  double scale = 1;
  double dropout = 0;
};

/// What changes a linear map beside its weight: updates of low rank, scales (room `tuning`). Its parameters live in the
/// model's ParameterStore.
class LinearAdapter {
 public:
  virtual ~LinearAdapter() = default;
  /// What the map multiplies in the place of its input x; of x's shape.
  virtual at::Tensor input(const at::Tensor& x) const { return x; }
  /// From what input() gave and the map's output, of whatever shape the map has them, its output with the update. May
  /// write into nothing that autograd has saved.
  virtual at::Tensor apply(const at::Tensor& x, const at::Tensor& y_base, const LinearCall& call) const = 0;
  /// The same as numbers, for the engine; nullopt for an adapter that is no such update: its model then runs through
  /// apply().
  virtual std::optional<LowRankUpdate> low_rank() const { return std::nullopt; }
  /// What merging adds to W, of W's shape.
  virtual at::Tensor delta() const = 0;
  /// What merging adds to the map's bias, [D_out]; undefined where it stays.
  virtual at::Tensor bias_delta() const { return {}; }
  /// True when one of its parameters trains: the layer and everything above then takes part in the backward pass.
  virtual bool trainable() const = 0;
  /// Its parameters, in storage order.
  virtual std::vector<const Parameter*> parameters() const = 0;
};

/// What maps that are linear in their input have in common (Linear here, Conv2d in conv.h): tuning and export treat
/// them alike. W may be held frozen (Parameter::frozen).
struct LinearMap {
  std::string name;  // module name: "bert.encoder.layer.0.attention.self.query"
  const Parameter* weight = nullptr;
  const Parameter* bias = nullptr;  // nullptr where the map has none
  std::shared_ptr<LinearAdapter> adapter;

  LinearMap() = default;
  LinearMap(const LinearMap&) = default;
  LinearMap& operator=(const LinearMap&) = default;
  virtual ~LinearMap() = default;
  /// W x alone, without bias and adapter.
  virtual at::Tensor product(const at::Tensor& x) const = 0;
  bool trainable() const;  // weight, bias or adapter
};

/// y = x W^T + b, with an optional adapter.  x [S,D_in] -> y [S,D_out];  W [D_out,D_in];  b [D_out] or none.
struct Linear : LinearMap {
  /// Registers `name`.weight and `name`.bias.
  static Linear add_to(ParameterStore& store, const std::string& name, int64_t in, int64_t out);
  /// Registers `name`.weight alone.
  static Linear add_without_bias(ParameterStore& store, const std::string& name, int64_t in, int64_t out);
  at::Tensor forward(const at::Tensor& x, const LinearCall& call) const;
  at::Tensor product(const at::Tensor& x) const override;
  int64_t in_features() const { return weight->shape[1]; }
  int64_t out_features() const { return weight->shape[0]; }
};

/// W + adapter's delta as a new tensor; numbers_of(W) when there is no adapter. For export.
at::Tensor merged_weight(const LinearMap& map);
/// The same of b, which the map has.
at::Tensor merged_bias(const LinearMap& map);
/// Adds the adapter's deltas to W and b in place and drops the adapter: faster scoring, the same scores within 1e-5.
/// Beside a W that is held frozen the adapter stays.
void merge_adapter(LinearMap& map);

}  // namespace rift::nn
