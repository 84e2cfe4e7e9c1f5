#include "rift/checkpoint/gguf/config.h"

#include <algorithm>
#include <array>

#include "rift/base/error.h"
#include "rift/checkpoint/gguf/keys.h"
#include "rift/checkpoint/gguf/rope_scaling.h"

namespace rift::checkpoint {
namespace {

using format::Gguf;

constexpr std::string_view kEmbeddings = "token_embd.weight";
constexpr std::string_view kTokens = "tokenizer.ggml.tokens";

/// Rows of a matrix that the architecture cannot be without.
int64_t rows_of(const Gguf& file, std::string_view name, int64_t width) {
  const format::TensorInfo& tensor = file.at(name);
  RIFT_REQUIRE(tensor.shape.size() == 2 && tensor.shape[1] == width, Code::kArtefact,
               "{}: tensor '{}': expected [rows,{}], got {}", file.file_name(), name, width,
               format::shape_text(tensor.shape));
  return tensor.shape[0];
}

/// Rows of the embeddings; the list of tokens and vocab_size, where the file has them, must be as long.
int64_t vocabulary_size(const Gguf& file, GgufKeys& keys, int64_t width) {
  const int64_t rows = rows_of(file, kEmbeddings, width);
  if (file.find_value(kTokens) != nullptr) {
    const auto tokens = static_cast<int64_t>(file.texts(kTokens).size());
    RIFT_REQUIRE(tokens == rows, Code::kArtefact, "{}: {} tokens in '{}', but {} rows in tensor '{}'", file.file_name(),
                 tokens, kTokens, rows, kEmbeddings);
  }
  const auto stated = keys.find_size("vocab_size");
  RIFT_REQUIRE(!stated || *stated == rows, Code::kArtefact, "{}: vocab_size is {}, but tensor '{}' has {} rows",
               file.file_name(), stated.value_or(0), kEmbeddings, rows);
  return rows;
}

bool has(const Gguf& file, std::string_view tensor) { return file.find(tensor) != nullptr; }

Json start(std::string_view model_type, std::string_view class_name) {
  Json names = Json::array();
  names.push_back(class_name);
  return Json{{"architectures", std::move(names)}, {"model_type", model_type}};
}

void add_special_tokens(const Gguf& file, Json& config) {
  constexpr std::array<std::pair<std::string_view, std::string_view>, 3> kIds = {{
      {"bos_token_id", "tokenizer.ggml.bos_token_id"},
      {"eos_token_id", "tokenizer.ggml.eos_token_id"},
      {"pad_token_id", "tokenizer.ggml.padding_token_id"},
  }};
  for (const auto& [key, name] : kIds) {
    if (file.find_value(name) != nullptr) config[key] = file.whole_number(name);
  }
}

void pass_over_harmless(GgufKeys& keys) {
  keys.pass_over("tensor_data_layout");  // "Meta AI original pth": that of kRotaryRows
}

/// What the decoders with rotary positions share.
Json rotary_decoder(const Gguf& file, GgufKeys& keys, Json config) {
  const int64_t width = keys.size("embedding_length");
  const int64_t vocabulary = vocabulary_size(file, keys, width);
  const int64_t heads = keys.size("attention.head_count");
  RotaryPositions rotary;
  const auto key_width = keys.find_size("attention.key_length");
  RIFT_REQUIRE(key_width || width % heads == 0, Code::kArtefact, "{}: {} heads do not divide a width of {}",
               file.file_name(), heads, width);
  rotary.head_width = key_width.value_or(width / heads);
  rotary.theta = keys.find_positive("rope.freq_base").value_or(rotary.theta);
  const int64_t value_width = keys.find_size("attention.value_length").value_or(rotary.head_width);
  const int64_t rotated = keys.find_size("rope.dimension_count").value_or(rotary.head_width);
  RIFT_REQUIRE(value_width == rotary.head_width, Code::kUnsupported,
               "{}: keys of width {} and values of width {} are not implemented; take the model as safetensors",
               file.file_name(), rotary.head_width, value_width);
  RIFT_REQUIRE(rotated == rotary.head_width, Code::kUnsupported,
               "{}: {} rotated features of a head of {} are not implemented; take the model as safetensors",
               file.file_name(), rotated, rotary.head_width);
  config["vocab_size"] = vocabulary;
  config["hidden_size"] = width;
  config["intermediate_size"] = keys.size("feed_forward_length");
  config["num_hidden_layers"] = keys.size("block_count", kMostLayers);
  config["num_attention_heads"] = heads;
  config["num_key_value_heads"] = keys.find_size("attention.head_count_kv").value_or(heads);
  config["head_dim"] = rotary.head_width;
  config["max_position_embeddings"] = keys.size("context_length");
  config["rms_norm_eps"] = keys.positive("attention.layer_norm_rms_epsilon");
  config["rope_theta"] = rotary.theta;
  config["rope_scaling"] = gguf_rope_scaling(file, keys, rotary);
  config["tie_word_embeddings"] = !has(file, "output.weight");
  config["initializer_range"] = 0.02;
  config["attention_dropout"] = 0.0;
  add_special_tokens(file, config);
  pass_over_harmless(keys);
  return config;
}

Json llama(const Gguf& file, GgufKeys& keys) {
  const auto window = keys.find_size("attention.sliding_window");
  Json config =
      rotary_decoder(file, keys, window ? start("mistral", "MistralForCausalLM") : start("llama", "LlamaForCausalLM"));
  config["hidden_act"] = "silu";
  if (window) {
    config["sliding_window"] = *window;
    return config;
  }
  config["attention_bias"] = has(file, "blk.0.attn_q.bias");
  config["mlp_bias"] = has(file, "blk.0.ffn_up.bias");
  return config;
}

Json qwen2(const Gguf& file, GgufKeys& keys) {
  Json config = rotary_decoder(file, keys, start("qwen2", "Qwen2ForCausalLM"));
  config["hidden_act"] = "silu";
  config["use_sliding_window"] = false;
  return config;
}

Json qwen3(const Gguf& file, GgufKeys& keys) {
  Json config = rotary_decoder(file, keys, start("qwen3", "Qwen3ForCausalLM"));
  config["hidden_act"] = "silu";
  config["attention_bias"] = has(file, "blk.0.attn_q.bias");
  config["use_sliding_window"] = false;
  return config;
}

Json gemma3(const Gguf& file, GgufKeys& keys) {
  constexpr int64_t kLayersOf27B = 62;  // the one size whose queries are scaled by the width of all heads
  Json config = rotary_decoder(file, keys, start("gemma3_text", "Gemma3ForCausalLM"));
  const int64_t layers = config.at("num_hidden_layers").as_int();
  config["hidden_activation"] = "gelu_pytorch_tanh";
  config["attention_bias"] = false;
  config["query_pre_attn_scalar"] = layers == kLayersOf27B
                                        ? config.at("hidden_size").as_int() / config.at("num_attention_heads").as_int()
                                        : config.at("head_dim").as_int();
  config["sliding_window"] = keys.size("attention.sliding_window");
  config["rope_local_base_freq"] = keys.find_positive("rope.freq_base_swa").value_or(10'000.0);
  Json types = Json::array();
  for (int64_t layer = 1; layer <= layers; ++layer)
    types.push_back(layer % 6 == 0 ? "full_attention" : "sliding_attention");
  config["layer_types"] = std::move(types);
  return config;
}

Json gpt2(const Gguf& file, GgufKeys& keys) {
  Json config = start("gpt2", "GPT2LMHeadModel");
  const int64_t width = keys.size("embedding_length");
  config["vocab_size"] = vocabulary_size(file, keys, width);
  config["n_embd"] = width;
  config["n_layer"] = keys.size("block_count", kMostLayers);
  config["n_head"] = keys.size("attention.head_count");
  config["n_inner"] = keys.size("feed_forward_length");
  const int64_t positions = keys.size("context_length");
  config["n_positions"] = positions;
  config["n_ctx"] = positions;
  config["layer_norm_epsilon"] = keys.positive("attention.layer_norm_epsilon");
  config["activation_function"] = "gelu_new";
  config["initializer_range"] = 0.02;
  config["tie_word_embeddings"] = !has(file, "output.weight");
  add_special_tokens(file, config);
  pass_over_harmless(keys);
  return config;
}

Json bert(const Gguf& file, GgufKeys& keys) {
  RIFT_REQUIRE(!keys.find_truth("attention.causal").value_or(false), Code::kUnsupported,
               "{}: a BERT with causal attention is not implemented; take the model as safetensors", file.file_name());
  keys.pass_over("pooling_type");  // gguf_pooling()
  Json config = start("bert", "BertModel");
  const int64_t width = keys.size("embedding_length");
  config["vocab_size"] = vocabulary_size(file, keys, width);
  config["hidden_size"] = width;
  config["num_hidden_layers"] = keys.size("block_count", kMostLayers);
  config["num_attention_heads"] = keys.size("attention.head_count");
  config["intermediate_size"] = keys.size("feed_forward_length");
  config["max_position_embeddings"] = keys.size("context_length");
  config["type_vocab_size"] = rows_of(file, "token_types.weight", width);
  config["layer_norm_eps"] = keys.positive("attention.layer_norm_epsilon");
  config["hidden_act"] = "gelu";
  config["hidden_dropout_prob"] = 0.1;
  config["attention_probs_dropout_prob"] = 0.1;
  config["initializer_range"] = 0.02;
  add_special_tokens(file, config);
  pass_over_harmless(keys);
  return config;
}

using ReadConfig = Json (*)(const Gguf&, GgufKeys&);
constexpr std::pair<std::string_view, ReadConfig> kReaders[] = {
    {"bert", bert}, {"gemma3", gemma3}, {"gpt2", gpt2}, {"llama", llama}, {"qwen2", qwen2}, {"qwen3", qwen3},
};

}  // namespace

Json gguf_config(const Gguf& file, const GgufArchitecture& architecture) {
  const auto* reader = std::ranges::find(kReaders, architecture.name, [](const auto& entry) { return entry.first; });
  RIFT_CHECK(reader != std::end(kReaders));
  GgufKeys keys(file, architecture.name);
  Json config = reader->second(file, keys);
  keys.require_all_known();
  return config;
}

std::string gguf_pooling(const Gguf& file, const GgufArchitecture& architecture) {
  constexpr std::string_view kNames[] = {"", "mean", "cls", "last"};  // LLAMA_POOLING_TYPE_NONE ...
  const std::string key = std::string(architecture.name) + ".pooling_type";
  if (file.find_value(key) == nullptr) return "";
  const int64_t type = file.whole_number(key);
  RIFT_REQUIRE(
      type >= 0 && type < std::ssize(kNames), Code::kUnsupported,
      "{}: key '{}': pooling {} is not implemented (0 none, 1 mean, 2 cls, 3 last are); take the model as safetensors",
      file.file_name(), key, type);
  return std::string(kNames[type]);
}

}  // namespace rift::checkpoint
