#include "rift/models/architecture.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <vector>

#include "rift/base/error.h"
#include "rift/models/decoders/gemma3.h"
#include "rift/models/decoders/gpt2.h"
#include "rift/models/decoders/llama.h"
#include "rift/models/decoders/mistral.h"
#include "rift/models/decoders/qwen2.h"
#include "rift/models/decoders/qwen3.h"
#include "rift/models/encoders/bert.h"
#include "rift/models/encoders/distilbert.h"
#include "rift/models/encoders/electra.h"
#include "rift/models/encoders/modernbert.h"
#include "rift/models/encoders/roberta.h"
#include "rift/models/part.h"
#include "rift/models/vision/image_architecture.h"

namespace rift::models {

namespace {

constexpr const Architecture* kArchitectures[] = {&kBert,    &kRoberta,    &kXlmRoberta, &kDistilBert,
                                                  &kElectra, &kModernBert, &kGpt2,       &kLlama,
                                                  &kMistral, &kQwen2,      &kQwen3,      &kGemma3};

std::string language_class(const Architecture& architecture, const LanguageHeadSpec& head) {
  if (!head.class_name.empty()) return head.class_name;
  const bool masked = head.objective == LanguageObjective::kMaskedToken;
  return std::string(architecture.class_name) + (masked ? "ForMaskedLM" : "ForCausalLM");
}

/// The vocabulary's map has a bias of its own in transformers' classes; files may hold it under either name.
std::vector<checkpoint::Alias> aliases_of(const LanguageHeadSpec& head) {
  constexpr std::string_view kWeight = ".weight";
  if (head.bias.empty() || !head.own_weight.ends_with(kWeight)) return {};
  const std::string map = head.own_weight.substr(0, head.own_weight.size() - kWeight.size());
  if (map + ".bias" == head.bias) return {};
  return {{.in_files = map + ".bias", .name = head.bias}};
}

std::vector<std::vector<std::string>> linear_weights_of(TextEncoder& encoder) {
  std::vector<std::vector<std::string>> layers;
  for (const Part& layer : encoder.layers()) {
    std::vector<std::string>& names = layers.emplace_back();
    for (const nn::Linear* linear : encoder.linear_maps()) {
      const std::string& name = linear->weight->name;
      if (std::ranges::find(layer.parameters, name) != layer.parameters.end()) names.push_back(name);
    }
  }
  return layers;
}

}  // namespace

std::span<const Architecture* const> architectures() { return kArchitectures; }

const Architecture& architecture_of(const Json& config, std::string_view source) {
  const Json* type = config.find("model_type");
  const std::string name = type != nullptr && type->is_string() ? type->as_string() : "";
  std::vector<std::string_view> known;
  for (const Architecture* architecture : kArchitectures) {
    if (architecture->model_type == name) return *architecture;
    known.push_back(architecture->model_type);
  }
  RIFT_REQUIRE(!is_image_model(config), Code::kUnsupported,
               "{}: model_type: '{}' is a model of images, which reads no texts; of texts this build runs {}; take a "
               "model of one of these",
               source, name, fmt::join(known, ", "));
  RIFT_FAIL(Code::kUnsupported, "{}: model_type: this build runs {}, got '{}'; take a model of one of these", source,
            fmt::join(known, ", "), shorten(name));
}

Json without_dropout(const Json& config, std::string_view source) {
  Json without = config;
  for (const OptionDoc& option : architecture_of(config, source).options().fields) {
    if (option.name.find("drop") != std::string::npos) without[option.name] = 0.0;
  }
  return without;
}

Json complete_settings(const Json& config, std::string_view source) {
  const Architecture& architecture = architecture_of(config, source);
  RIFT_CHECK(architecture.complete != nullptr);
  Json all = architecture.complete(config, source);
  all["model_type"] = architecture.model_type;
  return all;
}

TextModelDescription describe_text_model(const Json& config, const std::string& source) {
  const Architecture& architecture = architecture_of(config, source);
  nn::ParameterStore store;  // never sealed: no memory for weights
  const BuiltEncoder built = architecture.build(config, source, store);
  TextModelDescription description{
      .layout = {.title = std::string(architecture.title),
                 .class_name = std::string(architecture.class_name),
                 .base_prefix = std::string(architecture.base_prefix),
                 .encoder = shapes_since(store, 0),
                 .pooler = {},
                 .pooler_is_pretrained = built.head.pooler_is_pretrained,
                 .classifier = built.head.classifier,
                 .classifier_has_bias = built.head.classifier_has_bias,
                 .width = built.encoder->width(),
                 .unused = {architecture.unused.begin(), architecture.unused.end()},
                 .head_pooling = std::string(name_of(built.head.reading)),
                 .file_buffers = {architecture.buffers.begin(), architecture.buffers.end()},
                 .bare_alone = architecture.bare_alone},
      .sizes = built.encoder->sizes(),
      .linear_weights = linear_weights_of(*built.encoder),
      .tables = {}};
  for (const nn::Parameter& parameter : store.parameters()) {
    if (parameter.rows_may_idle) description.tables.push_back(parameter.name);
  }
  const size_t encoder = store.parameters().size();
  const LanguageHeadSpec& language = built.language_head;
  LanguageHead::add_to(store, language, built.encoder->width(), built.encoder->sizes().vocab_size);
  description.layout.language_head = shapes_since(store, encoder);
  description.layout.language_class = language_class(architecture, language);
  description.layout.language_aliases = aliases_of(language);
  nn::ParameterStore beside;  // ModernBERT's pooler and language head have the same names
  if (built.head.has_pooler()) Pooler::add_to(beside, built.head, built.encoder->width());
  description.layout.pooler = shapes_since(beside, 0);
  for (checkpoint::NamedShape& tensor : description.layout.encoder) {
    tensor.transposed_in_files =
        std::ranges::any_of(architecture.transposed, [&](std::string_view end) { return tensor.name.ends_with(end); });
  }
  return description;
}

}  // namespace rift::models
