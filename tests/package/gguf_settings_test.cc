#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "package/gguf_directory.h"
#include "rift/base/files.h"
#include "rift/base/json_difference.h"
#include "rift/checkpoint/archive.h"
#include "rift/models/decoders/rope_options.h"
#include "support/failure.h"

// Settings of a decoder that become keys of a GGUF file, are read back as the same, or are refused by name.
namespace rift::package {
namespace {

namespace fs = std::filesystem;
using checkpoint::FloatType;
using checkpoint::GgufModel;
using test::convert_to_gguf;
using test::failure;
using test::hf_directory;
using test::refused_gguf;
using test::TempDirectory;
using testing::AllOf;
using testing::HasSubstr;
using testing::StartsWith;

Json scaling(const char* text) { return parse_json(text, "rope_scaling"); }

/// What positions turn by.
nn::RotaryFrequencies frequencies(const Json& config) {
  const Json all = models::complete_settings(config, "config.json");
  return nn::rotary_frequencies(
      all.at("head_dim").as_int(), all.at("rope_theta").as_double(),
      models::read_rope_scaling(config, "config.json", all.at("max_position_embeddings").as_int()));
}

struct Scaled {
  const char* name;
  const char* config;  // rope_scaling as config.json has it
  const char* read;    // as it is read back, with every key
};

class GgufRopeScaling : public testing::TestWithParam<std::tuple<const char*, Scaled>> {};

TEST_P(GgufRopeScaling, IsReadBackAsTheSame) {
  const auto& [fixture, scaled] = GetParam();
  const TempDirectory directory;
  const fs::path model = hf_directory(directory, fixture, [&](Json& config) {
    config["rope_theta"] = 500'000.0;  // so that Llama 3.1's divides some frequency of these narrow heads by all of it
    config["max_position_embeddings"] = 256;
    config["rope_scaling"] = scaling(scaled.config);
  });
  convert_to_gguf(model, directory / "out.gguf", FloatType::kF32);
  const Json given = checkpoint::open_hf_directory(model).config,
             read = GgufModel::open(directory / "out.gguf").config();
  EXPECT_EQ(models::complete_settings(read, "read").at("rope_scaling"), scaling(scaled.read));
  const nn::RotaryFrequencies expected = frequencies(given), got = frequencies(read);
  EXPECT_TRUE(got.per_pair.equal(expected.per_pair));
  EXPECT_EQ(got.amplitude, expected.amplitude);
  Json plain = given;
  plain["rope_scaling"] = Json();
  const bool changes = !frequencies(plain).per_pair.equal(expected.per_pair);
  EXPECT_EQ(changes, scaling(scaled.read) != Json());
}

constexpr Scaled kScaled[] = {
    {"linear", R"({"rope_type": "linear", "factor": 4.0})", R"({"rope_type": "linear", "factor": 4.0})"},
    {"linear_of_old", R"({"type": "linear", "factor": 2.5})", R"({"rope_type": "linear", "factor": 2.5})"},
    {"yarn", R"({"rope_type": "yarn", "factor": 4.0})",
     R"({"rope_type": "yarn", "factor": 4.0, "original_max_position_embeddings": 256, "beta_fast": 32.0,
         "beta_slow": 1.0, "truncate": true})"},
    {"yarn_of_old",
     R"({"type": "yarn", "factor": 4.0, "original_max_position_embeddings": 64, "beta_fast": 8, "beta_slow": 2})",
     R"({"rope_type": "yarn", "factor": 4.0, "original_max_position_embeddings": 64, "beta_fast": 8.0,
         "beta_slow": 2.0, "truncate": true})"},
    {"llama3",
     R"({"rope_type": "llama3", "factor": 8.0, "low_freq_factor": 1.0, "high_freq_factor": 4.0,
         "original_max_position_embeddings": 8192})",
     R"({"rope_type": "llama3", "factor": 8.0, "low_freq_factor": 1.0, "high_freq_factor": 4.0,
         "original_max_position_embeddings": 8192})"},
    {"llama3_of_old",
     R"({"type": "llama3", "factor": 32.0, "low_freq_factor": 1.0, "high_freq_factor": 4.0,
         "original_max_position_embeddings": 8192})",
     R"({"rope_type": "llama3", "factor": 32.0, "low_freq_factor": 1.0, "high_freq_factor": 4.0,
         "original_max_position_embeddings": 8192})"},
    {"both_names", R"({"type": "linear", "rope_type": "default", "factor": 2.0})",
     R"({"rope_type": "linear", "factor": 2.0})"},
    {"none", R"({"rope_type": "default"})", "null"},
};

