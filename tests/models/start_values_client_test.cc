#include <gtest/gtest.h>

#include <filesystem>
#include <string>

#include "models/load.h"
#include "rift/checkpoint/model_directory.h"
#include "rift/models/language_model.h"
#include "support/client.h"
#include "support/temp_directory.h"

// What a language model from scratch begins with, beside what transformers begins with: clients/start_values.py.
namespace rift::models {
namespace {

struct Start {
  const char* name;
  const char* config;
};

constexpr const char* kBertSizes = R"("hidden_size": 64, "num_hidden_layers": 3, "num_attention_heads": 4,
    "intermediate_size": 160, "max_position_embeddings": 96, "vocab_size": 300, "initializer_range": 0.05)";
constexpr const char* kLlamaSizes = R"("hidden_size": 64, "num_hidden_layers": 2, "num_attention_heads": 4,
    "num_key_value_heads": 2, "intermediate_size": 160, "max_position_embeddings": 96, "vocab_size": 300,
    "initializer_range": 0.05)";

const Start kStarts[] = {
    {"bert", R"("model_type": "bert", SIZES)"},
    {"bert_untied", R"("model_type": "bert", "pad_token_id": 7, "tie_word_embeddings": false, SIZES)"},
    {"bert_unpadded", R"("model_type": "bert", "pad_token_id": null, SIZES)"},
    {"roberta", R"("model_type": "roberta", "type_vocab_size": 1, SIZES)"},
    {"xlm_roberta", R"("model_type": "xlm-roberta", "pad_token_id": 3, "type_vocab_size": 1, SIZES)"},
    {"distilbert", R"("model_type": "distilbert", "dim": 64, "n_layers": 2, "n_heads": 4, "hidden_dim": 160,
        "max_position_embeddings": 96, "vocab_size": 300, "initializer_range": 0.05)"},
    {"electra", R"("model_type": "electra", "embedding_size": 48, SIZES)"},
    {"modernbert", R"("model_type": "modernbert", "pad_token_id": 2, "cls_token_id": 0, "sep_token_id": 1,
        "bos_token_id": 0, "eos_token_id": 1, SIZES)"},
    {"modernbert_untied", R"("model_type": "modernbert", "pad_token_id": 2, "initializer_cutoff_factor": null,
        "tie_word_embeddings": false, SIZES)"},
    {"gpt2", R"("model_type": "gpt2", "n_embd": 64, "n_layer": 3, "n_head": 4, "n_positions": 96, "vocab_size": 300,
        "pad_token_id": 5, "initializer_range": 0.05)"},
    {"llama", R"("model_type": "llama", LLAMA)"},
    {"llama_biased", R"("model_type": "llama", "pad_token_id": 5, "tie_word_embeddings": true, "attention_bias": true,
        "mlp_bias": true, LLAMA)"},
    {"mistral", R"("model_type": "mistral", "pad_token_id": 5, LLAMA)"},
    {"qwen2", R"("model_type": "qwen2", "pad_token_id": 5, LLAMA)"},
    {"qwen3", R"("model_type": "qwen3", "head_dim": 16, LLAMA)"},
    {"gemma3", R"("model_type": "gemma3_text", "head_dim": 16, LLAMA)"},
};

Json config_of(const Start& start) {
  std::string text = start.config;
  for (const auto& [word, sizes] : {std::pair{"SIZES", kBertSizes}, std::pair{"LLAMA", kLlamaSizes}}) {
    if (const size_t at = text.find(word); at != std::string::npos) text.replace(at, 5, sizes);
  }
  return parse_json("{" + text + "}", start.name);
}

TEST(StartValuesClient, HaveTheDistributionsOfTransformersInEveryArchitecture) {
  RIFT_SKIP_WITHOUT_CLIENTS();
  const test::TempDirectory folder;
  for (const Start& start : kStarts) {
    const Json config = config_of(start);
    const LanguageModel model({.config = config, .from_scratch = true, .seed = 3}, {});
    const std::filesystem::path directory = folder / start.name;
    std::filesystem::create_directories(directory);
    checkpoint::write_language_directory(directory,
                                         {.base = {.root = directory, .encoder = directory, .config = config},
                                          .layout = test::layout_of(config),
                                          .tensors = model.tensors()});
  }
  const auto run = test::run_client("tests/models/clients/start_values.py", {folder.path()});
  EXPECT_EQ(run.status, 0) << run.output;
  EXPECT_NE(run.output.find(std::to_string(std::size(kStarts)) + " models begin alike"), std::string::npos)
      << run.output;
}

}  // namespace
}  // namespace rift::models
