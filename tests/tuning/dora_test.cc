#include "rift/tuning/dora.h"

#include <ATen/TensorOperators.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/allclose.h>
#include <ATen/ops/equal.h>
#include <ATen/ops/linalg_svd.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "models/tiny_bert.h"
#include "rift/nn/initial_values.h"
#include "rift/tuning/peft.h"
#include "rift/tuning/tuning.h"
#include "support/failure.h"

// DoRA and PiSSA, which touch the weight beside the update.
namespace rift::tuning {
namespace {

using test::tiny_batch;
using test::tiny_classifier;

const std::vector<std::string> kEveryMap = {
    "query", "key", "value", "attention.output.dense", "intermediate.dense", "output.dense"};

std::unique_ptr<models::TextClassifier> adapted(const LoraOptions& options, at::ScalarType dtype = at::kFloat) {
  auto model = tiny_classifier({.dtype = dtype});
  apply({.method = options}, *model, 11);
  return model;
}

TEST(Dora, StartsAsTheModelItIsPutOn) {
  const at::NoGradGuard scoring;
  const auto model = adapted({.targets = kEveryMap, .dora = true});
  const at::Tensor plain = tiny_classifier()->forward(tiny_batch(), {});
  EXPECT_LT((model->forward(tiny_batch(), {}) - plain).abs().max().item<double>(), 1e-6);
  for (const nn::Linear* linear : model->encoder().linear_maps()) {
    const auto* dora = dynamic_cast<const DoraAdapter*>(linear->adapter.get());
    ASSERT_NE(dora, nullptr);
    EXPECT_TRUE(at::allclose(dora->magnitude().view, linear->weight->view.norm(2, 1), 1e-6, 1e-7)) << linear->name;
  }
}

TEST(Dora, TheGradientOfLengthsIsThatOfFiniteDifferences) {
  const auto model = adapted({.rank = 2, .alpha = 3, .dropout = 0.2, .targets = kEveryMap, .dora = true}, at::kDouble);
  nn::ParameterStore& store = model->parameters();
  const nn::ForwardContext training{.training = true, .seed = 2, .epoch = 0};
  for (const nn::Linear* linear : model->encoder().linear_maps()) {
    nn::fill_uniform(store, *linear->adapter->parameters()[1], 0.3, 5);
  }
  const auto loss = [&] { return model->forward(tiny_batch(), training).pow(2).sum(); };
  loss().backward();
  const std::span<double> values = store.values<double>();
  for (const nn::Linear* linear : model->encoder().linear_maps()) {
    const nn::Parameter& lengths = *linear->adapter->parameters().back();
    for (const int64_t i : {int64_t{0}, lengths.size - 1}) {
      double& value = values[static_cast<size_t>(lengths.offset + i)];
      const double kept = value, h = 1e-6;
      value = kept + h;
      const double above = loss().item<double>();
      value = kept - h;
      const double below = loss().item<double>();
      value = kept;
      EXPECT_NEAR(lengths.view.grad()[i].item<double>(), (above - below) / (2 * h), 1e-6) << lengths.name << i;
    }
  }
}

TEST(Dora, DropoutDependsOnTheRowAlone) {
  const auto model = adapted({.dropout = 0.5, .targets = kEveryMap, .dora = true}, at::kDouble);
  const nn::ForwardContext training{.training = true, .seed = 2, .epoch = 0};
  const at::NoGradGuard changing;
  for (const nn::Linear* linear : model->encoder().linear_maps()) {
    linear->adapter->parameters().back()->view.detach().mul_(1.5);
  }
  const at::Tensor whole = model->forward(tiny_batch(), training);
  EXPECT_NEAR(model->forward(tiny_batch({4}), training).item<double>(), whole[4].item<double>(), 1e-12);
}

TEST(Pissa, TakesThePrincipalPartOffAndTheMapStaysWhatItWas) {
  const at::NoGradGuard scoring;
  const auto base = tiny_classifier();
  const LoraOptions options{.rank = 4, .alpha = 6, .targets = kEveryMap, .init = LoraInit::kPissa};
  const auto model = adapted(options);
  EXPECT_LT((model->forward(tiny_batch(), {}) - base->forward(tiny_batch(), {})).abs().max().item<double>(), 1e-5);
  for (const nn::Linear* linear : model->encoder().linear_maps()) {
    const at::Tensor pretrained = base->parameters().at(linear->weight->name).view;
    const at::Tensor s = std::get<1>(at::linalg_svd(pretrained, false));
    const at::Tensor left = std::get<1>(at::linalg_svd(linear->weight->view, false));
    EXPECT_TRUE(at::allclose(left.narrow(0, 0, s.size(0) - 4), s.narrow(0, 4, s.size(0) - 4), 1e-4, 1e-5))
        << linear->name;
    EXPECT_TRUE(at::allclose(nn::merged_weight(*linear), pretrained, 1e-5, 1e-6)) << linear->name;
  }
}

TEST(Pissa, TheFileHoldsTheDifferenceToTheStart) {
  const at::NoGradGuard scoring;
  const LoraOptions options{.rank = 3, .alpha = 6, .init = LoraInit::kPissa};
  const auto model = adapted(options);
  for (const checkpoint::LoraPair& pair : adapter_of(*model, options).pairs) {
    EXPECT_EQ(pair.a.size(0), 6);
    EXPECT_LT(pair.b.mm(pair.a).abs().max().item<double>(), 1e-6) << pair.module;  // nothing has moved yet
  }
  EXPECT_DOUBLE_EQ(adapter_of(*model, options).config.scale(), 2.0);
}

TEST(Pissa, ARankBeyondTheWeightsIsRefused) {
  const std::string said = test::message_of(Code::kConfig, [] { adapted({.rank = 33, .init = LoraInit::kPissa}); });
  EXPECT_NE(said.find("which is 32, got 33"), std::string::npos) << said;
}

}  // namespace
}  // namespace rift::tuning
