#include <ATen/TensorOperators.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/equal.h>
#include <ATen/ops/zeros_like.h>
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cmath>

#include "checkpoint/temp_directory.h"
#include "models/client.h"
#include "models/tiny_bert.h"
#include "rift/base/random.h"
#include "rift/base/threads.h"
#include "rift/checkpoint/tensor_file.h"
#include "rift/objective/task_loss.h"
#include "rift/optim/optimizer.h"
#include "rift/tensor/aten_threads.h"

// The packaged MiniLM: real weights, real depth.
namespace rift::models {
namespace {

constexpr const char* kMiniLm = ".deps/models/all-MiniLM-L6-v2";

using testing_support::numbers_of;
using testing_support::TempDirectory;

tensor::PackedBatch packed(const tensor::TokenRows& rows) {
  return tensor::make_packed_batch(rows, c10::Device(c10::DeviceType::CPU));
}

std::unique_ptr<TextClassifier> classifier_of(const std::filesystem::path& path) {
  const auto directory = checkpoint::open_hf_directory(path);
  const auto loaded = checkpoint::load_bert(directory, {.num_labels = 1, .require_pooler = true});
  return std::make_unique<TextClassifier>(TextClassifierOptions{.config = directory.config}, loaded.tensors);
}

class MiniLm : public testing::Test {
 protected:
  void SetUp() override {
    if (!std::filesystem::exists(kMiniLm)) GTEST_SKIP() << kMiniLm << " is not there: run 'make setup'";
  }
};

class MiniLmParity : public MiniLm {
 protected:
  void SetUp() override {
    MiniLm::SetUp();
    if (IsSkipped()) return;
    if (testing_support::client_python().empty()) {
      GTEST_SKIP() << "no Python with transformers: set RIFT_CLIENTS to a virtual environment";
    }
    if (!std::filesystem::exists(testing_support::test_data() / "lending_club")) {
      GTEST_SKIP() << "no lending_club data: set RIFT_TEST_DATA";
    }
    const auto run = testing_support::run_script("tests/models/clients/minilm_parity.py",
                                                 {directory_.path(), kMiniLm, testing_support::test_data()});
    ASSERT_EQ(run.status, 0) << run.output;
    const Json rows = parse_json(read_file(directory_ / "rows.json"), "rows.json");
    targets_ = numbers_of(rows.at("targets"));
    for (size_t row = 0; row < targets_.size(); ++row) {
      const std::vector<double> ids = numbers_of(rows.at("ids").at(row));
      rows_.add_row(std::vector<int32_t>(ids.begin(), ids.end()), row);
    }
    expected_ = checkpoint::read_tensors(directory_ / "expected.safetensors");
  }
  /// Mean BCE of the logits; its gradient before the division by the number of rows.
  double loss_of(const at::Tensor& logits, at::Tensor& gradient) const {
    gradient = at::zeros_like(logits);
    const objective::LossSum loss = objective::TaskLoss(objective::Loss::kBce, 1, {})
                                        .evaluate({logits.const_data_ptr<float>(), targets_.size()}, targets_, {},
                                                  {gradient.mutable_data_ptr<float>(), targets_.size()});
    return loss.sum / loss.weight;
  }
  TempDirectory directory_;
  tensor::TokenRows rows_;
  std::vector<double> targets_;
  tensor::TensorMap expected_;
};

TEST_F(MiniLmParity, LogitsAndGradientsEqualTransformers) {
  const auto model = classifier_of(directory_ / "model");
  const at::Tensor logits = model->forward(packed(rows_), {});
  EXPECT_LT((logits - expected_.at("logits")).abs().max().item<double>(), 1e-5);
  at::Tensor gradient;
  loss_of(logits, gradient);
  logits.backward(gradient.div_(static_cast<double>(targets_.size())));
  double largest = 0;
  for (const auto& [name, golden] : expected_) largest = std::max(largest, golden.norm().item<double>());
  for (const nn::Parameter& parameter : model->parameters().parameters()) {
    const at::Tensor& golden = expected_.at("gradient." + parameter.name);
    const double difference = (parameter.view.grad() - golden).norm().item<double>();
    // A key's bias has no gradient beyond rounding; what is left is measured against the largest one.
    EXPECT_LT(difference, 1e-4 * std::max(golden.norm().item<double>(), 1e-3 * largest)) << parameter.name;
  }
}

TEST_F(MiniLmParity, TenAdamStepsGiveTheSameLosses) {
  const auto model = classifier_of(directory_ / "model");
  nn::ParameterStore& store = model->parameters();
  optim::ParameterGroup group{.name = "all", .lr = 2e-5};
  for (const nn::Stretch& stretch : store.trainable_stretches()) group.slices.push_back({stretch.offset, stretch.size});
  optim::Optimizer<float> optimizer({.name = optim::AdamOptions{}}, {group});
  const tensor::PackedBatch batch = packed(rows_);
  for (int64_t step = 0; step < expected_.at("losses").size(0); ++step) {
    store.zero_gradients();
    const at::Tensor logits = model->forward(batch, {});
    at::Tensor gradient;
    EXPECT_NEAR(loss_of(logits, gradient), expected_.at("losses")[step].item<double>(), 1e-4) << step;
    logits.backward(gradient);
    optimizer.step(store.values<float>(), std::as_const(store).gradients<float>(), 1.0,
                   1.0 / static_cast<double>(targets_.size()));
  }
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

TEST_F(MiniLm, ScoreOfARowDoesNotDependOnTheRowsBesideItNorOnThreads) {
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

}  // namespace
}  // namespace rift::models
