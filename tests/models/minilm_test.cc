#include "models/minilm.h"

#include <ATen/TensorOperators.h>
#include <ATen/core/grad_mode.h>
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "rift/base/random.h"
#include "rift/base/threads.h"
#include "rift/tensor/aten_threads.h"

// The packaged MiniLM: real weights, real depth.
namespace rift::models {
namespace {

using test::classifier_of;
using test::kMiniLm;

tensor::PackedBatch packed(const tensor::TokenRows& rows) {
  return tensor::make_packed_batch(rows, c10::Device(c10::DeviceType::CPU));
}

/// 24 rows of 2 to 128 tokens.
std::vector<std::vector<int32_t>> random_rows() {
  const CounterRandom random(9, 1);
  std::vector<std::vector<int32_t>> rows;
  uint64_t index = 0;
  for (int row = 0; row < 24; ++row) {
    std::vector<int32_t> ids(2 + random.below(index++, 127));
    for (int32_t& id : ids) id = static_cast<int32_t>(1000 + random.below(index++, 29000));
    rows.push_back(std::move(ids));
  }
  return rows;
}

double score(double logit) { return 1 / (1 + std::exp(-logit)); }

TEST(MiniLm, ScoreOfARowDoesNotDependOnTheRowsBesideItNorOnThreads) {
  RIFT_SKIP_WITHOUT_MINILM();
  const at::NoGradGuard no_gradient;
  const auto rows = random_rows();
  const auto model = classifier_of(kMiniLm);
  // A head as wide as a trained one, so that scores spread over (0, 1).
  model->parameters().at("classifier.weight").view.mul_(20);
  const auto scores_of = [&](const std::vector<size_t>& order) {
    tensor::TokenRows picked;
    for (const size_t row : order) picked.add_row(rows[row], row);
    const at::Tensor logits = model->forward(packed(picked), {}).contiguous();
    std::vector<double> scores;
    for (size_t i = 0; i < order.size(); ++i) scores.push_back(score(logits.const_data_ptr<float>()[i]));
    return scores;
  };
  std::vector<size_t> order(rows.size()), turned(rows.size());
  std::iota(order.begin(), order.end(), size_t{0});
  std::copy(order.rbegin(), order.rend(), turned.begin());
  const int64_t threads_before = threads();
  set_threads(1);
  tensor::apply_threads();
  const std::vector<double> expected = scores_of(order);
  double largest = 0;
  const auto compare = [&](const std::vector<double>& got, const std::vector<size_t>& at) {
    for (size_t i = 0; i < at.size(); ++i) largest = std::max(largest, std::abs(got[i] - expected[at[i]]));
  };
  for (const int64_t count : {1, 2}) {
    set_threads(count);
    tensor::apply_threads();
    compare(scores_of(order), order);
    compare(scores_of(turned), turned);
    compare(scores_of({5, 3, 11}), {5, 3, 11});
    for (size_t row = 0; row < rows.size(); ++row) compare(scores_of({row}), {row});
  }
  set_threads(threads_before);
  tensor::apply_threads();
  RecordProperty("largest_difference", fmt::format("{:.3g}", largest));
  EXPECT_LT(largest, 1e-6);
  EXPECT_GT(*std::ranges::max_element(expected) - *std::ranges::min_element(expected), 0.05);
}

TEST(MiniLm, StatesInBf16AndInBytesFollowThoseInF32) {
  RIFT_SKIP_WITHOUT_MINILM();
  const at::NoGradGuard no_gradient;
  tensor::TokenRows rows;
  uint64_t key = 0;
  for (const auto& ids : random_rows()) rows.add_row(ids, key++);
  const tensor::PackedBatch batch = packed(rows);
  const auto model = classifier_of(kMiniLm);
  const TextEncoder& encoder = model->encoder();
  ASSERT_EQ(encoder.why_not_fused(), "");
  const at::Tensor embedded = encoder.embed(batch, {});
  const auto states = [&](nn::Precision precision) {
    return encoder.run_layers(embedded, 0, encoder.layer_count(), batch, {.precision = precision}, TokensRead::kAll);
  };
  const at::Tensor f32 = states(nn::Precision::kF32);
  const auto error_of = [&](nn::Precision precision) {
    return ((states(precision) - f32).norm() / f32.norm()).item<double>();
  };
  const double bf16 = error_of(nn::Precision::kBf16), bytes = error_of(nn::Precision::kInt8);
  RecordProperty("bf16", fmt::format("{:.3g}", bf16));
  RecordProperty("int8", fmt::format("{:.3g}", bytes));
  EXPECT_GT(bf16, 1e-4);
  EXPECT_LT(bf16, 0.02);
  EXPECT_GT(bytes, 1e-3);
  EXPECT_LT(bytes, 0.08);  // random ids are no texts, and a few states far larger than the rest set the step
}

}  // namespace
}  // namespace rift::models
