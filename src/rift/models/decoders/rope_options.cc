#include "rift/models/decoders/rope_options.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <string>

#include "rift/base/error.h"

namespace rift::models {

namespace {

/// "type" is what older files call "rope_type"; transformers lets it win.
Json with_rope_type(const Json& scaling, std::string_view source) {
  RIFT_REQUIRE(scaling.is_object(), Code::kArtefact, "{}: {}: expected a mapping, got {}", source, kRopeScaling,
               scaling.kind_name());
  Json named = scaling;
  if (const Json* type = scaling.find("type")) {
    named["rope_type"] = *type;
    named.erase("type");
  }
  const Json* type = named.find("rope_type");
  const bool known =
      type != nullptr && type->is_string() && std::ranges::find(kRopeTypes, type->as_string()) != kRopeTypes.end();
  RIFT_REQUIRE(known, Code::kUnsupported, "{}: {}.rope_type: this build has {}, got {}; take a model with one of these",
               source, kRopeScaling, fmt::join(kRopeTypes, ", "),
               type == nullptr ? "none" : shorten(to_json_text(*type)));
  return named;
}

std::span<const std::string_view> required_keys(const RopeScalingOptions& options) {
  static constexpr std::string_view kFactor[] = {"factor"};
  static constexpr std::string_view kLlama3[] = {"factor", "low_freq_factor", "high_freq_factor",
                                                 "original_max_position_embeddings"};
  if (std::holds_alternative<DefaultRopeOptions>(options.rope_type)) return {};
  if (std::holds_alternative<Llama3RopeOptions>(options.rope_type)) return kLlama3;
  return kFactor;
}

struct ToScaling {
  std::string_view source;
  int64_t positions = 0;

  nn::RotaryScaling operator()(const DefaultRopeOptions&) const { return {}; }
  nn::RotaryScaling operator()(const DynamicRopeOptions&) const { return {}; }
  nn::RotaryScaling operator()(const LinearRopeOptions& options) const {
    return nn::LinearRotaryScaling{options.factor};
  }
  nn::RotaryScaling operator()(const Llama3RopeOptions& options) const {
    RIFT_REQUIRE(options.low_freq_factor < options.high_freq_factor, Code::kArtefact,
                 "{}: {}: low_freq_factor {} is not below high_freq_factor {}", source, kRopeScaling,
                 options.low_freq_factor, options.high_freq_factor);
    return nn::Llama3RotaryScaling{.factor = options.factor,
                                   .low_frequency_factor = options.low_freq_factor,
                                   .high_frequency_factor = options.high_freq_factor,
                                   .positions = static_cast<double>(options.original_max_position_embeddings)};
  }
  nn::RotaryScaling operator()(const YarnRopeOptions& options) const {
    nn::YarnRotaryScaling yarn;
    yarn.factor = options.factor;
    yarn.positions = static_cast<double>(options.original_max_position_embeddings.value_or(positions));
    yarn.beta_fast = options.fast_turns();
    yarn.beta_slow = options.slow_turns();
    yarn.truncate = options.truncate;
    yarn.amplitude = options.attention_factor;
    yarn.mscale = options.mscale;
    yarn.mscale_all_dim = options.mscale_all_dim;
    return yarn;
  }
};

RopeScalingOptions read_scaling_options(const Json& config, std::string_view source) {
  RopeScalingOptions options;
  const Json* scaling = config.find(kRopeScaling);
  if (scaling == nullptr || scaling->is_null()) return options;
  const Json named = with_rope_type(*scaling, source);
  try {
    read_options(named, source, options, std::string(kRopeScaling));
  } catch (const Error& error) {  // a file of the model is at fault, not the user's configuration
    throw Error(Code::kArtefact, error.message(), error.where());
  }
  for (const std::string_view key : required_keys(options)) {
    RIFT_REQUIRE(named.contains(key), Code::kArtefact, "{}: {}.{} is missing", source, kRopeScaling, key);
  }
  return options;
}

}  // namespace

nn::RotaryScaling read_rope_scaling(const Json& config, std::string_view source, int64_t positions) {
  return std::visit(ToScaling{source, positions}, read_scaling_options(config, source).rope_type);
}

Json complete_rope_scaling(const Json& config, std::string_view source, int64_t positions) {
  RopeScalingOptions options = read_scaling_options(config, source);
  if (std::holds_alternative<DefaultRopeOptions>(options.rope_type)) return {};
  if (auto* yarn = std::get_if<YarnRopeOptions>(&options.rope_type)) {
    yarn->original_max_position_embeddings = yarn->original_max_position_embeddings.value_or(positions);
    yarn->beta_fast = yarn->fast_turns();
    yarn->beta_slow = yarn->slow_turns();
  }
  Json all = write_options(options);
  std::erase_if(all.as_object(), [](const Json::Member& member) { return member.value.is_null(); });
  return all;
}

}  // namespace rift::models
