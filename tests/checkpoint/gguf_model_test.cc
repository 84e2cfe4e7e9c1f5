#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "checkpoint/gguf_variant.h"
#include "rift/base/files.h"
#include "rift/base/sha256.h"
#include "rift/checkpoint/gguf/model.h"
#include "rift/checkpoint/gguf/rope_scaling.h"
#include "rift/checkpoint/hf_directory.h"
#include "rift/checkpoint/tensor_file.h"
#include "support/failure.h"
#include "support/temp_directory.h"

namespace rift::checkpoint {
namespace {

using format::GgufKind;
using test::failure;
using test::gguf_fixture;
using test::GgufVariant;
using test::TempDirectory;
using testing::AllOf;
using testing::HasSubstr;
using testing::StartsWith;

const Json& expected() { return test::gguf_expected().at("models"); }

/// Each small model against what transformers loads from the same file (tools/fixtures/checkpoint/gguf_models.py).
class GgufModels : public testing::TestWithParam<const char*> {};

TEST_P(GgufModels, TensorsHaveTheNamesShapesAndValuesOfTransformers) {
  const GgufModel model = GgufModel::open(gguf_fixture(GetParam()));
  const Json& tensors = expected().at(GetParam()).at("tensors");
  EXPECT_EQ(model.tensors().size(), tensors.size());
  for (const auto& [name, tensor] : tensors.as_object()) {
    const at::Tensor values = read_tensor(model, model.at(name), {.floats_as_f32 = true});
    EXPECT_EQ(Json(values.sizes().vec()), tensor.at("shape")) << name;
    EXPECT_EQ(sha256_hex({static_cast<const char*>(values.data_ptr()), static_cast<size_t>(values.nbytes())}),
              tensor.at("sha256").as_string())
        << name;
  }
}

TEST_P(GgufModels, StoredBlocksGiveTheSameNumbersByRows) {
  const GgufModel model = GgufModel::open(gguf_fixture(GetParam()));
  int64_t kept = 0;
  for (const auto& tensor : model.tensors()) {
    const bool transposed = !model.stored(tensor, false).has_value();
    const auto stored = model.stored(tensor, transposed);
    if (!stored) continue;
    ++kept;
    const at::Tensor read = read_tensor(model, tensor), values = transposed ? read.t().contiguous() : read;
    EXPECT_LT(4 * stored->size_bytes(), 2 * values.nbytes()) << tensor.name;
    for (int64_t row = 0; row < stored->rows(); row += 3) {
      std::vector<float> numbers(static_cast<size_t>(stored->columns()));
      stored->read_rows(row, row + 1, numbers);
      EXPECT_TRUE(std::equal(numbers.begin(), numbers.end(), values[row].const_data_ptr<float>())) << tensor.name;
    }
  }
  EXPECT_GT(kept, 0);
}

TEST_P(GgufModels, ConfigHasTheValuesOfTransformers) {
  const Json config = GgufModel::open(gguf_fixture(GetParam())).config();
  for (const auto& [key, value] : expected().at(GetParam()).at("config").as_object()) {
    ASSERT_TRUE(config.contains(key)) << key;
    EXPECT_EQ(to_json_text(config.at(key)), to_json_text(value)) << key;
  }
}

TEST_P(GgufModels, NamesTranslateBackToThoseOfTheFile) {
  const GgufModel model = GgufModel::open(gguf_fixture(GetParam()));
  for (size_t i = 0; i < model.tensors().size(); ++i) {
    const auto back = gguf_tensor_name(model.architecture(), model.tensors()[i].name);
    ASSERT_TRUE(back) << model.tensors()[i].name;
    EXPECT_EQ(back->name, model.file().tensors()[i].name);
  }
}

INSTANTIATE_TEST_SUITE_P(Architectures, GgufModels,
                         testing::Values("bert", "gemma3", "gpt2", "llama", "smollm", "qwen2", "qwen3"),
                         [](const auto& info) { return std::string(info.param); });

TEST(GgufModel, ABertHasItsSizesAndPooling) {
  const GgufModel model = GgufModel::open(gguf_fixture("bert"));
  EXPECT_EQ(model.pooling(), "cls");
  EXPECT_EQ(model.config().at("model_type"), Json("bert"));
  EXPECT_EQ(model.config().at("intermediate_size"), Json(64));
  EXPECT_EQ(model.config().at("type_vocab_size"), Json(2));
  EXPECT_DOUBLE_EQ(model.config().at("layer_norm_eps").as_double(), static_cast<double>(1e-12F));
}

/// The message of a file that differs from a fixture in what `change` does.
template <class Change>
std::string refused(const char* name, Change change) {
  const TempDirectory directory;
  GgufVariant variant(name);
  change(variant);
  return failure([&] { GgufModel::open(variant.write(directory / "model.gguf")); });
}

TEST(GgufModel, WhatItDoesNotKnowIsRefusedByName) {
  EXPECT_THAT(refused("llama", [](auto& v) { v.set("general.architecture", "nomic-bert"); }),
              AllOf(StartsWith("unsupported"), HasSubstr("'nomic-bert' is not implemented (bert, gemma3, gpt2")));
  EXPECT_THAT(refused("llama", [](auto& v) { v.set("llama.expert_count", uint64_t{8}); }),
              AllOf(StartsWith("unsupported"), HasSubstr("'llama.expert_count' is not understood")));
  EXPECT_THAT(refused("llama", [](auto& v) { v.rename("blk.1.attn_norm.weight", "blk.1.attn_sinks.weight"); }),
              AllOf(StartsWith("unsupported"), HasSubstr("tensor 'blk.1.attn_sinks.weight' [32]")));
  EXPECT_THAT(refused("llama", [](auto& v) { v.set("llama.rope.scaling.type", "longrope"); }),
              AllOf(StartsWith("unsupported"), HasSubstr("'longrope' is not implemented (linear and yarn")));
  EXPECT_THAT(refused("llama", [](auto& v) { v.set("llama.rope.dimension_count", uint64_t{4}); }),
              AllOf(StartsWith("unsupported"), HasSubstr("4 rotated features of a head of 8")));
  EXPECT_THAT(refused("qwen3", [](auto& v) { v.set("qwen3.attention.value_length", uint64_t{8}); }),
              AllOf(StartsWith("unsupported"), HasSubstr("keys of width 16 and values of width 8")));
  EXPECT_THAT(refused("bert", [](auto& v) { v.set("bert.pooling_type", uint64_t{4}); }),
              AllOf(StartsWith("unsupported"), HasSubstr("pooling 4")));
  EXPECT_THAT(refused("llama",
                      [](auto& v) {
                        v.set("llama.attention.head_count", {GgufKind::kU32, std::vector<uint64_t>{4, 4}});
                      }),
              AllOf(StartsWith("unsupported"), HasSubstr("a value for each layer")));
}

TEST(GgufModel, WhatDoesNotFitIsRefused) {
  EXPECT_THAT(refused("llama", [](auto& v) { v.erase("llama.block_count"); }),
              AllOf(StartsWith("artefact"), HasSubstr("model.gguf: key 'llama.block_count' is missing")));
  EXPECT_THAT(refused("llama", [](auto& v) { v.erase("general.architecture"); }),
              AllOf(StartsWith("artefact"), HasSubstr("'general.architecture' is missing")));
  EXPECT_THAT(refused("llama", [](auto& v) { v.set("llama.block_count", "two"); }),
              AllOf(StartsWith("artefact"), HasSubstr("'llama.block_count': expected a whole number")));
  EXPECT_THAT(refused("llama", [](auto& v) { v.set("llama.rope.freq_base", uint64_t{10'000}); }),
              AllOf(StartsWith("artefact"), HasSubstr("'llama.rope.freq_base': expected a number (f32 or f64)")));
  EXPECT_THAT(refused("llama", [](auto& v) { v.set("llama.embedding_length", uint64_t{0}); }),
              AllOf(StartsWith("artefact"), HasSubstr("expected a whole number from 1 to")));
  EXPECT_THAT(refused("gemma3", [](auto& v) { v.set("gemma3.block_count", uint64_t{1} << 24); }),
              AllOf(StartsWith("artefact"), HasSubstr("'gemma3.block_count': expected a whole number from 1 to 1024")));
  EXPECT_THAT(refused("llama", [](auto& v) { v.set("llama.embedding_length", uint64_t{48}); }),
              AllOf(StartsWith("artefact"), HasSubstr("tensor 'token_embd.weight': expected [rows,48], got [340,32]")));
  EXPECT_THAT(refused("llama", [](auto& v) { v.set("llama.attention.head_count_kv", uint64_t{3}); }),
              AllOf(StartsWith("artefact"), HasSubstr("tensor 'blk.0.attn_k.weight': expected 24 rows")));
  EXPECT_THAT(refused("qwen2", [](auto& v) { v.set("qwen2.attention.head_count", uint64_t{5}); }),
              AllOf(StartsWith("artefact"), HasSubstr("5 heads do not divide a width of 32")));
  EXPECT_THAT(refused("llama", [](auto& v) { v.set("llama.vocab_size", uint64_t{339}); }),
              AllOf(StartsWith("artefact"), HasSubstr("vocab_size is 339, but tensor 'token_embd.weight' has 340")));
  EXPECT_THAT(refused("llama",
                      [](auto& v) {
                        v.set("tokenizer.ggml.tokens", {GgufKind::kText, std::vector<std::string>{"a", "b"}});
                      }),
              AllOf(StartsWith("artefact"), HasSubstr("2 tokens in 'tokenizer.ggml.tokens', but 340 rows")));
  EXPECT_THAT(refused("gpt2", [](auto& v) { v.rename("token_embd.weight", "output.weight"); }),
              AllOf(StartsWith("artefact"), HasSubstr("no tensor 'token_embd.weight'")));
}

TEST(GgufModel, RopeScalingStandsInTheConfig) {
  const TempDirectory directory;
  GgufVariant linear("llama");
  linear.set("llama.rope.scaling.type", "linear");
  linear.set("llama.rope.scaling.factor", 4.0);
  EXPECT_EQ(GgufModel::open(linear.write(directory / "linear.gguf")).config().at("rope_scaling"),
            (Json{{"rope_type", "linear"}, {"factor", 4.0}}));
  GgufVariant yarn("qwen2");
  yarn.set("qwen2.rope.scaling.type", "yarn");
  yarn.set("qwen2.rope.scaling.factor", 2.0);
  yarn.set("qwen2.rope.scaling.original_context_length", uint64_t{32});
  EXPECT_EQ(GgufModel::open(yarn.write(directory / "yarn.gguf")).config().at("rope_scaling"),
            (Json{{"rope_type", "yarn"}, {"factor", 2.0}, {"original_max_position_embeddings", 32}}));
}

TEST(GgufModel, DivisorsOfTheFrequenciesAreLlama3sOrRefused) {
  // Of Llama 3.2 (theta 500000, head 8, factor 32), by transformers' _compute_llama3_parameters.
  const std::vector<float> divisors = {1.0F, 1.0F, 3.2922626F, 32.0F};
  const TempDirectory directory;
  GgufVariant variant("llama");
  variant.add("rope_freqs.weight", divisors);
  EXPECT_EQ(GgufModel::open(variant.write(directory / "llama3.gguf")).config().at("rope_scaling"),
            (Json{{"rope_type", "llama3"},
                  {"factor", 32.0},
                  {"low_freq_factor", 1.0},
                  {"high_freq_factor", 4.0},
                  {"original_max_position_embeddings", 8192}}));
  EXPECT_THAT(refused("llama",
                      [](auto& v) {
                        v.add("rope_freqs.weight", {1.0F, 1.0F, 4.0F, 32.0F});
                      }),
              AllOf(StartsWith("unsupported"), HasSubstr("scaled in another way than Llama 3.1's")));
  EXPECT_THAT(refused("llama",
                      [](auto& v) {
                        v.add("rope_freqs.weight", {1.0F, 1.0F});
                      }),
              AllOf(StartsWith("artefact"), HasSubstr("'rope_freqs.weight': expected [4] F32, got [2]")));
}

TEST(HfDirectory, AGgufFileIsAModel) {
  const HfDirectory opened = open_hf_directory(gguf_fixture("bert"));
  EXPECT_EQ(opened.model_type(), "bert");
  EXPECT_EQ(weights_file(opened), gguf_fixture("bert"));
  EXPECT_EQ(opened.config_path(), gguf_fixture("bert"));
  EXPECT_EQ(opened.sentence_transformers->pooling, "cls");
  EXPECT_NE(open_weights(opened)->find("encoder.layer.1.attention.self.query.weight"), nullptr);
}

TEST(HfDirectory, AGgufFileGivesADirectoryWhatDoesNotLieBesideIt) {
  const TempDirectory directory;
  std::filesystem::copy_file(gguf_fixture("qwen3"), directory.folder("model") / "q.gguf");
  const HfDirectory bare = open_hf_directory(directory / "model");
  EXPECT_TRUE(bare.config_is_of_gguf);
  EXPECT_EQ(bare.config.at("head_dim"), Json(16));
  Json config = bare.config;
  config["rope_theta"] = 7.0;
  directory.write("model/config.json", to_json_text(config));
  const HfDirectory told = open_hf_directory(directory / "model");
  EXPECT_FALSE(told.config_is_of_gguf);
  EXPECT_EQ(told.config.at("rope_theta"), Json(7.0));
  EXPECT_NE(open_weights(told)->find("model.layers.1.self_attn.q_norm.weight"), nullptr);
  config["model_type"] = "llama";
  directory.write("model/config.json", to_json_text(config));
  EXPECT_THAT(failure([&] { open_weights(open_hf_directory(directory / "model")); }),
              AllOf(StartsWith("artefact"), HasSubstr("model_type is 'llama'"), HasSubstr("architecture 'qwen3'")));
}

}  // namespace
}  // namespace rift::checkpoint
