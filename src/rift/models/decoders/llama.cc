#include "rift/models/decoders/llama.h"

namespace rift::models {

namespace {

constexpr std::string_view kTitle = "a Llama";
constexpr std::string_view kExample =
    R"({"model_type": "llama", "vocab_size": 64, "hidden_size": 64, "intermediate_size": 96,
  "num_hidden_layers": 2, "num_attention_heads": 2, "max_position_embeddings": 64, "num_key_value_heads": 1})";
constexpr FixedSetting kFixed[] = {{"partial_rotary_factor", "1.0"}, {"rope_interleaved", "false"}};
constexpr std::string_view kHarmless[] = {
    "is_llama_config",  // SmolLM2
    "pretraining_tp",   // how the products were cut when it was trained
};

BuiltEncoder build(const Json& config, std::string_view source, nn::ParameterStore& store) {
  const LlamaOptions options = read_llama_options(config, source);
  return build_llama_family({.options = options.family,
                             .activation = options.hidden_act,
                             .query_key_value_bias = options.attention_bias,
                             .attention_output_bias = options.attention_bias,
                             .feed_forward_bias = options.mlp_bias,
                             .padding_row = padding_row(config, std::nullopt),
                             .frequencies = read_frequencies(options.family, config, source),
                             .layer_types = std::vector(options.family.num_hidden_layers, LayerType::kFull)},
                            store);
}

Json complete(const Json& config, std::string_view source) {
  return complete_family(read_llama_options(config, source), config, source);
}

}  // namespace

LlamaOptions read_llama_options(const Json& config, std::string_view source) {
  const auto options = read_config<LlamaOptions>(config, source,
                                                 {.title = kTitle,
                                                  .required = kLlamaFamilyRequired,
                                                  .fixed = kFixed,
                                                  .harmless = kHarmless,
                                                  .read_elsewhere = kLlamaFamilyReadElsewhere});
  require_fitting_heads(options.family, source);
  return options;
}

const Architecture kLlama = {.model_type = "llama",
                             .title = kTitle,
                             .class_name = "Llama",
                             .base_prefix = "model.",
                             .unused = kLlamaFamilyUnused,
                             .buffers = kLlamaFamilyBuffers,
                             .options = describe_options<LlamaOptions>,
                             .build = build,
                             .complete = complete,
                             .example = kExample};

}  // namespace rift::models
