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
#include <ATen/ops/zeros.h>
#include <ATen/ops/zeros_like.h>
#include <torch/csrc/autograd/custom_function.h>

#include <algorithm>
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

/// Weights of a block of queries, all heads together: 16 MiB in f32.
constexpr int64_t kWeightsAtATime = int64_t{1} << 22;
constexpr int64_t kFewestQueries = 16;

/// Queries of a row that follow each other, and keys of it that they attend to; places count from the row's first
/// key.
struct Block {
  int64_t row = 0;
  int64_t query_begin = 0;  // row of q
  int64_t queries = 0;
  int64_t first_query = 0;  // place
  int64_t first_key = 0;    // place
  int64_t keys = 0;
};

/// Lengths and offsets of a batch's rows, kept from forward to backward.
struct Plan : torch::CustomClassHolder {
  Plan(const AttentionCall& call, int64_t width)
      : heads(call.heads),
        key_heads(call.key_heads == 0 ? call.heads : call.key_heads),
        head_width(width / call.heads),
        read(call.read),
        causal(call.causal),
        window(call.window),
        scale(call.scale.value_or(1.0 / std::sqrt(static_cast<double>(head_width)))),
        prefix(call.prefix),
        row_begin(call.batch.row_begin_host) {
    if (!call.context.training || call.dropout == 0) return;
    rate = kernels::dropout_rate(call.dropout);
    states = dropout_states(
        {.layer = call.layer, .site = static_cast<uint32_t>(DropoutSite::kAttentionWeights), .tokens = read},
        call.batch, call.context);
  }

  int64_t rows() const { return static_cast<int64_t>(row_begin.size()) - 1; }
  int64_t keys(int64_t row) const { return prefix + row_begin[row + 1] - row_begin[row]; }
  int64_t key_begin(int64_t row) const { return row_begin[row] + row * prefix; }
  int64_t queries(int64_t row) const { return read == TokensRead::kAll ? keys(row) - prefix : 1; }
  int64_t first_query(int64_t row) const { return read == TokensRead::kLast ? keys(row) - 1 : prefix; }
  int64_t query_begin(int64_t row) const { return read == TokensRead::kAll ? row_begin[row] : row; }
  int64_t group() const { return heads / key_heads; }  // heads of q that share one of k and v
  bool drops() const { return states.defined(); }

  /// The queries of a row at a time, with the keys that any of them attends to.
  std::vector<Block> blocks(int64_t row) const {
    const int64_t count = queries(row), all_keys = keys(row), most = queries_at_a_time(all_keys);
    std::vector<Block> blocks;
    for (int64_t begin = 0; begin < count; begin += most) {
      Block block{row, query_begin(row) + begin, std::min(most, count - begin), first_query(row) + begin};
      const int64_t behind = block.first_query + block.queries;
      const int64_t last = causal ? behind : window ? std::min(all_keys, behind + *window) : all_keys;
      block.first_key = window ? std::max<int64_t>(0, block.first_query - *window) : 0;
      block.keys = last - block.first_key;
      blocks.push_back(block);
    }
    return blocks;
  }

  std::vector<Block> blocks() const {
    std::vector<Block> all;
    for (int64_t row = 0; row < rows(); ++row) {
      for (const Block& block : blocks(row)) all.push_back(block);
    }
    return all;
  }

  int64_t queries_at_a_time(int64_t all_keys) const {
    if (!window) return std::max(kFewestQueries, kWeightsAtATime / (heads * all_keys));
    // As many as the window is wide: with fewer every product is small, with more most weights are of keys beyond it.
    const int64_t wide = std::max(kFewestQueries, *window);
    return std::min(wide, std::max(kFewestQueries, kWeightsAtATime / (heads * std::min(all_keys, 3 * wide))));
  }

  int64_t heads;
  int64_t key_heads;
  int64_t head_width;  // K
  TokensRead read;
  bool causal;
  std::optional<int64_t> window;
  double scale;
  int64_t prefix;
  std::vector<int64_t> row_begin;
  kernels::DropoutRate rate;
  at::Tensor states;  // of the queries; undefined without dropout
};

