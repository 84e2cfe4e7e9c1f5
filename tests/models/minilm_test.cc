#include "models/minilm.h"

#include <ATen/TensorOperators.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/binary_cross_entropy_with_logits.h>
#include <ATen/ops/tensor.h>
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "rift/base/random.h"
#include "rift/base/threads.h"
#include "rift/nn/kernels/instruction_set.h"
#include "rift/optim/optimizer.h"
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

/// Mean losses of `steps` Adam steps on one batch with dropout; masks are the same in every arithmetic.
template <class T>
std::vector<double> losses_of(int64_t steps, const nn::ForwardContext& how) {
  const auto model = classifier_of(kMiniLm, c10::CppTypeToScalarType<T>::value);
  nn::ParameterStore& store = model->parameters();
  optim::ParameterGroup group{.name = "all", .lr = 2e-5};
  for (const nn::Stretch& stretch : store.trainable_stretches()) group.slices.push_back({stretch.offset, stretch.size});
  optim::Optimizer<T> optimizer({.name = optim::AdamOptions{}}, {group});
  const auto ids = random_rows();
  tensor::TokenRows rows;
  for (size_t row = 0; row < 8; ++row)
    rows.add_row(std::span(ids[row]).first(std::min<size_t>(ids[row].size(), 24)), row);
  const tensor::PackedBatch batch = packed(rows);
  const at::Tensor targets = at::tensor({0., 1., 1., 0., 0., 1., 0., 1.}, at::kDouble);
  std::vector<double> losses;
  for (int64_t step = 0; step < steps; ++step) {
    nn::ForwardContext context = how;
    context.training = true;
    context.epoch = step;
    store.zero_gradients();
    const at::Tensor loss =
        at::binary_cross_entropy_with_logits(model->forward(batch, context).squeeze(1).to(at::kDouble), targets);
    losses.push_back(loss.item<double>());
    loss.backward();
    optimizer.step(store.values<T>(), std::as_const(store).gradients<T>(), 1.0);
  }
  return losses;
}

double largest_distance(const std::vector<double>& a, const std::vector<double>& b) {
  double largest = 0;
  for (size_t i = 0; i < a.size(); ++i) largest = std::max(largest, std::abs(a[i] - b[i]) / std::abs(b[i]));
  return largest;
}

TEST(MiniLm, TenStepsOnTheEngineGiveTheLossesOfThePlainLayers) {
  RIFT_SKIP_WITHOUT_MINILM();
  const auto plain = losses_of<float>(10, {.execution = nn::Execution::kPlain});
  const auto engine = losses_of<float>(10, {});
  EXPECT_LT(largest_distance(engine, plain), 1e-5);
  EXPECT_LT(engine.back(), engine.front());
}

TEST(MiniLm, FiftyStepsOnTheEngineStayAsNearToF64AsPyTorchs) {
  RIFT_SKIP_WITHOUT_MINILM();
  const auto exact = losses_of<double>(50, {});
  const double plain = largest_distance(losses_of<float>(50, {.execution = nn::Execution::kPlain}), exact);
  const double engine = largest_distance(losses_of<float>(50, {}), exact);
  RecordProperty("plain", fmt::format("{:.3g}", plain));
  RecordProperty("engine", fmt::format("{:.3g}", engine));
  // Without fused multiply-add every term of a sum is rounded twice; the plain layers have it whatever is chosen here.
  const bool fuses = nn::kernels::instruction_set() >= nn::kernels::InstructionSet::kAvx2;
  EXPECT_LT(engine, (fuses ? 2 : 4) * plain);
  EXPECT_LT(exact.back(), 0.5 * exact.front());
}

TEST(MiniLm, InBf16TheLossesOfFiftyStepsFollowThoseOfF32) {
  RIFT_SKIP_WITHOUT_MINILM();
  const auto f32 = losses_of<float>(50, {});
  const auto bf16 = losses_of<float>(50, {.precision = nn::Precision::kBf16});
  for (size_t step = 0; step < f32.size(); ++step) EXPECT_NEAR(bf16[step], f32[step], 0.02) << step;
  EXPECT_LT(bf16.back(), 0.5 * bf16.front());
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
