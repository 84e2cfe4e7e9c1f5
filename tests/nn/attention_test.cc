#include "rift/nn/attention.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/equal.h>
#include <ATen/ops/scaled_dot_product_attention.h>
#include <ATen/ops/zeros.h>
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cstdlib>

#include "nn/packed_rows.h"
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