/// body(0) .. body(n - 1); on the host dealt to ATen's threads, with single-threaded products inside.
void for_each(int64_t n, const at::Device& device, const std::function<void(int64_t)>& body) {
  const auto part = [&](int64_t begin, int64_t end) {
    const at::AutoDispatchBelowADInplaceOrView no_autograd;  // workers do not inherit the caller's grad mode
    for (int64_t i = begin; i < std::min(end, n); ++i) body(i);
  };
  if (device.is_cpu()) {
    // Two at least: ATen would compute one alone outside its threads, and the products in it by all of them, which
    // round otherwise.
    at::parallel_for(0, std::max<int64_t>(n, 2), 1, part);
  } else {
    part(0, n);
  }
}

/// A block of [S,Hk*K] as a view [Hk,Tk,K].
at::Tensor keys_of(const Plan& plan, const at::Tensor& x, const Block& block) {
  return x.narrow(0, plan.key_begin(block.row) + block.first_key, block.keys)
      .view({-1, plan.key_heads, plan.head_width})
      .transpose(0, 1);
}
/// A block of [S,H*K] (or of [B,H*K] queries) as a view [Hk,G,Tq,K], G heads of q to one of k and v.
at::Tensor queries_of(const Plan& plan, const at::Tensor& x, const Block& block) {
  return x.narrow(0, block.query_begin, block.queries)
      .view({-1, plan.key_heads, plan.group(), plan.head_width})
      .permute({1, 2, 0, 3});
}
/// The same as [Hk,G*Tq,K]: a group's queries meet their keys in one product. A view where G is 1.
at::Tensor grouped_queries(const Plan& plan, const at::Tensor& x, const Block& block) {
  return queries_of(plan, x, block).reshape({plan.key_heads, -1, plan.head_width});
}

void put_queries(const Plan& plan, const at::Tensor& x, const Block& block, const at::Tensor& grouped) {
  const at::Tensor to = queries_of(plan, x, block);
  to.copy_(grouped.view(to.sizes()));
}

/// Scores [Hk,G*Tq,Tk] of keys that a query does not attend to become those of no weight.
void hide_keys(const Plan& plan, const Block& block, at::Tensor& scores) {
  const bool hides = plan.causal ? block.queries > 1 : plan.window && block.keys > *plan.window + 1;
  if (!hides) return;
  const auto places = scores.options().dtype(at::kLong);
  const at::Tensor query = at::arange(block.first_query, block.first_query + block.queries, places);
  const at::Tensor key = at::arange(block.first_key, block.first_key + block.keys, places);
  const at::Tensor distance = query.unsqueeze(1).sub(key);  // [Tq,Tk]
  at::Tensor hidden = plan.window ? distance.abs().gt(*plan.window) : distance.lt(0);
  if (plan.window && plan.causal) hidden = hidden.logical_or_(distance.lt(0));
  scores.view({-1, block.queries, block.keys}).masked_fill_(hidden, -std::numeric_limits<double>::infinity());
}

/// softmax(scale q k^T) of a block, [Hk,G*Tq,Tk].
at::Tensor block_weights(const Plan& plan, const at::Tensor& q, const at::Tensor& k, const Block& block) {
  const at::Tensor none = at::zeros({1, 1, 1}, q.options());  // what baddbmm would add, times 0
  at::Tensor scores =
      at::baddbmm(none, grouped_queries(plan, q, block), keys_of(plan, k, block).transpose(1, 2), 0, plan.scale);
  hide_keys(plan, block, scores);
  return at::_softmax(scores, -1, false);
}

