#include "rift/tuning/lora.h"

#include <ATen/TensorOperators.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/equal.h>
#include <gtest/gtest.h>

#include <cmath>

#include "models/tiny_bert.h"
#include "rift/base/error.h"
#include "rift/nn/initial_values.h"
#include "rift/tuning/tuning.h"

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

/// B away from its zeros, as after training.
void move_b(models::TextClassifier& model) {
  for (nn::Linear* linear : model.encoder().linear_maps()) {
    if (!linear->adapter) continue;
    nn::fill_uniform(model.parameters(), *linear->adapter->parameters()[1], 0.3, 5);
  }
}

TEST(Lora, StartsAsTheModelItIsPutOn) {
  const at::NoGradGuard scoring;
  const auto model = adapted({.targets = kEveryMap});
  EXPECT_TRUE(at::equal(model->forward(tiny_batch(), {}), tiny_classifier()->forward(tiny_batch(), {})));
}

TEST(Lora, AStartsKaimingUniformAndDependsOnTheSeedAlone) {
  const auto model = adapted({.rank = 8});
  const std::string name = "bert.encoder.layer.0.attention.self.query.lora_A.weight";
  const at::Tensor& a = model->parameters().at(name).view;
  const double bound = 1 / std::sqrt(32.0);
  EXPECT_LE(a.abs().max().item<double>(), bound);
  EXPECT_NEAR(a.std().item<double>(), bound / std::sqrt(3.0), 0.1 * bound);  // of a uniform distribution, 256 draws
  EXPECT_TRUE(at::equal(a, adapted({.rank = 8, .targets = kEveryMap})->parameters().at(name).view));
  EXPECT_FALSE(at::equal(a, model->parameters().at("bert.encoder.layer.0.attention.self.value.lora_A.weight").view));
}

TEST(Lora, MergedEqualsUnmerged) {
  const auto model = adapted({.rank = 4, .alpha = 8, .dropout = 0.3, .targets = kEveryMap});
  move_b(*model);
  const at::Tensor before = model->forward(tiny_batch(), {});
  EXPECT_GT((before - tiny_classifier()->forward(tiny_batch(), {})).abs().max().item<double>(), 1e-2);
  const tensor::TensorMap exported = model->merged_tensors().read_all();
  EXPECT_EQ(exported.size(), tiny_classifier()->parameters().parameters().size());
  merge(*model);
  for (const nn::Linear* linear : model->encoder().linear_maps()) EXPECT_FALSE(linear->adapter);
  EXPECT_LT((model->forward(tiny_batch(), {}) - before).abs().max().item<double>(), 1e-5);
  for (const auto& [name, tensor] : model->merged_tensors().read_all())
    EXPECT_TRUE(at::equal(tensor, exported.at(name))) << name;
}

TEST(Lora, GradientsAreThoseOfFiniteDifferences) {
  const auto model = adapted({.rank = 2, .alpha = 3, .dropout = 0.2, .targets = kEveryMap}, at::kDouble);
  move_b(*model);
  nn::ParameterStore& store = model->parameters();
  const nn::ForwardContext training{.training = true, .seed = 2, .epoch = 0};
  const auto loss = [&] { return model->forward(tiny_batch(), training).pow(2).sum(); };
  loss().backward();
  const std::span<double> values = store.values<double>();
  for (const nn::Linear* linear : model->encoder().linear_maps()) {
    for (const nn::Parameter* parameter : linear->adapter->parameters()) {
      for (const int64_t i : {int64_t{0}, parameter->size / 2, parameter->size - 1}) {
        double& value = values[parameter->offset + i];
        const double kept = value, h = 1e-6;
        value = kept + h;
        const double above = loss().item<double>();
        value = kept - h;
        const double below = loss().item<double>();
        value = kept;
        EXPECT_NEAR(parameter->view.grad().view(-1)[i].item<double>(), (above - below) / (2 * h), 1e-6)
            << parameter->name << " " << i;
      }
    }
  }
}

TEST(Lora, DropoutOfTheAdapterDependsOnTheRowAlone) {
  const auto model = adapted({.dropout = 0.5, .targets = kEveryMap}, at::kDouble);
  move_b(*model);
  const nn::ForwardContext training{.training = true, .seed = 2, .epoch = 0};
  const at::Tensor whole = model->forward(tiny_batch(), training);
  EXPECT_NEAR(model->forward(tiny_batch({4}), training).item<double>(), whole[4].item<double>(), 1e-12);
}

}  // namespace
}  // namespace rift::tuning
