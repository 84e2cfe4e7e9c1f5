#include "rift/models/decoders/gemma3.h"

#include <cmath>

namespace rift::models {

namespace {

constexpr std::string_view kTitle = "a Gemma 3";
constexpr std::string_view kExample =
    R"({"model_type": "gemma3_text", "vocab_size": 64, "hidden_size": 64, "intermediate_size": 96,
  "num_hidden_layers": 2, "num_attention_heads": 2, "max_position_embeddings": 64,
  "num_key_value_heads": 1, "head_dim": 32, "query_pre_attn_scalar": 32, "sliding_window": 16})";
constexpr FixedSetting kFixed[] = {
    {"attn_logit_softcapping", "null"},
    {"final_logit_softcapping", "null"},
    {"use_bidirectional_attention", "false"},
};
constexpr std::string_view kHarmless[] = {"_sliding_window_pattern", "cache_implementation"};

std::vector<LayerType> types_of(const Gemma3Options& options, std::string_view source) {
  return layer_types(options.layer_types, options.family.num_hidden_layers, source,
                     [&](int64_t layer) { return (layer + 1) % options.sliding_window_pattern != 0; });
}

BuiltEncoder build(const Json& config, std::string_view source, nn::ParameterStore& store) {
  const Gemma3Options options = read_gemma3_options(config, source);
  const LlamaFamilyOptions& family = options.family;
  BuiltEncoder built = build_llama_family(
      {.options = family,
       .activation = options.hidden_activation,
       .query_key_value_bias = options.attention_bias,
       .attention_output_bias = options.attention_bias,
       .norms_heads = true,
       .norms_results = true,
       .norms_count_from_one = true,
       .padding_row = padding_row(config, 0),
       .embedding_scale = std::sqrt(static_cast<double>(family.hidden_size)),
       .query_scalar = options.query_pre_attn_scalar,
       .frequencies = read_frequencies(family, config, source),
       .sliding_frequencies = nn::rotary_frequencies(family.head_width(), options.rope_local_base_freq),
       .layer_types = types_of(options, source),
       .sliding_window = options.sliding_window},
      store);
  built.language_head.class_name = "Gemma3ForCausalLM";  // the encoder and the classifier are Gemma3Text...
  return built;
}

Json complete(const Json& config, std::string_view source) {
  const Gemma3Options options = read_gemma3_options(config, source);
  Json all = complete_family(options, config, source);
  all["layer_types"] = complete_layer_types(types_of(options, source));
  all.erase("sliding_window_pattern");  // layer_types says it
  return all;
}

}  // namespace

Gemma3Options read_gemma3_options(const Json& config, std::string_view source) {
  const auto options = read_config<Gemma3Options>(config, source,
                                                  {.title = kTitle,
                                                   .required = kLlamaFamilyRequired,
                                                   .fixed = kFixed,
                                                   .harmless = kHarmless,
                                                   .read_elsewhere = kLlamaFamilyReadElsewhere});
  require_fitting_heads(options.family, source);
  return options;
}

const Architecture kGemma3 = {.model_type = "gemma3_text",
                              .title = kTitle,
                              .class_name = "Gemma3Text",
                              .base_prefix = "model.",
                              .unused = kLlamaFamilyUnused,
                              .buffers = kLlamaFamilyBuffers,
                              .bare_alone = true,
                              .options = describe_options<Gemma3Options>,
                              .build = build,
                              .complete = complete,
                              .example = kExample};

}  // namespace rift::models
