#include "rift/models/text_classifier.h"

#include <ATen/ops/equal.h>
#include <gtest/gtest.h>

#include "models/tiny_bert.h"
#include "rift/base/error.h"

namespace rift::models {
namespace {

using test::tiny_batch;
using test::tiny_classifier;

const at::Tensor& view(const TextClassifier& model, const char* name) { return model.parameters().at(name).view; }

TEST(TextClassifier, NewHeadDependsOnTheSeedAlone) {
  const auto a = tiny_classifier({.outputs = 3, .seed = 5});
  EXPECT_EQ(a->new_parameters(), (std::vector<std::string>{"classifier.weight", "classifier.bias"}));
  const auto b = tiny_classifier({.pooling = Pooling::kMean, .outputs = 3, .seed = 5});
  const auto c = tiny_classifier({.outputs = 3, .seed = 6});
  EXPECT_TRUE(at::equal(view(*a, "classifier.weight"), view(*b, "classifier.weight")));
  EXPECT_FALSE(at::equal(view(*a, "classifier.weight"), view(*c, "classifier.weight")));
  EXPECT_NEAR(view(*a, "classifier.weight").std().item<double>(), 0.15, 0.04);  // 96 draws, initializer_range .15
  EXPECT_EQ(view(*a, "classifier.bias").abs().max().item<double>(), 0.0);
}

TEST(TextClassifier, PoolerThatIsNotUsedIsKeptAndNeverTrains) {
  const auto model = tiny_classifier({.pooling = Pooling::kMean});
  EXPECT_TRUE(model->pooler().parameters.empty());
  ASSERT_NE(model->parameters().find("bert.pooler.dense.weight"), nullptr);
  EXPECT_FALSE(model->parameters().at("bert.pooler.dense.weight").trainable);
  EXPECT_TRUE(model->new_parameters().empty());
}

TEST(TextClassifier, PoolerThatIsUsedAndAbsentIsMade) {
  const auto directory = checkpoint::open_hf_directory(test::kTinyBert);
  tensor::TensorMap tensors = test::load_weights(directory, {.num_labels = 1}).tensors;
  tensors.erase("bert.pooler.dense.weight");
  tensors.erase("bert.pooler.dense.bias");
  const TextClassifier pooled({.config = directory.config}, tensors);
  EXPECT_EQ(pooled.new_parameters(), (std::vector<std::string>{"bert.pooler.dense.weight", "bert.pooler.dense.bias"}));
  const TextClassifier mean({.config = directory.config, .pooling = Pooling::kMean}, tensors);
  EXPECT_EQ(mean.parameters().find("bert.pooler.dense.weight"), nullptr);
}

TEST(TextClassifier, MissingOrMisshapenWeightsAreNamed) {
  const auto directory = checkpoint::open_hf_directory(test::kTinyBert);
  const tensor::TensorMap tensors = test::load_weights(directory, {.num_labels = 1}).tensors;
  const auto message_of = [&](const tensor::TensorMap& map, const Json& config) {
    try {
      TextClassifier model({.config = config}, map);
    } catch (const Error& error) {
      return std::string(code_info(error.code()).name) + ": " + error.message();
    }
    return std::string("no error");
  };
  tensor::TensorMap less = tensors;
  less.erase("bert.encoder.layer.1.output.dense.bias");
  EXPECT_NE(message_of(less, directory.config).find("'bert.encoder.layer.1.output.dense.bias' is missing"),
            std::string::npos);
  Json wider = directory.config;
  wider["vocab_size"] = 81;
  EXPECT_NE(message_of(tensors, wider).find("expected shape [81,32], got [80,32]"), std::string::npos);
  Json other = directory.config;
  other["model_type"] = "t5";
  EXPECT_NE(message_of(tensors, other).find("got 't5'"), std::string::npos);
}

TEST(TextClassifier, HeadDropoutFollowsClassifierDropout) {
  const auto directory = checkpoint::open_hf_directory(test::kTinyBert);
  const tensor::TensorMap tensors = test::load_weights(directory, {.num_labels = 1}).tensors;
  Json config = directory.config;
  config["hidden_dropout_prob"] = 0.0;
  config["attention_probs_dropout_prob"] = 0.0;
  const nn::ForwardContext training{.training = true, .seed = 1, .epoch = 0};
  const TextClassifier without({.config = config}, tensors);
  EXPECT_TRUE(at::equal(without.forward(tiny_batch(), training), without.forward(tiny_batch(), {})));
  config["classifier_dropout"] = 0.5;
  const TextClassifier with({.config = config}, tensors);
  EXPECT_FALSE(at::equal(with.forward(tiny_batch(), training), with.forward(tiny_batch(), {})));
}

}  // namespace
}  // namespace rift::models
