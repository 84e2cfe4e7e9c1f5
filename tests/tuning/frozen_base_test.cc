#include <ATen/TensorOperators.h>
#include <ATen/core/grad_mode.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "checkpoint/gguf_variant.h"
#include "models/tiny_model.h"
#include "rift/nn/initial_values.h"
#include "rift/tuning/tuning.h"
#include "support/failure.h"

// A BERT whose linear maps stay as the blocks of its GGUF file, beside the same one in f32.
namespace rift::tuning {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::StartsWith;

/// `frozen_layers`: how many layers, from the bottom, stay as stored.
std::unique_ptr<models::TextClassifier> gguf_model(const std::string& name, size_t frozen_layers) {
  const auto directory = checkpoint::open_hf_directory(test::gguf_fixture(name));
  const auto description = models::describe_text_model(directory.config, name + ".gguf");
  std::set<std::string> kept;
  if (frozen_layers > 0) kept.insert(description.tables.begin(), description.tables.end());
  for (size_t layer = 0; layer < frozen_layers; ++layer) {
    kept.insert(description.linear_weights[layer].begin(), description.linear_weights[layer].end());
  }
  auto loaded = checkpoint::load_model(directory, description.layout, {.num_labels = 2}, kept);
  return std::make_unique<models::TextClassifier>(
      models::TextClassifierOptions{.config = directory.config, .pooling = models::Pooling::kMean, .outputs = 2},
      loaded.tensors, std::move(loaded.stored));
}

std::unique_ptr<models::TextClassifier> gguf_bert(size_t frozen_layers) { return gguf_model("bert", frozen_layers); }

tensor::PackedBatch batch() {
  tensor::TokenRows rows;
  for (uint64_t row = 0; row < 5; ++row) {
    std::vector<int32_t> ids;
    for (int32_t i = 0; i < 3 + 4 * static_cast<int32_t>(row); ++i)
      ids.push_back((7 * i + static_cast<int32_t>(row)) % 150);
    rows.add_row(ids, row, std::vector<int32_t>(ids.size(), 0));
  }
  return tensor::make_packed_batch(rows, c10::Device(c10::DeviceType::CPU));
}

TEST(FrozenBase, HoldsFewerBytesAndGivesTheSameLogits) {
  const auto stored = gguf_bert(2), plain = gguf_bert(0);
  EXPECT_NE(stored->parameters().at("bert.embeddings.word_embeddings.weight").frozen, nullptr);
  EXPECT_LT(2 * stored->parameters().bytes_held(), plain->parameters().bytes_held());
  const at::NoGradGuard scoring;
  EXPECT_LT((stored->forward(batch(), {}) - plain->forward(batch(), {})).abs().max().item<double>(), 1e-5);
  EXPECT_THAT(stored->encoder().why_not_fused(), HasSubstr("kept as its file stores it"));
  const tensor::TensorMap tensors = stored->merged_tensors().read_all(), expected = plain->merged_tensors().read_all();
  ASSERT_EQ(tensors.size(), expected.size());
  for (const auto& [name, tensor] : expected) EXPECT_TRUE(tensors.at(name).equal(tensor)) << name;
}

TEST(FrozenBase, HoldsTheMapsOfGpt2WhichFilesOfTransformersTurn) {
  const auto stored = gguf_model("gpt2", 2), plain = gguf_model("gpt2", 0);
  for (const char* name : {"transformer.wte.weight", "transformer.h.0.attn.c_attn.weight"}) {
    EXPECT_NE(stored->parameters().at(name).frozen, nullptr) << name;
  }
  const at::NoGradGuard scoring;
  EXPECT_LT((stored->forward(batch(), {}) - plain->forward(batch(), {})).abs().max().item<double>(), 1e-5);
}

/// Gradients of what trains, after the sum of the logits' squares.
tensor::TensorMap gradients(models::TextClassifier& model, const TuningOptions& options) {
  apply(options, model, 11);
  for (nn::Linear* linear : model.encoder().linear_maps()) {
    if (!linear->adapter) continue;
    const auto parameters = linear->adapter->parameters();  // LoRA's B, IA3's scale
    nn::fill_uniform(model.parameters(), *parameters[parameters.size() == 1 ? 0 : 1], 0.3, 5);
  }
  model.forward(batch(), {}).square().sum().backward();
  tensor::TensorMap map;
  for (const nn::Parameter& parameter : model.parameters().parameters()) {
    if (parameter.trainable) map.emplace(parameter.name, parameter.view.grad().clone());
  }
  return map;
}

TEST(FrozenBase, WhatTrainsGetsTheGradientsOfAnF32Base) {
  const TuningOptions methods[] = {{.method = HeadOptions{}},
                                   {.method = BitFitOptions{}},
                                   {.method = NormOptions{}},
                                   {.method = LoraOptions{.rank = 2}},
                                   {.method = LoraOptions{.rank = 2, .dora = true}},
                                   {.method = Ia3Options{}},
                                   {.method = BottleneckOptions{.reduction = 4}},
                                   {.method = PromptOptions{.tokens = 3}},
                                   {.method = PrefixOptions{.tokens = 3}},
                                   {.method = TopKOptions{.layers = 1}}};
  for (const TuningOptions& options : methods) {
    const bool top = std::holds_alternative<TopKOptions>(options.method);
    const auto stored = gguf_bert(top ? 1 : 2), plain = gguf_bert(0);
    const tensor::TensorMap got = gradients(*stored, options), expected = gradients(*plain, options);
    ASSERT_EQ(got.size(), expected.size()) << options.method_name();
    for (const auto& [name, gradient] : expected) {
      EXPECT_TRUE(got.at(name).allclose(gradient, 1e-4, 1e-5)) << options.method_name() << " " << name;
    }
  }
}

TEST(FrozenBase, AMethodThatTrainsAStoredMatrixIsRefused) {
  for (const TuningOptions& options :
       {TuningOptions{.method = FullOptions{}}, TuningOptions{.method = GradualOptions{}},
        TuningOptions{.method = TopKOptions{.layers = 2}}}) {
    const auto model = gguf_bert(2);
    EXPECT_THAT(test::failure([&] { apply(options, *model, 1); }),
                AllOf(StartsWith("configuration"), HasSubstr("is kept as its file stores it"), HasSubstr("lora")));
  }
}

TEST(FrozenBase, MergingLeavesTheAdapterBesideAStoredMatrix) {
  for (const TuningOptions& options :
       {TuningOptions{.method = LoraOptions{.rank = 2}}, TuningOptions{.method = LoraOptions{.rank = 2, .dora = true}},
        TuningOptions{.method = Ia3Options{}}}) {
    SCOPED_TRACE(options.method_name());
    const auto model = gguf_bert(2);
    gradients(*model, options);
    const at::NoGradGuard scoring;
    const at::Tensor before = model->forward(batch(), {});
    const tensor::TensorMap tensors = model->merged_tensors().read_all();
    merge(*model);
    EXPECT_TRUE(model->forward(batch(), {}).equal(before));
    EXPECT_EQ(model->parameters().trainable_count(), 2 * 32 + 2);  // the head's
    const auto plain = gguf_bert(0);
    plain->parameters().copy_from(tensors);
    EXPECT_LT((plain->forward(batch(), {}) - before).abs().max().item<double>(), 1e-5);
  }
}

TEST(FrozenBase, PissaIsRefused) {
  const auto model = gguf_bert(2);
  EXPECT_THAT(test::failure([&] { apply({.method = LoraOptions{.rank = 2, .init = LoraInit::kPissa}}, *model, 1); }),
              AllOf(HasSubstr("pissa"), HasSubstr("kept as its file stores it")));
}

}  // namespace
}  // namespace rift::tuning