/// x [Hk,G*Tq,Tk] of a block times its mask. The feature that a weight hashes from is head and key, so that it does not
/// depend on the row's length.
at::Tensor masked(const Plan& plan, const at::Tensor& x, const Block& block) {
  if (!plan.drops()) return x;
  const bool on_host = x.is_cpu();
  const at::Tensor from = on_host ? x.contiguous() : at::ones_like(x, at::TensorOptions().device(at::kCPU));
  at::Tensor to = at::empty_like(from);
  const auto* states = plan.states.const_data_ptr<int64_t>() + block.query_begin;
  const auto first_key = static_cast<uint32_t>(block.first_key);
  AT_DISPATCH_FLOATING_TYPES(from.scalar_type(), "attention_dropout", [&] {
    const auto* in = from.const_data_ptr<scalar_t>();
    auto* out = to.mutable_data_ptr<scalar_t>();
    for (int64_t head = 0; head < plan.heads; ++head) {
      for (int64_t query = 0; query < block.queries; ++query, in += block.keys, out += block.keys) {
        kernels::apply_dropout(static_cast<uint64_t>(states[query]), (static_cast<uint32_t>(head) << 16) + first_key,
                               block.keys, plan.rate, in, out);
      }
    }
  });
  return on_host ? to : x.mul(to.to(x.device()));
}

struct PackedAttention : torch::autograd::Function<PackedAttention> {
  static at::Tensor forward(AutogradContext* context, const at::Tensor& q, const at::Tensor& k, const at::Tensor& v,
                            const c10::intrusive_ptr<Plan>& shared) {
    const Plan& plan = *shared;
    const at::Tensor out = at::empty_like(q);
    const std::vector<Block> blocks = plan.blocks();
    for_each(std::ssize(blocks), q.device(), [&](int64_t i) {
      const Block& block = blocks[static_cast<size_t>(i)];
      const at::Tensor w = block_weights(plan, q, k, block);
      put_queries(plan, out, block, at::bmm(masked(plan, w, block), keys_of(plan, v, block)));
    });
    context->save_for_backward({q, k, v});
    context->saved_data["plan"] = c10::IValue::make_capsule(shared);
    return out;
  }

  static variable_list backward(AutogradContext* context, variable_list gradients) {
    const auto saved = context->get_saved_variables();
    const at::Tensor &q = saved[0], &k = saved[1], &v = saved[2];
    const auto shared = context->saved_data["plan"].toCapsule();
    const Plan& plan = *static_cast<const Plan*>(shared.get());
    const at::Tensor d_out = gradients[0].contiguous();
    const at::Tensor dq = at::empty_like(q), dk = at::zeros_like(k), dv = at::zeros_like(v);
    for_each(plan.rows(), q.device(), [&](int64_t row) {  // a row's blocks add to the same keys
      for (const Block& block : plan.blocks(row)) {
        const at::Tensor w = block_weights(plan, q, k, block);
        const at::Tensor d_block = grouped_queries(plan, d_out, block);
        const at::Tensor d_dropped = at::bmm(d_block, keys_of(plan, v, block).transpose(1, 2));  // [Hk,G*Tq,Tk]
        keys_of(plan, dv, block).add_(at::bmm(masked(plan, w, block).transpose(1, 2), d_block));
        const at::Tensor d_scores =
            at::_softmax_backward_data(masked(plan, d_dropped, block), w, -1, w.scalar_type()).mul_(plan.scale);
        put_queries(plan, dq, block, at::bmm(d_scores, keys_of(plan, k, block)));
        keys_of(plan, dk, block).add_(at::bmm(d_scores.transpose(1, 2), grouped_queries(plan, q, block)));
      }
    });
    return {dq, dk, dv, at::Tensor()};
  }
};

}  // namespace

at::Tensor packed_attention(const at::Tensor& q, const at::Tensor& k, const at::Tensor& v, const AttentionCall& call) {
  const int64_t key_heads = call.key_heads == 0 ? call.heads : call.key_heads;
  RIFT_CHECK(q.size(1) % call.heads == 0 && call.heads % key_heads == 0 && call.prefix >= 0);
  RIFT_CHECK(k.size(0) == call.batch.tokens + call.batch.rows * call.prefix);
  RIFT_CHECK(k.size(1) * call.heads == q.size(1) * key_heads && k.sizes() == v.sizes());
  RIFT_CHECK(q.size(0) == count_of(call.read, call.batch));
  RIFT_CHECK(call.batch.longest + call.prefix < (int64_t{1} << 16));  // the dropout hash gives a key 16 bits
  return PackedAttention::apply(q.contiguous(), k.contiguous(), v.contiguous(),
                                c10::make_intrusive<Plan>(call, q.size(1)));
}

}  // namespace rift::nn
