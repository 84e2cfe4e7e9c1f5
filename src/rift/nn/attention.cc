#include "rift/nn/attention.h"

#include <ATen/Dispatch.h>
#include <ATen/Parallel.h>
#include <ATen/core/LegacyTypeDispatch.h>
#include <ATen/ops/_softmax.h>
#include <ATen/ops/_softmax_backward_data.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/baddbmm.h>
#include <ATen/ops/bmm.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/empty_like.h>
#include <ATen/ops/ones_like.h>
#include <torch/csrc/autograd/custom_function.h>

#include <cmath>
#include <functional>
#include <limits>

#include "rift/base/error.h"
#include "rift/nn/dropout.h"
#include "rift/nn/kernels/dropout.h"

namespace rift::nn {

namespace {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

/// Lengths and offsets of a batch's rows, kept from forward to backward.
struct Plan : torch::CustomClassHolder {
  Plan(const AttentionCall& call, int64_t width) : heads(call.heads), first_only(call.first_only), window(call.window) {
    head_width = width / heads;
    scale = 1.0 / std::sqrt(static_cast<double>(head_width));
    row_begin = call.batch.row_begin_host;
    weights_begin.push_back(0);
    for (int64_t row = 0; row < rows(); ++row) {
      weights_begin.push_back(weights_begin.back() + heads * queries(row) * tokens(row));
    }
    if (!call.context.training || call.dropout == 0) return;
    rate = kernels::dropout_rate(call.dropout);
    states = dropout_states({.layer = call.layer,
                             .site = static_cast<uint32_t>(DropoutSite::kAttentionWeights),
                             .x_is_per_row = first_only},
                            call.batch, call.context);
  }

  int64_t rows() const { return static_cast<int64_t>(row_begin.size()) - 1; }
  int64_t tokens(int64_t row) const { return row_begin[row + 1] - row_begin[row]; }
  int64_t queries(int64_t row) const { return first_only ? 1 : tokens(row); }
  int64_t query_begin(int64_t row) const { return first_only ? row : row_begin[row]; }
  bool drops() const { return states.defined(); }

  int64_t heads;
  int64_t head_width;  // K
  bool first_only;
  std::optional<int64_t> window;
  double scale;
  std::vector<int64_t> row_begin;
  std::vector<int64_t> weights_begin;  // [B+1], a row's [heads, queries, tokens] in the flat attention weights
  kernels::DropoutRate rate;
  at::Tensor states;  // of the queries; undefined without dropout
};

/// Rows one after the other; on the host dealt to ATen's threads, with single-threaded products inside.
void for_each_row(const Plan& plan, const at::Device& device, const std::function<void(int64_t)>& body) {
  const auto rows = [&](int64_t begin, int64_t end) {
    const at::AutoDispatchBelowADInplaceOrView no_autograd;  // workers do not inherit the caller's grad mode
    for (int64_t row = begin; row < end; ++row) body(row);
  };
  if (device.is_cpu()) {
    at::parallel_for(0, plan.rows(), 1, rows);
  } else {
    rows(0, plan.rows());
  }
}

/// Row `row` of [S,D] (or of [B,D] queries) as a view [H,T,K].
at::Tensor heads_of_tokens(const Plan& plan, const at::Tensor& x, int64_t row) {
  return x.narrow(0, plan.row_begin[row], plan.tokens(row)).view({-1, plan.heads, plan.head_width}).transpose(0, 1);
}
at::Tensor heads_of_queries(const Plan& plan, const at::Tensor& x, int64_t row) {
  return x.narrow(0, plan.query_begin(row), plan.queries(row)).view({-1, plan.heads, plan.head_width}).transpose(0, 1);
}

/// Scores [H,Tq,T] of keys outside the window become those of no weight.
void keep_window(const Plan& plan, int64_t row, at::Tensor& scores) {
  if (!plan.window || plan.tokens(row) <= *plan.window + 1) return;
  const at::Tensor place = at::arange(plan.tokens(row), scores.options().dtype(at::kLong));
  const at::Tensor distance = place.narrow(0, 0, plan.queries(row)).unsqueeze(1).sub(place).abs();  // [Tq,T]
  scores.masked_fill_(distance.gt(*plan.window), -std::numeric_limits<double>::infinity());
}

at::Tensor weights_of(const Plan& plan, const at::Tensor& weights, int64_t row) {
  return weights.narrow(0, plan.weights_begin[row], plan.weights_begin[row + 1] - plan.weights_begin[row])
      .view({plan.heads, plan.queries(row), plan.tokens(row)});
}

/// x [H,Tq,T] of a row times its mask. The feature that a weight hashes from is head and key, so that it does not
/// depend on the row's length.
at::Tensor masked(const Plan& plan, const at::Tensor& x, int64_t row) {
  if (!plan.drops()) return x;
  const bool on_host = x.is_cpu();
  const at::Tensor from = on_host ? x.contiguous() : at::ones_like(x, at::TensorOptions().device(at::kCPU));
  at::Tensor to = at::empty_like(from);
  const int64_t queries = plan.queries(row), tokens = plan.tokens(row);
  const auto* states = plan.states.const_data_ptr<int64_t>() + plan.query_begin(row);
  AT_DISPATCH_FLOATING_TYPES(from.scalar_type(), "attention_dropout", [&] {
    const auto* in = from.const_data_ptr<scalar_t>();
    auto* out = to.mutable_data_ptr<scalar_t>();
    for (int64_t head = 0; head < plan.heads; ++head) {
      for (int64_t query = 0; query < queries; ++query, in += tokens, out += tokens) {
        kernels::apply_dropout(static_cast<uint64_t>(states[query]), static_cast<uint32_t>(head) << 16, tokens,
                               plan.rate, in, out);
      }
    }
  });
  return on_host ? to : x.mul(to.to(x.device()));
}

struct PackedAttention : torch::autograd::Function<PackedAttention> {
  static at::Tensor forward(AutogradContext* context, const at::Tensor& q, const at::Tensor& k, const at::Tensor& v,
                            const c10::intrusive_ptr<Plan>& shared) {
    const Plan& plan = *shared;
    const at::Tensor weights = at::empty({plan.weights_begin.back()}, q.options());
    const at::Tensor out = at::empty_like(q);
    for_each_row(plan, q.device(), [&](int64_t row) {
      const at::Tensor w = weights_of(plan, weights, row);
      const at::Tensor keys = heads_of_tokens(plan, k, row).transpose(1, 2);  // [H,K,T]
      at::Tensor scores = at::baddbmm(w, heads_of_queries(plan, q, row), keys, 0, plan.scale);
      keep_window(plan, row, scores);
      w.copy_(at::_softmax(scores, -1, false));
      heads_of_queries(plan, out, row).copy_(at::bmm(masked(plan, w, row), heads_of_tokens(plan, v, row)));
    });
    context->save_for_backward({q, k, v, weights});
    context->saved_data["plan"] = c10::IValue::make_capsule(shared);
    return out;
  }

