#include "rift/models/encoders/bert.h"

#include <ATen/TensorOperators.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/binary_cross_entropy_with_logits.h>
#include <ATen/ops/cross_entropy_loss.h>
#include <ATen/ops/equal.h>
#include <ATen/ops/tensor.h>
#include <ATen/ops/zeros_like.h>
#include <gtest/gtest.h>

#include "models/golden_case.h"
#include "models/tiny_bert.h"
#include "rift/base/error.h"
#include "rift/base/threads.h"
#include "rift/checkpoint/tensor_file.h"
#include "rift/objective/task_loss.h"
#include "rift/optim/optimizer.h"
#include "rift/tensor/aten_threads.h"

// Golden values: tools/fixtures/models/bert_golden.py (transformers' BertForSequenceClassification in f64).
namespace rift::models {
namespace {

using test::kForward;
using test::kGradient;
using test::numbers_of;
using test::tiny_batch;
using test::tiny_classifier;
using test::tiny_golden;

std::vector<double> values_of(const at::Tensor& tensor) {
  const at::Tensor values = tensor.detach().to(at::kDouble).contiguous();
  return {values.const_data_ptr<double>(), values.const_data_ptr<double>() + values.numel()};
}

at::Tensor golden_tensor(const Json& list, at::ScalarType type) {
  return at::tensor(numbers_of(list), at::kDouble).to(type);
}

at::Tensor bce(const at::Tensor& logits) {
  return at::binary_cross_entropy_with_logits(logits.squeeze(1),
                                              golden_tensor(tiny_golden().at("targets"), logits.scalar_type()));
}

void expect_near(const std::vector<double>& got, const std::vector<double>& expected, double tolerance) {
  ASSERT_EQ(got.size(), expected.size());
  for (size_t i = 0; i < got.size(); ++i) EXPECT_NEAR(got[i], expected[i], tolerance) << i;
}

TEST(Bert, LogitsAndEveryGradientEqualTransformersOnThePooler) {
  const auto model = tiny_classifier();
  const at::Tensor logits = model->forward(tiny_batch(), {});
  expect_near(values_of(logits), numbers_of(tiny_golden().at("pooler").at("logits")), kForward);
  bce(logits).backward();
  const auto expected = checkpoint::read_tensors(std::string(test::kTinyBert) + "/gradients.safetensors");
  ASSERT_EQ(expected.size(), model->parameters().parameters().size());
  for (const nn::Parameter& parameter : model->parameters().parameters()) {
    const at::Tensor& golden = expected.at(parameter.name);
    const double difference = (parameter.view.grad() - golden).norm().item<double>();
    // The gradient of a key's bias is zero (softmax does not see it): there the other gradients give the scale.
    const double scale = std::max(golden.norm().item<double>(), 1e-3);
    EXPECT_LT(difference, kGradient * scale) << parameter.name;
  }
}

TEST(Bert, OtherPoolingsAndHeadsEqualTransformers) {
  for (const Json& one : tiny_golden().at("cases").as_array()) {
    const std::string& pooling = one.at("pooling").as_string();
    const int64_t outputs = one.at("outputs").as_int();
    SCOPED_TRACE(pooling + " " + std::to_string(outputs));
    test::TinyOptions options{.outputs = outputs};
    for (const auto& entry : enum_names(Pooling{})) {
      if (entry.name == pooling) options.pooling = entry.value;
    }
    const auto model = tiny_classifier(options);
    const Json& head = one.at("classifier");
    model->parameters().copy_from(
        {{"classifier.weight", golden_tensor(head.at("weight"), at::kFloat).view({outputs, 32})},
         {"classifier.bias", golden_tensor(head.at("bias"), at::kFloat)}});
    const at::Tensor logits = model->forward(tiny_batch(), {});
    expect_near(values_of(logits), numbers_of(one.at("logits")), kForward);
    const at::Tensor loss = outputs == 1
                                ? bce(logits)
                                : at::cross_entropy_loss(logits, golden_tensor(tiny_golden().at("classes"), at::kLong));
    EXPECT_NEAR(loss.item<double>(), one.at("loss").as_double(), kForward);
    loss.backward();
    for (const auto& [name, summary] : one.at("gradients").as_object()) {
      test::expect_gradient(model->parameters().at(name).view.grad(), summary, name);
    }
  }
}

TEST(Bert, TenAdamStepsGiveTheLossesOfPyTorch) {
  const auto model = tiny_classifier();
  nn::ParameterStore& store = model->parameters();
  const Json& golden = tiny_golden().at("adam");
  optim::OptimOptions options{.name = optim::AdamOptions{}};
  optim::ParameterGroup group{.name = "all", .lr = golden.at("lr").as_double()};
  for (const nn::Stretch& stretch : store.trainable_stretches()) group.slices.push_back({stretch.offset, stretch.size});
  optim::Optimizer<float> optimizer(options, {group});
  const objective::TaskLoss task({.loss = {objective::BceLoss{}}});
  const std::vector<double> targets = numbers_of(tiny_golden().at("targets"));
  const tensor::PackedBatch batch = tiny_batch();
  for (const double expected : numbers_of(golden.at("losses"))) {
    store.zero_gradients();
    const at::Tensor logits = model->forward(batch, {});
    at::Tensor gradient = at::zeros_like(logits);
    const objective::LossSum loss = task.evaluate({logits.const_data_ptr<float>(), targets.size()}, targets, {},
                                                  {gradient.mutable_data_ptr<float>(), targets.size()});
    EXPECT_NEAR(loss.sum / loss.weight, expected, 1e-4);
    logits.backward(gradient);
    optimizer.step(store.values<float>(), std::as_const(store).gradients<float>(), 1.0, 1.0 / loss.weight);
  }
}

TEST(Bert, FirstTokensAloneAreThoseOfAllTokens) {
  const auto model = tiny_classifier({.dtype = at::kDouble});
  const tensor::PackedBatch batch = tiny_batch();
  for (const bool training : {false, true}) {
    const nn::ForwardContext context{.training = training, .seed = 3, .epoch = 1};
    const at::Tensor all = model->encoder().forward(batch, context, TokensRead::kAll);
    const at::Tensor first = model->encoder().forward(batch, context, TokensRead::kFirst);
    EXPECT_EQ(first.size(0), batch.rows);
    for (int64_t row = 0; row < batch.rows; ++row) {
      EXPECT_LT((first[row] - all[batch.row_begin_host[row]]).abs().max().item<double>(), 1e-13) << row;
    }
  }
}

TEST(Bert, DropoutOfARowDoesNotDependOnTheRowsBesideItOrThreads) {
  const auto model = tiny_classifier({.pooling = Pooling::kMean, .dtype = at::kDouble});
  const nn::ForwardContext context{.training = true, .seed = 3, .epoch = 1};
  const at::Tensor whole = model->forward(tiny_batch(), context);
  const auto expect_row = [&](const at::Tensor& got, int64_t row) {
    EXPECT_NEAR(got.item<double>(), whole[row].item<double>(), 1e-12) << row;
  };
  const at::Tensor turned = model->forward(tiny_batch({5, 3, 0}), context);
  expect_row(turned[0], 5);
  expect_row(turned[1], 3);
  expect_row(turned[2], 0);
  for (size_t row = 0; row < 6; ++row)
    expect_row(model->forward(tiny_batch({row}), context), static_cast<int64_t>(row));
  EXPECT_GT(
      (model->forward(tiny_batch(), {.training = true, .seed = 3, .epoch = 2}) - whole).abs().max().item<double>(),
      1e-3);
  EXPECT_GT(
      (model->forward(tiny_batch(), {.training = true, .seed = 4, .epoch = 1}) - whole).abs().max().item<double>(),
      1e-3);
}

TEST(Bert, FrozenLowerLayersHaveNoGraphAndNoDropout) {
  const auto model = tiny_classifier();
  nn::ParameterStore& store = model->parameters();
  EXPECT_EQ(model->encoder().first_trainable_stage(), 0);
  for (const std::string& name : model->encoder().stem().parameters) store.set_trainable(store.at(name), false);
  EXPECT_EQ(model->encoder().first_trainable_stage(), 1);
  for (const std::string& name : model->encoder().layers()[0].parameters) store.set_trainable(store.at(name), false);
  EXPECT_EQ(model->encoder().first_trainable_stage(), 2);
  const tensor::PackedBatch batch = tiny_batch();
  const nn::ForwardContext training{.training = true, .seed = 1, .epoch = 0};
  const at::Tensor lower =
      model->encoder().run_layers(model->encoder().embed(batch, training), 0, 1, batch, training, TokensRead::kAll);
  EXPECT_FALSE(lower.requires_grad());
  EXPECT_TRUE(at::equal(
      lower, model->encoder().run_layers(model->encoder().embed(batch, {}), 0, 1, batch, {}, TokensRead::kAll)));
  EXPECT_TRUE(model->encoder().run_layers(lower, 1, 2, batch, training, TokensRead::kAll).requires_grad());
  for (const std::string& name : model->encoder().layers()[1].parameters) store.set_trainable(store.at(name), false);
  EXPECT_EQ(model->encoder().first_trainable_stage(), 3);
}

TEST(Bert, RowsBeyondTheModelAreRefused) {
  const auto model = tiny_classifier();
  const auto message_of = [&](std::vector<int32_t> ids, std::vector<int32_t> types) {
    tensor::TokenRows rows;
    rows.add_row(ids, 0, types);
    try {
      model->forward(tensor::make_packed_batch(rows, c10::Device(c10::DeviceType::CPU)), {});
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), Code::kArtefact);
      return error.message();
    }
    return std::string("no error");
  };
  EXPECT_NE(message_of({2, 80, 3}, {}).find("vocabulary of 80"), std::string::npos);
  EXPECT_NE(message_of({2, 5, 3}, {0, 2, 0}).find("model's 2 types"), std::string::npos);
  EXPECT_NE(message_of(std::vector<int32_t>(41, 5), {}).find("40 positions"), std::string::npos);
}

}  // namespace
}  // namespace rift::models
