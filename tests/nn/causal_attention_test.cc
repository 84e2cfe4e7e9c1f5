#include <ATen/TensorOperators.h>
#include <ATen/ops/equal.h>
#include <ATen/ops/scaled_dot_product_attention.h>
#include <ATen/ops/zeros.h>
#include <fmt/format.h>
#include <gtest/gtest.h>

#include "nn/packed_rows.h"
#include "rift/base/threads.h"
#include "rift/nn/attention.h"
#include "rift/tensor/aten_threads.h"

// packed_attention() as decoders call it.
namespace rift::nn {
namespace {

using test::gradient_error;
using test::packed_rows;
using test::random_tensor;

constexpr int64_t kHeads = 4, kKeyHeads = 2, kHeadWidth = 3;
const std::vector<int64_t> kLengths = {4, 1, 6};
const ForwardContext kTraining{.training = true, .seed = 5, .epoch = 2};

struct Inputs {
  at::Tensor q = random_tensor({11, kHeads* kHeadWidth}, 1).set_requires_grad(true);
  at::Tensor k = random_tensor({11, kKeyHeads* kHeadWidth}, 2).set_requires_grad(true);
  at::Tensor v = random_tensor({11, kKeyHeads* kHeadWidth}, 3).set_requires_grad(true);
};

AttentionCall causal(const tensor::PackedBatch& batch, const ForwardContext& context) {
  return {.batch = batch, .context = context, .heads = kHeads, .key_heads = kKeyHeads, .layer = 1, .causal = true};
}

/// Rows of q among the batch's tokens.
at::Tensor chosen(const at::Tensor& x, const tensor::PackedBatch& batch, TokensRead read) {
  return read_tokens(x, batch, read);
}

/// [T,T] of what a token sees: itself and up to `window` tokens before it.
at::Tensor seen(int64_t tokens, int64_t window) {
  at::Tensor mask = at::zeros({tokens, tokens}, at::kBool);
  for (int64_t i = 0; i < tokens; ++i) {
    for (int64_t j = std::max<int64_t>(0, i - window); j <= i; ++j) mask[i][j] = true;
  }
  return mask;
}

TEST(CausalAttention, EveryRowIsPyTorchsWithThatMaskAndSharedKeys) {
  const auto batch = packed_rows(kLengths);
  const ForwardContext scoring;
  for (const std::optional<int64_t> window : {std::optional<int64_t>(), std::optional<int64_t>(2)}) {
    for (const std::optional<double> scale : {std::optional<double>(), std::optional<double>(0.3)}) {
      const Inputs in;
      AttentionCall call = causal(batch, scoring);
      call.window = window;
      call.scale = scale;
      const at::Tensor out = packed_attention(in.q, in.k, in.v, call);
      for (int64_t row = 0; row < batch.rows; ++row) {
        const auto heads = [&](const at::Tensor& x, int64_t count) {
          return x.detach()
              .narrow(0, batch.row_begin_host[row], batch.row_tokens(row))
              .view({-1, count, kHeadWidth})
              .transpose(0, 1)
              .unsqueeze(0);
        };
        const at::Tensor expected =
            at::scaled_dot_product_attention(heads(in.q, kHeads), heads(in.k, kKeyHeads), heads(in.v, kKeyHeads),
                                             seen(batch.row_tokens(row), window.value_or(99)), 0.0, false, scale, true);
        EXPECT_LT((heads(out, kHeads) - expected).abs().max().item<double>(), 1e-13) << row;
      }
    }
  }
}

TEST(CausalAttention, GradientsAreThoseOfFiniteDifferences) {
  const auto batch = packed_rows(kLengths);
  for (const TokensRead read : {TokensRead::kAll, TokensRead::kFirst, TokensRead::kLast}) {
    for (const double probability : {0.0, 0.4}) {
      SCOPED_TRACE(fmt::format("read {}, dropout {}", static_cast<int>(read), probability));
      Inputs in;
      if (read != TokensRead::kAll) {
        in.q = random_tensor({batch.rows, kHeads * kHeadWidth}, 1).set_requires_grad(true);
      }
      AttentionCall call = causal(batch, kTraining);
      call.window = 3;
      call.dropout = probability;
      call.read = read;
      const auto loss = [&] { return packed_attention(in.q, in.k, in.v, call).pow(2).sum(); };
      EXPECT_LT(gradient_error(in.q, loss), 1e-7);
      EXPECT_LT(gradient_error(in.k, loss), 1e-7);
      EXPECT_LT(gradient_error(in.v, loss), 1e-7);
    }
  }
}

TEST(CausalAttention, OneQueryOfARowAloneIsThatOfAllQueries) {
  const Inputs in;
  const auto batch = packed_rows(kLengths);
  for (const TokensRead read : {TokensRead::kFirst, TokensRead::kLast}) {
    AttentionCall call = causal(batch, kTraining);
    call.window = 2;
    call.dropout = 0.3;
    const at::Tensor all = packed_attention(in.q, in.k, in.v, call);
    call.read = read;
    const at::Tensor alone = packed_attention(chosen(in.q, batch, read), in.k, in.v, call);
    EXPECT_LT((alone - chosen(all, batch, read)).abs().max().item<double>(), 1e-13);
  }
}

// 64 heads and 700 tokens are more weights than are made at a time, so that the row's queries are taken in blocks.
TEST(CausalAttention, ALongRowInBlocksIsPyTorchsWithGradientsAndTheSameBitsWithTwoThreads) {
  constexpr int64_t kMany = 64, kFew = 8, kTokens = 700, kWidth = 2;
  const auto batch = packed_rows({kTokens, 5});
  const auto leaf = [](int64_t heads, uint64_t stream) {
    return random_tensor({kTokens + 5, heads * kWidth}, stream).to(at::kFloat).set_requires_grad(true);
  };
  const at::Tensor d_out = random_tensor({kTokens + 5, kMany * kWidth}, 4).to(at::kFloat);
  const at::Tensor q = leaf(kMany, 1), k = leaf(kFew, 2), v = leaf(kFew, 3);
  const auto heads = [&](const at::Tensor& x) {
    return x.narrow(0, 0, kTokens).view({kTokens, -1, kWidth}).transpose(0, 1).unsqueeze(0);
  };
  const at::Tensor expected =
      at::scaled_dot_product_attention(heads(q), heads(k), heads(v), seen(kTokens, 300), 0.0, false, {}, true);
  expected.backward(heads(d_out));
  const at::Tensor dq = q.grad().clone(), dk = k.grad().clone(), dv = v.grad().clone();
  AttentionCall call{.batch = batch, .context = {}, .heads = kMany, .key_heads = kFew, .causal = true, .window = 300};
  const int64_t before = threads();
  std::vector<at::Tensor> of_one;
  for (const int64_t count : {1, 2}) {
    set_threads(count);
    tensor::apply_threads();
    for (const at::Tensor* x : {&q, &k, &v}) x->mutable_grad().zero_();
    const at::Tensor out = packed_attention(q, k, v, call);
    out.backward(d_out);
    EXPECT_LT((heads(out) - expected).abs().max().item<double>(), 1e-5);
    const std::vector<at::Tensor> results = {out.detach(), q.grad().clone(), k.grad().clone(), v.grad().clone()};
    const std::vector<at::Tensor> golden = {out.detach(), dq, dk, dv};
    for (size_t i = 1; i < results.size(); ++i) {
      const at::Tensor difference = results[i].narrow(0, 0, kTokens) - golden[i].narrow(0, 0, kTokens);
      EXPECT_LT(difference.norm().item<double>(), 1e-5 * golden[i].norm().item<double>()) << i;
    }
    if (count == 1) of_one = results;
    for (size_t i = 0; i < results.size(); ++i) EXPECT_TRUE(at::equal(results[i], of_one[i])) << i;
  }
  set_threads(before);
  tensor::apply_threads();
}

}  // namespace
}  // namespace rift::nn