  static variable_list backward(AutogradContext* context, variable_list gradients) {
    const auto saved = context->get_saved_variables();
    const at::Tensor &q = saved[0], &k = saved[1], &v = saved[2], &weights = saved[3];
    const auto shared = context->saved_data["plan"].toCapsule();
    const Plan& plan = *static_cast<const Plan*>(shared.get());
    const at::Tensor d_out = gradients[0].contiguous();
    const at::Tensor dq = at::empty_like(q), dk = at::empty_like(k), dv = at::empty_like(v);
    for_each_row(plan, q.device(), [&](int64_t row) {
      const at::Tensor w = weights_of(plan, weights, row);
      const at::Tensor d_row = heads_of_queries(plan, d_out, row);
      const at::Tensor d_dropped = at::bmm(d_row, heads_of_tokens(plan, v, row).transpose(1, 2));  // [H,Tq,T]
      heads_of_tokens(plan, dv, row).copy_(at::bmm(masked(plan, w, row).transpose(1, 2), d_row));
      const at::Tensor d_scores =
          at::_softmax_backward_data(masked(plan, d_dropped, row), w, -1, w.scalar_type()).mul_(plan.scale);
      heads_of_queries(plan, dq, row).copy_(at::bmm(d_scores, heads_of_tokens(plan, k, row)));
      heads_of_tokens(plan, dk, row).copy_(at::bmm(d_scores.transpose(1, 2), heads_of_queries(plan, q, row)));
    });
    return {dq, dk, dv, at::Tensor()};
  }
};

}  // namespace

at::Tensor packed_attention(const at::Tensor& q, const at::Tensor& k, const at::Tensor& v, const AttentionCall& call) {
  RIFT_CHECK(q.size(1) % call.heads == 0 && k.size(0) == call.batch.tokens);
  RIFT_CHECK(q.size(0) == (call.first_only ? call.batch.rows : call.batch.tokens));
  RIFT_CHECK(call.batch.longest < (int64_t{1} << 16));  // the dropout hash gives a key 16 bits
  return PackedAttention::apply(q.contiguous(), k.contiguous(), v.contiguous(),
                                c10::make_intrusive<Plan>(call, q.size(1)));
}

}  // namespace rift::nn
