#include "support/client.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/zeros_like.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "models/minilm.h"
#include "models/tiny_bert.h"
#include "rift/checkpoint/tensor_file.h"
#include "rift/objective/task_loss.h"
#include "rift/optim/optimizer.h"
#include "support/outside_data.h"
#include "support/temp_directory.h"

// transformers' BertForSequenceClassification on real weights and real texts: clients/minilm_parity.py.
namespace rift::models {
namespace {

using test::classifier_of;
using test::kMiniLm;
using test::numbers_of;

tensor::PackedBatch packed(const tensor::TokenRows& rows) {
  return tensor::make_packed_batch(rows, c10::Device(c10::DeviceType::CPU));
}

class MiniLmParity : public testing::Test {
 protected:
  void SetUp() override {
    RIFT_SKIP_WITHOUT_MINILM();
    RIFT_SKIP_WITHOUT_CLIENTS();
    RIFT_SKIP_WITHOUT(test::real_data("lending_club"));
    const auto run =
        test::run_client("tests/models/clients/minilm_parity.py", {directory_.path(), kMiniLm, test::test_data()});
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
    const objective::LossSum loss = objective::TaskLoss({.loss = {objective::BceLoss{}}})
                                        .evaluate({logits.const_data_ptr<float>(), targets_.size()}, targets_, {},
                                                  {gradient.mutable_data_ptr<float>(), targets_.size()});
    return loss.sum / loss.weight;
  }
  test::TempDirectory directory_;
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

}  // namespace
}  // namespace rift::models
