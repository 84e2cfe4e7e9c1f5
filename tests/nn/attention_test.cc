#include "rift/nn/attention.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/equal.h>
#include <ATen/ops/scaled_dot_product_attention.h>
#include <ATen/ops/zeros.h>
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <torch/csrc/autograd/autograd.h>

#include <algorithm>
#include <cstdlib>
#include <optional>

#include "nn/packed_rows.h"
#include "rift/base/peak_memory.h"
#include "rift/base/threads.h"
#include "rift/tensor/aten_threads.h"

namespace rift::nn {
namespace {

using test::gradient_error;
using test::packed_rows;
using test::random_tensor;

constexpr int64_t kHeads = 3, kWidth = 12;
const std::vector<int64_t> kLengths = {4, 1, 6};
const ForwardContext kTraining{.training = true, .seed = 5, .epoch = 2};

struct Inputs {
  at::Tensor q = random_tensor({11, kWidth}, 1).set_requires_grad(true);
  at::Tensor k = random_tensor({11, kWidth}, 2).set_requires_grad(true);
  at::Tensor v = random_tensor({11, kWidth}, 3).set_requires_grad(true);
};

TEST(PackedAttention, EveryRowIsPyTorchsAttentionOfThatRowAlone) {
  const Inputs in;
  const auto batch = packed_rows(kLengths);
  const at::Tensor out = packed_attention(in.q, in.k, in.v, {.batch = batch, .context = {}, .heads = kHeads});
  for (int64_t row = 0; row < batch.rows; ++row) {
    const auto heads = [&](const at::Tensor& x) {
      return x.detach()
          .narrow(0, batch.row_begin_host[row], batch.row_tokens(row))
          .view({-1, kHeads, 4})
          .transpose(0, 1);
    };
    const at::Tensor expected =
        at::scaled_dot_product_attention(heads(in.q).unsqueeze(0), heads(in.k).unsqueeze(0), heads(in.v).unsqueeze(0))
            .squeeze(0);
    EXPECT_LT((heads(out) - expected).abs().max().item<double>(), 1e-13) << row;
  }
}

TEST(PackedAttention, GradientsAreThoseOfFiniteDifferences) {
  for (const double probability : {0.0, 0.4}) {
    for (const bool first_only : {false, true}) {
      SCOPED_TRACE(fmt::format("dropout {}, first_only {}", probability, first_only));
      const auto batch = packed_rows(kLengths);
      Inputs in;
      if (first_only) in.q = random_tensor({batch.rows, kWidth}, 1).set_requires_grad(true);
      const AttentionCall call{.batch = batch,
                               .context = kTraining,
                               .heads = kHeads,
                               .layer = 1,
                               .dropout = probability,
                               .read = first_only ? TokensRead::kFirst : TokensRead::kAll};
      const auto loss = [&] { return packed_attention(in.q, in.k, in.v, call).pow(2).sum(); };
      EXPECT_LT(gradient_error(in.q, loss), 1e-7);
      EXPECT_LT(gradient_error(in.k, loss), 1e-7);
      EXPECT_LT(gradient_error(in.v, loss), 1e-7);
    }
  }
}

TEST(PackedAttention, TokensOutsideTheWindowAreNotAttendedTo) {
  Inputs in;
  const auto batch = packed_rows(kLengths);
  const AttentionCall call{.batch = batch, .context = {}, .heads = kHeads, .window = 2};
  const at::Tensor out = packed_attention(in.q, in.k, in.v, call);
  const int64_t begin = batch.row_begin_host[2];
  const auto heads = [&](const at::Tensor& x) {
    return x.detach().narrow(0, begin, 6).view({-1, kHeads, 4}).transpose(0, 1).unsqueeze(0);
  };
  at::Tensor near = at::zeros({6, 6}, at::kBool);
  for (int64_t i = 0; i < 6; ++i) {
    for (int64_t j = 0; j < 6; ++j) near[i][j] = std::abs(i - j) <= 2;
  }
  const at::Tensor expected = at::scaled_dot_product_attention(heads(in.q), heads(in.k), heads(in.v), near);
  EXPECT_LT((heads(out) - expected).abs().max().item<double>(), 1e-13);
  const auto loss = [&] { return packed_attention(in.q, in.k, in.v, call).pow(2).sum(); };
  EXPECT_LT(gradient_error(in.q, loss), 1e-7);
  EXPECT_LT(gradient_error(in.k, loss), 1e-7);
  EXPECT_LT(gradient_error(in.v, loss), 1e-7);
  AttentionCall first = call;
  first.read = TokensRead::kFirst;
  const at::Tensor begins = batch.row_begin.narrow(0, 0, batch.rows);
  const at::Tensor alone = packed_attention(in.q.index_select(0, begins), in.k, in.v, first);
  EXPECT_LT((alone - out.index_select(0, begins)).abs().max().item<double>(), 1e-13);
}

TEST(PackedAttention, RowIsBitEqualAloneInABatchAndWithOneOrTwoThreads) {
  const int64_t before = threads();
  const at::Tensor q = random_tensor({40, 64}, 1).to(at::kFloat), k = random_tensor({40, 64}, 2).to(at::kFloat),
                   v = random_tensor({40, 64}, 3).to(at::kFloat);
  const auto attend = [&](const at::Tensor& a, const at::Tensor& b, const at::Tensor& c,
                          const tensor::PackedBatch& batch) {
    return packed_attention(a, b, c, {.batch = batch, .context = kTraining, .heads = 4, .dropout = 0.2});
  };
  set_threads(1);
  tensor::apply_threads();
  const at::Tensor whole = attend(q, k, v, packed_rows({10, 17, 13}));
  for (const int64_t count : {1, 2}) {
    set_threads(count);
    tensor::apply_threads();
    EXPECT_TRUE(at::equal(attend(q, k, v, packed_rows({10, 17, 13})), whole));
    const auto part = [](const at::Tensor& x) { return x.narrow(0, 10, 17); };
    EXPECT_TRUE(at::equal(attend(part(q), part(k), part(v), packed_rows({17}, 1)), part(whole)));
  }
  set_threads(before);
  tensor::apply_threads();
}

// All weights at once would be 1 GB, in the forward and in the backward pass.
TEST(PackedAttention, MemoryDoesNotGrowWithTheSquareOfARowsLength) {
  constexpr int64_t kTokens = 16'000, kNear = 64;
  const auto batch = packed_rows({kTokens});
  const auto leaf = [&](uint64_t stream) {
    return random_tensor({kTokens, 2}, stream).to(at::kFloat).set_requires_grad(true);
  };
  const at::Tensor q = leaf(1), k = leaf(2), v = leaf(3);
  for (const std::optional<int64_t> window : {std::optional<int64_t>(), std::optional<int64_t>(kNear)}) {
    forget_peak_memory();
    const double before = peak_memory_mib();
    const at::Tensor out = packed_attention(q, k, v, {.batch = batch, .context = {}, .window = window});
    out.sum().backward();
    EXPECT_LT(peak_memory_mib(), before + 300);
    for (const int64_t query : {int64_t{0}, kNear - 1, kNear, int64_t{10'001}, kTokens - 1}) {
      const int64_t near = window.value_or(kTokens);
      const int64_t first = std::max<int64_t>(0, query - near), last = std::min(kTokens, query + near + 1);
      const auto part = [&](const at::Tensor& x) {
        return x.detach().narrow(0, first, last - first).view({1, 1, -1, 2});
      };
      const at::Tensor expected =
          at::scaled_dot_product_attention(q.detach().narrow(0, query, 1).view({1, 1, 1, 2}), part(k), part(v));
      EXPECT_LT((out[query] - expected.view({2})).abs().max().item<double>(), 1e-5) << query;
    }
  }
}

// 64 heads and 700 tokens are more weights than are made at a time.
TEST(PackedAttention, BlocksOfQueriesGiveWhatAllAtOnceGive) {
  constexpr int64_t kMany = 64, kTokens = 700, kEach = 2;
  const auto batch = packed_rows({kTokens});
  const auto leaf = [](uint64_t stream) {
    return random_tensor({kTokens, kMany * kEach}, stream).set_requires_grad(true);
  };
  const at::Tensor q = leaf(1), k = leaf(2), v = leaf(3), d_out = random_tensor({kTokens, kMany * kEach}, 4);
  const auto heads = [](const at::Tensor& x) { return x.view({kTokens, kMany, kEach}).transpose(0, 1).unsqueeze(0); };
  for (const std::optional<int64_t> window : {std::optional<int64_t>(), std::optional<int64_t>(20)}) {
    const at::Tensor place = at::arange(kTokens);
    const at::Tensor seen = (place.unsqueeze(1) - place).abs().le(window.value_or(kTokens));
    const at::Tensor expected = at::scaled_dot_product_attention(heads(q), heads(k), heads(v), seen);
    const auto golden = torch::autograd::grad({expected}, {q, k, v}, {heads(d_out)});
    const at::Tensor out = packed_attention(q, k, v, {.batch = batch, .context = {}, .heads = kMany, .window = window});
    EXPECT_LT((heads(out) - expected).abs().max().item<double>(), 1e-12);
    const auto gradients = torch::autograd::grad({out}, {q, k, v}, {d_out});
    for (size_t i = 0; i < golden.size(); ++i) {
      EXPECT_LT((gradients[i] - golden[i]).abs().max().item<double>(), 1e-11) << i;
    }
  }
}

TEST(PackedAttention, AShortRowAloneHasTheSameBitsWithOneOrTwoThreads) {
  const int64_t before = threads();
  for (int64_t tokens = 1; tokens < 20; ++tokens) {
    const auto batch = packed_rows({tokens});
    const auto leaf = [&](uint64_t stream) {
      return random_tensor({tokens, 128}, stream).to(at::kFloat).set_requires_grad(true);
    };
    const at::Tensor q = leaf(1), k = leaf(2), v = leaf(3), d_out = random_tensor({tokens, 128}, 4).to(at::kFloat);
    std::vector<at::Tensor> results[2];
    for (const int64_t count : {1, 2}) {
      set_threads(count);
      tensor::apply_threads();
      const at::Tensor out = packed_attention(q, k, v, {.batch = batch, .context = {}, .heads = 2});
      results[count - 1] = torch::autograd::grad({out}, {q, k, v}, {d_out});
      results[count - 1].push_back(out.detach());
    }
    for (size_t i = 0; i < results[0].size(); ++i) EXPECT_TRUE(at::equal(results[0][i], results[1][i])) << tokens;
  }
  set_threads(before);
  tensor::apply_threads();
}

TEST(PackedAttention, FirstQueryAloneIsThatOfAllQueries) {
  const Inputs in;
  const auto batch = packed_rows(kLengths);
  AttentionCall call{.batch = batch, .context = kTraining, .heads = kHeads, .layer = 1, .dropout = 0.3};
  const at::Tensor all = packed_attention(in.q, in.k, in.v, call);
  const at::Tensor begins = batch.row_begin.narrow(0, 0, batch.rows);
  AttentionCall first_call{
      .batch = batch, .context = kTraining, .heads = kHeads, .layer = 1, .dropout = 0.3, .read = TokensRead::kFirst};
  const at::Tensor first = packed_attention(in.q.index_select(0, begins), in.k, in.v, first_call);
  EXPECT_LT((first - all.index_select(0, begins)).abs().max().item<double>(), 1e-13);
}

}  // namespace
}  // namespace rift::nn
