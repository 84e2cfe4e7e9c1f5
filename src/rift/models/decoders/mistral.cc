#include "rift/models/decoders/mistral.h"

namespace rift::models {

namespace {

constexpr std::string_view kTitle = "a Mistral";
constexpr std::string_view kExample =
    R"({"model_type": "mistral", "vocab_size": 64, "hidden_size": 64, "intermediate_size": 96,
  "num_hidden_layers": 2, "num_attention_heads": 2, "max_position_embeddings": 64, "num_key_value_heads": 1,
  "sliding_window": null})";

BuiltEncoder build(const Json& config, std::string_view source, nn::ParameterStore& store) {
  const MistralOptions options = read_mistral_options(config, source);
  const bool slides = options.sliding_window.has_value();
  return build_llama_family(
      {.options = options.family,
       .activation = options.hidden_act,
       .padding_row = padding_row(config, std::nullopt),
       .frequencies = read_frequencies(options.family, config, source),
       .layer_types = std::vector(options.family.num_hidden_layers, slides ? LayerType::kSliding : LayerType::kFull),
       .sliding_window = options.sliding_window.value_or(0)},
      store);
}

Json complete(const Json& config, std::string_view source) {
  return complete_family(read_mistral_options(config, source), config, source);
}

}  // namespace

MistralOptions read_mistral_options(const Json& config, std::string_view source) {
  const auto options = read_config<MistralOptions>(
      config, source, {.title = kTitle, .required = kLlamaFamilyRequired, .read_elsewhere = kLlamaFamilyReadElsewhere});
  require_fitting_heads(options.family, source);
  return options;
}

const Architecture kMistral = {.model_type = "mistral",
                               .title = kTitle,
                               .class_name = "Mistral",
                               .base_prefix = "model.",
                               .unused = kLlamaFamilyUnused,
                               .buffers = kLlamaFamilyBuffers,
                               .options = describe_options<MistralOptions>,
                               .build = build,
                               .complete = complete,
                               .example = kExample};

}  // namespace rift::models