INSTANTIATE_TEST_SUITE_P(Decoders, GgufRopeScaling,
                         testing::Combine(testing::Values("gemma3", "llama", "qwen2", "qwen3"),
                                          testing::ValuesIn(kScaled)),
                         [](const auto& info) {
                           return fmt::format("{}_{}", std::get<0>(info.param), std::get<1>(info.param).name);
                         });

TEST(GgufSettings, RopeScalingThatAFileCannotSayIsRefusedByName) {
  const auto message = [](const char* text) {
    return refused_gguf("qwen2", [&](Json& config) { config["rope_scaling"] = scaling(text); });
  };
  for (const char* key : {"attention_factor", "mscale", "mscale_all_dim"}) {
    const std::string text = fmt::format(R"({{"type": "yarn", "factor": 4, "{}": 3}})", key);
    EXPECT_THAT(message(text.c_str()), AllOf(StartsWith("unsupported"), HasSubstr("config.json: rope_scaling."),
                                             HasSubstr(fmt::format("rope_scaling.{}: ", key))));
  }
  EXPECT_THAT(message(R"({"rope_type": "yarn", "factor": 4, "truncate": false})"),
              AllOf(StartsWith("unsupported"), HasSubstr("rope_scaling.truncate: ")));
  EXPECT_THAT(message(R"({"rope_type": "dynamic", "factor": 4})"),
              AllOf(StartsWith("unsupported"), HasSubstr("rope_scaling.rope_type: 'dynamic'")));
  const auto llama3 = [&](const char* key, double value) {
    return refused_gguf("llama", [&](Json& config) {
      config["rope_scaling"] = scaling(R"({"type": "llama3", "factor": 8, "low_freq_factor": 1, "high_freq_factor": 4,
                                           "original_max_position_embeddings": 8192})");
      config["rope_theta"] = 500'000.0;
      if (std::string_view(key).starts_with("rope")) {
        config[key] = value;
      } else {
        config["rope_scaling"][key] = value;
      }
    });
  };
  for (const auto& [key, value] : {std::pair("low_freq_factor", 2.0), {"high_freq_factor", 8.0}}) {
    EXPECT_THAT(llama3(key, value), AllOf(StartsWith("unsupported"), HasSubstr(fmt::format("rope_scaling.{}: ", key))));
  }
  EXPECT_THAT(llama3("rope_theta", 10'000.0), AllOf(StartsWith("unsupported"), HasSubstr("rope_scaling.factor: ")));
}

/// Settings of the file that `text`, a config.json, gives: those of the config but for what matters to training alone.
Json read_back(const char* tokenizer, const char* text) {
  const TempDirectory directory;
  const fs::path model = test::random_decoder(directory, tokenizer, parse_json(text, "config.json"));
  convert_to_gguf(model, directory / "out.gguf", FloatType::kF32);
  const auto read = checkpoint::open_hf_directory(directory / "out.gguf");
  Json given = models::complete_settings(checkpoint::open_hf_directory(model).config, "config.json"),
       got = models::complete_settings(read.config, "read");
  const auto layout = models::describe_text_model(read.config, "read").layout;
  const auto values = checkpoint::read_tensors(*checkpoint::open_archive(model / "model.safetensors"));
  const auto again = checkpoint::read_tensors(*checkpoint::open_weights(read), {.floats_as_f32 = true});
  EXPECT_EQ(again.size(), values.size());
  for (const auto& [name, tensor] : values) {
    EXPECT_TRUE(again.contains(name) && again.at(name).allclose(tensor, 1e-6, 1e-6)) << name;
  }
  for (Json* settings : {&given, &got}) {
    for (const char* key : {"initializer_range", "attention_dropout", "resid_pdrop", "embd_pdrop", "attn_pdrop"})
      settings->erase(key);
    for (Json::Member& member : settings->as_object()) {
      if (member.value.is_number() && !member.value.is_integer())
        member.value = double{static_cast<float>(member.value.as_double())};  // as a file has it
    }
  }
  EXPECT_EQ(differences_text(given, got), "");
  return got;
}

TEST(GgufSettings, WhatTheConfigLeavesOutIsWrittenAsTheModelTakesIt) {
  const Json gemma = read_back("gemma3", R"({"model_type": "gemma3_text", "vocab_size": 1,
      "hidden_size": 32, "intermediate_size": 48, "num_hidden_layers": 7, "num_attention_heads": 4,
      "max_position_embeddings": 64})");
  EXPECT_EQ(gemma.at("rope_theta"), Json(1e6));
  EXPECT_EQ(gemma.at("head_dim"), Json(256));
  EXPECT_EQ(gemma.at("num_key_value_heads"), Json(4));
  EXPECT_EQ(gemma.at("sliding_window"), Json(4096));
  EXPECT_EQ(gemma.at("layer_types").at(size_t{5}), Json("full_attention"));
  EXPECT_EQ(gemma.at("layer_types").at(size_t{6}), Json("sliding_attention"));
  EXPECT_EQ(gemma.at("tie_word_embeddings"), Json(true));
  const Json qwen2 = read_back("qwen2", R"({"model_type": "qwen2", "vocab_size": 1,
      "hidden_size": 64, "intermediate_size": 48, "num_hidden_layers": 2, "num_attention_heads": 32,
      "max_position_embeddings": 64})");
  EXPECT_EQ(qwen2.at("num_key_value_heads"), Json(32));
  EXPECT_EQ(qwen2.at("tie_word_embeddings"), Json(false));
  const Json qwen3 = read_back("qwen3", R"({"model_type": "qwen3", "vocab_size": 1,
      "hidden_size": 32, "intermediate_size": 48, "num_hidden_layers": 1, "num_attention_heads": 32,
      "max_position_embeddings": 64})");
  EXPECT_EQ(qwen3.at("head_dim"), Json(128));
  const Json llama = read_back("llama", R"({"model_type": "llama", "vocab_size": 1,
      "hidden_size": 32, "intermediate_size": 48, "num_hidden_layers": 2, "num_attention_heads": 4,
      "max_position_embeddings": 64})");
  EXPECT_EQ(llama.at("num_key_value_heads"), Json(4));
  const Json gpt2 = read_back(
      "gpt2", R"({"model_type": "gpt2", "vocab_size": 1, "n_embd": 32, "n_layer": 2, "n_head": 4, "n_positions": 64})");
  EXPECT_EQ(gpt2.at("n_inner"), Json(128));
}

