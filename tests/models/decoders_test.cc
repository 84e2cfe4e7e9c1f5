#include <ATen/TensorOperators.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/sin.h>
#include <ATen/ops/tensor.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "models/tiny_encoders.h"
#include "models/tiny_model.h"
#include "rift/models/decoders/llama.h"
#include "rift/models/decoders/rope_options.h"
#include "rift/models/label_tokens.h"
#include "rift/models/language_model.h"
#include "support/failure.h"

// What decoders have beside what every architecture has (encoders_test.cc).
namespace rift::models {
namespace {

using test::classifier_in;
using test::failure;
using test::golden_batch;
using test::golden_in;
using test::numbers_of;
using testing::AllOf;
using testing::HasSubstr;
using testing::StartsWith;

Json config_of(const std::string& name) { return checkpoint::open_hf_directory(test::tiny_folder(name)).config; }

std::string refusal(const Json& config) {
  return failure([&] { describe_text_model(config, "config.json"); });
}

class Decoders : public testing::TestWithParam<const char*> {
 protected:
  std::string folder() const { return test::tiny_folder(GetParam()); }
  Json golden() const { return golden_in(folder()); }
};

INSTANTIATE_TEST_SUITE_P(Tiny, Decoders, testing::ValuesIn(test::kTinyDecoders),
                         [](const auto& decoder) { return std::string(decoder.param); });

TEST_P(Decoders, ATokensStateDoesNotDependOnWhatFollows) {
  const auto model = classifier_in(folder(), {.dtype = at::kDouble});
  const at::NoGradGuard scoring;
  const tensor::PackedBatch whole = golden_batch(golden());
  const at::Tensor states = model->encoder().forward(whole, {});
  tensor::TokenRows cut;
  for (int64_t row = 0; row < whole.rows; ++row) {
    std::vector<int32_t> ids;
    for (int64_t t = 0; t < (whole.row_tokens(row) + 1) / 2; ++t) {
      ids.push_back(static_cast<int32_t>(whole.ids[whole.row_begin_host[row] + t].item<int64_t>()));
    }
    cut.add_row(ids, static_cast<uint64_t>(row));
  }
  const auto batch = tensor::make_packed_batch(cut, c10::Device(c10::DeviceType::CPU));
  const at::Tensor last = model->encoder().forward(batch, {}, TokensRead::kLast);
  for (int64_t row = 0; row < batch.rows; ++row) {
    const at::Tensor expected = states[whole.row_begin_host[row] + batch.row_tokens(row) - 1];
    EXPECT_LT((last[row] - expected).abs().max().item<double>(), 1e-12) << row;
  }
}

TEST_P(Decoders, FirstTokenAndPoolerAreNoReadings) {
  for (const Pooling pooling : {Pooling::kCls, Pooling::kPooler}) {
    EXPECT_THAT(failure([&] { classifier_in(folder(), {.pooling = pooling}); }),
                AllOf(StartsWith("configuration: model.text.pooling: " + std::string(name_of(pooling))),
                      HasSubstr("set last or mean")));
  }
}

/// The golden language head: tied, or sin(i) * 0.3.
tensor::TensorMap with_language_head(tensor::TensorMap tensors, const Json& golden) {
  if (golden.at("untied").as_bool()) {
    tensors["lm_head.weight"] = at::arange(48 * 64, at::kDouble).sin().mul(0.3).to(at::kFloat).view({48, 64});
  }
  return tensors;
}

TEST_P(Decoders, TheLanguageModelSaysTheNextTokenAsTransformersDoes) {
  const Json golden = this->golden();
  const auto directory = checkpoint::open_hf_directory(folder());
  auto tensors = test::load_weights(directory, {.language_head = true}).tensors;
  const LanguageModel model({.config = directory.config}, with_language_head(std::move(tensors), golden));
  EXPECT_EQ(model.objective(), LanguageObjective::kNextToken);
  const at::NoGradGuard scoring;
  const at::Tensor logits =
      model.language_head().logits(model.encoder().forward(golden_batch(golden), {}, TokensRead::kLast));
  const at::Tensor expected = at::tensor(numbers_of(golden.at("language_logits")), at::kDouble).view(logits.sizes());
  EXPECT_LT((logits - expected).abs().max().item<double>(), 1e-5);
}

TEST_P(Decoders, LabelTokensScoreByTheLanguageHeadsLogits) {
  const Json golden = this->golden();
  const auto directory = checkpoint::open_hf_directory(folder());
  const auto tensors = with_language_head(test::load_weights(directory, {.language_head = true}).tensors, golden);
  const at::Tensor language =
      at::tensor(numbers_of(golden.at("language_logits")), at::kDouble).view({-1, 48});  // [B,V]
  for (const std::vector<int32_t>& tokens : {std::vector<int32_t>{7, 30}, {11, 5, 46}}) {
    tensor::TensorMap own = tensors;
    own.erase("lm_head.weight");
    own["score.weight"] = label_token_weight(directory.config, "config.json", tokens, tensors);
    const int64_t outputs = own.at("score.weight").size(0);
    ASSERT_EQ(outputs, tokens.size() == 2 ? 1 : 3);
    const TextClassifier model({.config = directory.config, .pooling = Pooling::kLast, .outputs = outputs}, own);
    EXPECT_TRUE(model.new_parameters().empty());
    const at::NoGradGuard scoring;
    const at::Tensor logits = model.forward(golden_batch(golden), {});
    for (int64_t row = 0; row < logits.size(0); ++row) {
      for (int64_t c = 0; c < outputs; ++c) {
        const double expected = outputs == 1 ? (language[row][tokens[1]] - language[row][tokens[0]]).item<double>()
                                             : language[row][tokens[static_cast<size_t>(c)]].item<double>();
        EXPECT_NEAR(logits[row][c].item<double>(), expected, 1e-5);
      }
    }
  }
}

TEST(LabelTokens, NeedALanguageHeadThatSaysTheNextToken) {
  const std::vector<int32_t> tokens = {1, 2};
  EXPECT_THAT(failure([&] { label_token_weight(config_of("roberta"), "config.json", tokens, {}); }),
              AllOf(StartsWith("unsupported"), HasSubstr("a RoBERTa does not say the next token")));
  EXPECT_THAT(failure([&] { label_token_weight(config_of("mistral"), "config.json", tokens, {}); }),
              AllOf(StartsWith("config"), HasSubstr("no language head ('lm_head.weight')")));
}

TEST(LabelTokens, AreReadBehindTheLastTokenAlone) {
  EXPECT_EQ(failure([] { require_reading_of_label_tokens(Pooling::kLast); }), "nothing");
  EXPECT_THAT(failure([] { require_reading_of_label_tokens(Pooling::kMean); }),
              AllOf(StartsWith("configuration"), HasSubstr("model.text.pooling is mean; set it to last")));
}

TEST(LabelTokens, ATokenBeyondTheHeadsTableBlamesTheFiles) {
  const tensor::TensorMap tensors = {{"lm_head.weight", at::zeros({48, 64})}};
  for (const int32_t token : {48, -1}) {
    const std::vector<int32_t> tokens = {1, token};
    EXPECT_THAT(failure([&] { label_token_weight(config_of("mistral"), "config.json", tokens, tensors); }),
                AllOf(StartsWith("artefact"), HasSubstr("the language head has 48 tokens")));
  }
}

struct Setting {
  const char* model;
  const char* key;
  const char* json;
};

TEST(Decoder, SettingsThatAreNotImplementedAreRefusedByName) {
  for (const Setting& setting : {Setting{"gpt2", "scale_attn_weights", "false"},
                                 {"gpt2", "scale_attn_by_inverse_layer_idx", "true"},
                                 {"gpt2", "activation_function", "\"mish\""},
                                 {"gpt2", "add_cross_attention", "true"},
                                 {"gpt2", "pruned_heads", R"({"0": [1]})"},
                                 {"llama", "hidden_act", "\"xielu\""},
                                 {"llama", "rope_interleaved", "true"},
                                 {"llama", "partial_rotary_factor", "0.5"},
                                 {"llama", "quantization_config", R"({"bits": 4})"},
                                 {"llama", "sliding_window", "16"},
                                 {"llama", "rope_parameters", R"({"rope_type": "yarn"})"},
                                 {"llama", "rope_scaling", R"({"rope_type": "longrope", "factor": 2.0})"},
                                 {"llama", "rope_scaling", R"({"type": "ntk", "factor": 2.0})"},
                                 {"llama", "rope_scaling", R"({"factor": 2.0})"},
                                 {"mistral", "attention_bias", "true"},
                                 {"mistral", "layer_types", R"(["full_attention", "sliding_attention"])"},
                                 {"mistral", "rope_scaling", R"({"rope_type": "su", "factor": 2.0})"},
                                 {"qwen2", "attention_bias", "true"},
                                 {"qwen2", "layer_types", R"(["full_attention", "chunked_attention"])"},
                                 {"qwen2", "use_mrope", "true"},
                                 {"qwen3", "mlp_bias", "true"},
                                 {"qwen3", "num_experts", "8"},
                                 {"gemma3", "attn_logit_softcapping", "50.0"},
                                 {"gemma3", "final_logit_softcapping", "30.0"},
                                 {"gemma3", "use_bidirectional_attention", "true"},
                                 {"gemma3", "hidden_activation", "\"quick_gelu\""}}) {
    Json config = config_of(setting.model);
    config[setting.key] = parse_json(setting.json, "setting");
    EXPECT_THAT(refusal(config), AllOf(StartsWith("unsupported: config.json"), HasSubstr(setting.key)))
        << setting.model << " " << setting.json;
  }
}

TEST(Decoder, MissingAndWrongValuesBlameTheFile) {
  struct Wrong {
    Setting setting;
    const char* message;
  };
  for (const Wrong& wrong :
       {Wrong{{"llama", "num_key_value_heads", "3"}, "num_key_value_heads: 3 does not divide"},
        {{"llama", "num_attention_heads", "5"}, "num_attention_heads: 5 does not divide"},
        {{"llama", "head_dim", "15"}, "head_dim: heads are 15 wide"},
        {{"llama", "num_attention_heads", "64"}, "head_dim: heads are 1 wide"},
        {{"llama", "rms_norm_eps", "0"}, "rms_norm_eps"},
        {{"llama", "rope_scaling", "[]"}, "rope_scaling: expected a mapping"},
        {{"llama", "rope_scaling", R"({"rope_type": "linear"})"}, "rope_scaling.factor is missing"},
        {{"llama", "rope_scaling", R"({"rope_type": "linear", "factor": 0.5})"}, "factor"},
        {{"llama", "rope_scaling", R"({"rope_type": "yarn", "factor": 2, "finetuned": true})"}, "finetuned"},
        {{"llama", "rope_scaling",
          R"({"rope_type": "llama3", "factor": 8, "low_freq_factor": 4, "high_freq_factor": 1,
                                   "original_max_position_embeddings": 16})"},
         "low_freq_factor 4 is not below high_freq_factor 1"},
        {{"qwen2", "layer_types", R"(["full_attention"])"}, "layer_types: 1 of them for 2 layers"},
        {{"qwen2", "use_sliding_window", "false"}, "layer_types: a layer slides"},
        {{"gpt2", "n_head", "7"}, "n_head: 7 does not divide"},
        {{"gpt2", "n_positions", "0"}, "n_positions"}}) {
    Json config = config_of(wrong.setting.model);
    if (std::string_view(wrong.setting.key) == "num_attention_heads") config.erase("head_dim");
    config[wrong.setting.key] = parse_json(wrong.setting.json, "setting");
    EXPECT_THAT(refusal(config), AllOf(StartsWith("artefact: config.json"), HasSubstr(wrong.message)))
        << wrong.setting.key;
  }
  for (const char* name : test::kTinyDecoders) {
    Json config = config_of(name);
    config.erase("vocab_size");
    EXPECT_THAT(refusal(config), HasSubstr("'vocab_size' is missing")) << name;
  }
}

TEST(Decoder, KeysMissingFromAConfigHaveTransformersDefaults) {
  Json config = config_of("mistral");
  config.erase("sliding_window");
  config.erase("num_key_value_heads");
  config["num_attention_heads"] = 8;
  const auto layout = describe_text_model(config, "config.json").layout;  // 8 heads of keys: as wide as queries
  const auto key =
      std::ranges::find(layout.encoder, "model.layers.0.self_attn.k_proj.weight", &checkpoint::NamedShape::name);
  ASSERT_NE(key, layout.encoder.end());
  EXPECT_EQ(key->shape, (std::vector<int64_t>{64, 64}));
}

TEST(Decoder, Gpt2sMapsAreTurnedBetweenFileAndModel) {
  const auto layout = test::layout_of(config_of("gpt2"));
  EXPECT_TRUE(layout.transposed_in_files("transformer.h.1.mlp.c_fc.weight"));
  EXPECT_FALSE(layout.transposed_in_files("transformer.h.1.mlp.c_fc.bias"));
  EXPECT_FALSE(layout.transposed_in_files("transformer.wte.weight"));
  const auto model = classifier_in(test::tiny_folder("gpt2"));
  EXPECT_EQ(model->parameters().at("transformer.h.0.attn.c_attn.weight").shape, (std::vector<int64_t>{192, 64}));
}

}  // namespace
}  // namespace rift::models
