#include "rift/models/config_reader.h"

#include <algorithm>
#include <string>
#include <vector>

namespace rift::models {

namespace {

constexpr FixedSetting kFixedSettings[] = {
    {"add_cross_attention", "false"},
    {"is_decoder", "false"},
    {"is_encoder_decoder", "false"},
    {"position_embedding_type", "\"absolute\""},
};

/// Keys of transformers' configurations that do not change the states of an encoder.
constexpr std::string_view kHarmlessKeys[] = {
    "_attn_implementation_autoset",
    "_commit_hash",
    "_name_or_path",
    "_num_labels",
    "architectures",
    "attn_implementation",
    "bos_token_id",
    "chunk_size_feed_forward",
    "cls_token_id",
    "directionality",
    "dtype",
    "eos_token_id",
    "finetuning_task",
    "gradient_checkpointing",
    "id2label",
    "keys_to_ignore_at_inference",
    "label2id",
    "language",
    "max_length",
    "model_max_length",
    "model_type",
    "name",
    "num_labels",
    "output_attentions",
    "output_hidden_states",
    "output_past",
    "pad_token_id",
    "pooler_fc_size",
    "pooler_num_attention_heads",
    "pooler_num_fc_layers",
    "pooler_size_per_head",
    "pooler_type",
    "prefix",
    "problem_type",
    "return_dict",
    "sentence_transformers",
    "sep_token_id",
    "task_specific_params",
    "tie_encoder_decoder",
    "tie_word_embeddings",
    "tokenizer_class",
    "torch_dtype",
    "torchscript",
    "transformers.js_config",
    "transformers_version",
    "use_cache",
};

/// Settings of text generation that older versions of transformers wrote into every config.json.
constexpr std::string_view kGenerationKeys[] = {
    "begin_suppress_tokens",
    "decoder_start_token_id",
    "diversity_penalty",
    "do_sample",
    "early_stopping",
    "encoder_no_repeat_ngram_size",
    "exponential_decay_length_penalty",
    "forced_bos_token_id",
    "forced_eos_token_id",
    "length_penalty",
    "min_length",
    "no_repeat_ngram_size",
    "num_beam_groups",
    "num_beams",
    "num_return_sequences",
    "output_scores",
    "remove_invalid_values",
    "repetition_penalty",
    "return_dict_in_generate",
    "suppress_tokens",
    "temperature",
    "top_k",
    "top_p",
    "typical_p",
};

bool says_nothing(const Json& value) {
  if (value.is_null() || (value.is_bool() && !value.as_bool())) return true;
  return (value.is_object() || value.is_array()) && value.size() == 0;
}

bool holds(std::span<const std::string_view> keys, std::string_view key) {
  return std::ranges::find(keys, key) != keys.end();
}

const FixedSetting* find_fixed(const ConfigRules& rules, std::string_view key) {
  for (const std::span<const FixedSetting> list : {rules.fixed, std::span<const FixedSetting>(kFixedSettings)}) {
    for (const FixedSetting& setting : list) {
      if (setting.key == key) return &setting;
    }
  }
  return nullptr;
}

/// Throws on a member that no option reads and that may matter.
void require_harmless(const Json::Member& member, std::string_view source, const ConfigRules& rules) {
  RIFT_REQUIRE(
      member.key != "quantization_config" || says_nothing(member.value), Code::kUnsupported,
      "{}: quantization_config: weights that were quantised for transformers are not read; take the model that "
      "they were made from, or a GGUF file of it",
      source);
  RIFT_REQUIRE(
      member.key != "rope_parameters" || says_nothing(member.value), Code::kUnsupported,
      "{}: rope_parameters: settings as transformers 5 writes them are not read; put its rope_theta beside the "
      "other settings and what is left, unless its rope_type is default, under rope_scaling",
      source);
  if (const FixedSetting* fixed = find_fixed(rules, member.key)) {
    const Json only = parse_json(fixed->json, "setting");
    RIFT_REQUIRE(member.value == only || (member.value.is_null() && says_nothing(only)), Code::kUnsupported,
                 "{}: {}: this build runs {} with {} only, got {}; take a model that was trained so", source,
                 member.key, rules.title, fixed->json, shorten(to_json_text(member.value)));
    return;
  }
  if (holds(rules.read_elsewhere, member.key)) return;
  const bool known =
      holds(kHarmlessKeys, member.key) || holds(kGenerationKeys, member.key) || holds(rules.harmless, member.key);
  RIFT_REQUIRE(known || says_nothing(member.value), Code::kUnsupported,
               "{}: unknown setting '{}' may change what the model computes; remove it when you know that it does not",
               source, shorten(member.key));
}

/// A name that an option has no value for is something that is not implemented, not a broken file.
void require_known_name(const OptionDoc& option, const Json& value, std::string_view source) {
  if (option.kind == OptionDoc::Kind::kList && value.is_array()) {
    OptionDoc item = option.fields.front();
    item.name = option.name;
    for (const Json& one : value.as_array()) require_known_name(item, one, source);
  }
  if (option.kind != OptionDoc::Kind::kEnum) return;
  RIFT_REQUIRE(value.is_string() && std::ranges::find(option.enum_names, value.as_string()) != option.enum_names.end(),
               Code::kUnsupported, "{}: {}: this build has {}, got {}; take a model with one of these", source,
               option.name, fmt::join(option.enum_names, ", "), shorten(to_json_text(value)));
}

}  // namespace

Json option_members(const Json& config, std::string_view source, const ConfigRules& rules, const OptionDoc& options) {
  RIFT_REQUIRE(config.is_object(), Code::kArtefact, "{}: expected a mapping, got {}", source, config.kind_name());
  Json known = Json::object();
  for (const Json::Member& member : config.as_object()) {
    const auto option = std::ranges::find(options.fields, member.key, &OptionDoc::name);
    if (option == options.fields.end()) {
      require_harmless(member, source, rules);
      continue;
    }
    require_known_name(*option, member.value, source);
    known[member.key] = member.value;
  }
  for (const std::string_view key : rules.required) {
    RIFT_REQUIRE(known.contains(key), Code::kArtefact, "{}: '{}' is missing; is this the config.json of {}?", source,
                 key, rules.title);
  }
  return known;
}

void require_heads_divide(int64_t heads, int64_t width, std::string_view key, std::string_view source) {
  RIFT_REQUIRE(width % heads == 0, Code::kArtefact, "{}: {}: {} does not divide the width {}", source, key, heads,
               width);
}

std::optional<int64_t> padding_row(const Json& config, std::optional<int64_t> left_out) {
  const Json* id = config.find("pad_token_id");
  if (id == nullptr) return left_out;
  return id->is_integer() ? std::optional(id->as_int()) : std::nullopt;
}

}  // namespace rift::models