TEST(GgufSettings, ADefaultThatAFileCannotSayIsRefusedByName) {
  const char* mistral = R"({"model_type": "mistral", "vocab_size": 1, "hidden_size": 32, "intermediate_size": 48,
      "num_hidden_layers": 2, "num_attention_heads": 8, "max_position_embeddings": 64})";
  const TempDirectory directory;
  const fs::path model = test::random_decoder(directory, "llama", parse_json(mistral, "config.json"));
  EXPECT_THAT(failure([&] { convert_to_gguf(model, directory / "out.gguf", FloatType::kF32); }),
              AllOf(StartsWith("unsupported"), HasSubstr("sliding_window: "), HasSubstr("nearest 4096 tokens")));
  Json config = read_json(model / "config.json");
  config["sliding_window"] = Json();
  write_file_atomic(model / "config.json", to_json_text(config));
  convert_to_gguf(model, directory / "out.gguf", FloatType::kF32);
  const Json read = GgufModel::open(directory / "out.gguf").config();
  EXPECT_EQ(read.at("num_key_value_heads"), Json(8));
  EXPECT_THAT(refused_gguf("gemma3", [](Json& all) { all.erase("query_pre_attn_scalar"); }),  // 256, whatever the heads
              AllOf(StartsWith("unsupported"), HasSubstr("query_pre_attn_scalar: 256")));
  EXPECT_THAT(refused_gguf("qwen2",
                           [](Json& all) {
                             all["use_sliding_window"] = true;
                             all["sliding_window"] = 16;
                             all["max_window_layers"] = 1;
                           }),
              AllOf(StartsWith("unsupported"), HasSubstr("sliding_window: ")));
}

}  // namespace
}  // namespace rift::package
