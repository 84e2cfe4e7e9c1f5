#include "rift/models/decoders/qwen2.h"

namespace rift::models {

namespace {

constexpr std::string_view kTitle = "a Qwen2";
constexpr std::string_view kExample =
    R"({"model_type": "qwen2", "vocab_size": 64, "hidden_size": 64, "intermediate_size": 96,
  "num_hidden_layers": 2, "num_attention_heads": 2, "max_position_embeddings": 64, "num_key_value_heads": 1})";

BuiltEncoder build(const Json& config, std::string_view source, nn::ParameterStore& store) {
  const Qwen2Options options = read_qwen2_options(config, source);
  return build_llama_family({.options = options.family,
                             .activation = options.hidden_act,
                             .query_key_value_bias = true,
                             .padding_row = padding_row(config, std::nullopt),
                             .frequencies = read_frequencies(options.family, config, source),
                             .layer_types = options.window.types(options.family.num_hidden_layers, source),
                             .sliding_window = options.window.sliding_window.value_or(0)},
                            store);
}

Json complete(const Json& config, std::string_view source) {
  const Qwen2Options options = read_qwen2_options(config, source);
  Json all = complete_family(options, config, source);
  options.window.complete(all, options.family.num_hidden_layers, source);
  return all;
}

}  // namespace

Qwen2Options read_qwen2_options(const Json& config, std::string_view source) {
  const auto options = read_config<Qwen2Options>(
      config, source, {.title = kTitle, .required = kLlamaFamilyRequired, .read_elsewhere = kLlamaFamilyReadElsewhere});
  require_fitting_heads(options.family, source);
  return options;
}

const Architecture kQwen2 = {.model_type = "qwen2",
                             .title = kTitle,
                             .class_name = "Qwen2",
                             .base_prefix = "model.",
                             .unused = kLlamaFamilyUnused,
                             .buffers = kLlamaFamilyBuffers,
                             .options = describe_options<Qwen2Options>,
                             .build = build,
                             .complete = complete,
                             .example = kExample};

}  // namespace rift::models
