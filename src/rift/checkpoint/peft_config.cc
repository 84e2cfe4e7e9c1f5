#include "rift/checkpoint/peft_config.h"

#include <algorithm>
#include <cmath>
#include <span>

#include "rift/base/error.h"

namespace rift::checkpoint {
namespace {

/// Keys that must stand at their default, as JSON text; null is always taken as "not used".
struct FixedKey {
  std::string_view key;
  std::string_view default_json;
};
constexpr FixedKey kLoraFixedKeys[] = {
    {"alora_invocation_tokens", "null"},
    {"alpha_pattern", "{}"},
    {"arrow_config", "null"},
    {"bias", "\"none\""},
    {"corda_config", "null"},
    {"ensure_weight_tying", "false"},
    {"eva_config", "null"},
    {"exclude_modules", "null"},
    {"kasa_config", "null"},
    {"layer_replication", "null"},
    {"layers_pattern", "null"},
    {"layers_to_transform", "null"},
    {"loftq_config", "{}"},
    {"lora_bias", "false"},
    {"lora_ga_config", "null"},
    {"megatron_config", "null"},
    {"monteclora_config", "null"},
    {"rank_pattern", "{}"},
    {"target_parameters", "null"},
    {"trainable_token_indices", "null"},
    {"use_bdlora", "null"},
    {"use_qalora", "false"},
    {"velora_config", "null"},
};

/// Keys that rift reads, or that say nothing about the weights; the second is what rift writes ("" = see
/// peft_config_json).
constexpr FixedKey kLoraOtherKeys[] = {
    {"fan_in_fan_out", ""},
    {"init_lora_weights", "true"},
    {"lora_alpha", ""},
    {"lora_dropout", ""},
    {"megatron_core", "\"megatron.core\""},
    {"qalora_group_size", "16"},
    {"r", ""},
    {"target_modules", ""},
    {"use_dora", ""},
    {"use_rslora", ""},
};
constexpr FixedKey kIa3FixedKeys[] = {{"exclude_modules", "null"}};
constexpr FixedKey kIa3OtherKeys[] = {
    {"fan_in_fan_out", ""}, {"feedforward_modules", ""}, {"init_ia3_weights", "true"}, {"target_modules", ""}};
constexpr FixedKey kNormFixedKeys[] = {{"exclude_modules", "null"}};
constexpr FixedKey kNormOtherKeys[] = {{"target_modules", ""}};
constexpr FixedKey kVirtualFixedKeys[] = {{"num_transformer_submodules", "1"}, {"prefix_projection", "false"}};
constexpr FixedKey kPromptOtherKeys[] = {
    {"num_attention_heads", ""},         {"num_layers", ""},
    {"num_virtual_tokens", ""},          {"prompt_tuning_init", "\"RANDOM\""},
    {"prompt_tuning_init_text", "null"}, {"token_dim", ""},
    {"tokenizer_kwargs", "null"},        {"tokenizer_name_or_path", "null"},
};
constexpr FixedKey kPrefixOtherKeys[] = {
    {"encoder_hidden_size", ""}, {"init_weights", "null"},   {"num_attention_heads", ""},
    {"num_layers", ""},          {"num_virtual_tokens", ""}, {"token_dim", ""},
};
/// Of every kind.
constexpr FixedKey kCommonKeys[] = {
    {"auto_mapping", "null"}, {"base_model_name_or_path", ""}, {"inference_mode", "true"}, {"modules_to_save", ""},
    {"peft_type", ""},        {"peft_version", "\"0.21.2\""},  {"revision", "null"},       {"task_type", ""},
};

/// What a kind's adapter_config.json holds beside kCommonKeys.
struct KindKeys {
  PeftKind kind;
  std::string_view name;            // peft_type
  std::span<const FixedKey> fixed;  // at their default
  std::span<const FixedKey> other;
};
constexpr KindKeys kKinds[] = {
    {PeftKind::kLora, "LORA", kLoraFixedKeys, kLoraOtherKeys},
    {PeftKind::kIa3, "IA3", kIa3FixedKeys, kIa3OtherKeys},
    {PeftKind::kNorm, "LN_TUNING", kNormFixedKeys, kNormOtherKeys},
    {PeftKind::kPrompt, "PROMPT_TUNING", std::span(kVirtualFixedKeys).first(1), kPromptOtherKeys},
    {PeftKind::kPrefix, "PREFIX_TUNING", kVirtualFixedKeys, kPrefixOtherKeys},
};

const KindKeys& keys_of(PeftKind kind) { return *std::ranges::find(kKinds, kind, &KindKeys::kind); }

Json parsed(std::string_view text) { return parse_json(text, "default of adapter_config.json"); }

bool is_unused(const Json& value) {
  return value.is_null() || ((value.is_object() || value.is_array()) && value.size() == 0);
}

void require_default(const Json::Member& member, const KindKeys& keys, std::string_view source) {
  const auto is_key = [&](const FixedKey& entry) { return entry.key == member.key; };
  if (std::ranges::any_of(kCommonKeys, is_key) || std::ranges::any_of(keys.other, is_key)) return;
  const auto fixed = std::ranges::find_if(keys.fixed, is_key);
  if (fixed == keys.fixed.end()) {
    RIFT_REQUIRE(is_unused(member.value), Code::kUnsupported,
                 "{}: unknown key '{}' is set to {}; it may change what the adapter computes; remove it when you know "
                 "that it does not",
                 source, shorten(member.key), shorten(to_json_text(member.value)));
    return;
  }
  RIFT_REQUIRE(
      is_unused(member.value) || member.value == parsed(fixed->default_json), Code::kUnsupported,
      "{}: {}: this build reads {} only, got {}; merge it into its model with PEFT (merge_and_unload) and take that",
      source, member.key, fixed->default_json, shorten(to_json_text(member.value)));
}

const Json& value_of(const Json& json, std::string_view key, std::string_view source) {
  const Json* value = json.find(key);
  RIFT_REQUIRE(value != nullptr, Code::kArtefact, "{}: '{}' is missing", source, key);
  return *value;
}

double read_number(const Json& json, std::string_view key, std::string_view source) {
  const Json& value = value_of(json, key, source);
  RIFT_REQUIRE(value.is_number(), Code::kArtefact, "{}: {}: expected a number, got {}", source, key, value.kind_name());
  return value.as_double();
}

/// True or false; null and a key that is not there are false.
bool read_truth(const Json& json, std::string_view key, std::string_view source) {
  const Json* value = json.find(key);
  if (value == nullptr || value->is_null()) return false;
  RIFT_REQUIRE(value->is_bool(), Code::kArtefact, "{}: {}: expected true or false, got {}", source, key,
               value->kind_name());
  return value->as_bool();
}

/// A list of names; null is none.
std::vector<std::string> read_names(const Json& json, std::string_view key, std::string_view source) {
  std::vector<std::string> names;
  const Json* value = json.find(key);
  if (value == nullptr || value->is_null()) return names;
  RIFT_REQUIRE(value->is_array(), Code::kUnsupported,
               "{}: {}: this build reads a list of module names, got {}; write them out", source, key,
               value->kind_name());
  for (const auto& item : value->as_array()) {
    RIFT_REQUIRE(item.is_string(), Code::kArtefact, "{}: {}: expected module names, got {}", source, key,
                 item.kind_name());
    names.push_back(item.as_string());
  }
  std::sort(names.begin(), names.end());
  return names;
}

/// Names in files of an unstated task may be those of AutoModel or of a whole class; the reader takes both.
PeftTask read_task(const Json& json, std::string_view source) {
  const Json* value = json.find("task_type");
  if (value != nullptr && value->is_string() && value->as_string() == "SEQ_CLS")
    return PeftTask::kSequenceClassification;
  if (value == nullptr || value->is_null()) return PeftTask::kUnstated;
  if (value->is_string() && value->as_string() == "FEATURE_EXTRACTION") return PeftTask::kFeatureExtraction;
  RIFT_FAIL(Code::kUnsupported,
            "{}: task_type: this build reads SEQ_CLS and FEATURE_EXTRACTION, got {}; merge it into its model with PEFT "
            "(merge_and_unload) and take that",
            source, shorten(to_json_text(*value)));
}

/// Initialisations that leave the base weights alone; the others (pissa, olora, loftq, corda ...) subtract from them.
void require_harmless_start(const Json& json, std::string_view source) {
  const Json* value = json.find("init_lora_weights");
  if (value == nullptr || value->is_bool()) return;
  const bool harmless = value->is_string() && (value->as_string() == "gaussian" || value->as_string() == "eva" ||
                                               value->as_string() == "orthogonal");
  RIFT_REQUIRE(harmless, Code::kUnsupported,
               "{}: init_lora_weights {} changes the base model's weights; save the adapter from PEFT with "
               "path_initial_model_for_weight_conversion first",
               source, shorten(to_json_text(*value)));
}

}  // namespace

double PeftConfig::scale() const {
  return alpha / (rank_stabilised ? std::sqrt(static_cast<double>(rank)) : static_cast<double>(rank));
}

bool PeftConfig::names_module(const std::vector<std::string>& names, std::string_view module) {
  return std::any_of(names.begin(), names.end(),
                     [&](const std::string& name) { return module == name || module.ends_with("." + name); });
}

namespace {

void write_virtual_tokens(const PeftConfig& config, Json& json) {
  const PeftVirtualTokens& tokens = config.virtual_tokens;
  json["num_attention_heads"] = tokens.heads;
  json["num_layers"] = tokens.layers;
  json["num_virtual_tokens"] = tokens.tokens;
  json["token_dim"] = tokens.token_dim;
  if (config.kind == PeftKind::kPrefix) json["encoder_hidden_size"] = tokens.token_dim;
}

}  // namespace

Json peft_config_json(const PeftConfig& config) {
  const KindKeys& keys = keys_of(config.kind);
  std::vector<std::pair<std::string, Json>> members;
  for (const std::span<const FixedKey> part : {keys.fixed, keys.other, std::span<const FixedKey>(kCommonKeys)}) {
    for (const auto& [key, text] : part) members.emplace_back(key, text.empty() ? Json() : parsed(text));
  }
  std::sort(members.begin(), members.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
  Json json = Json::object();
  for (auto& [key, value] : members) json[key] = std::move(value);
  json["peft_type"] = keys.name;
  if (!config.base_model.empty()) json["base_model_name_or_path"] = config.base_model;
  if (!config.modules_to_save.empty()) json["modules_to_save"] = config.modules_to_save;
  if (!has_virtual_tokens(config.kind)) json["target_modules"] = config.target_modules;
  if (config.task != PeftTask::kUnstated) {
    json["task_type"] = config.task == PeftTask::kSequenceClassification ? "SEQ_CLS" : "FEATURE_EXTRACTION";
  }
  const bool of_maps = config.kind == PeftKind::kLora || config.kind == PeftKind::kIa3;
  if (of_maps) json["fan_in_fan_out"] = config.fan_in_fan_out;
  if (has_virtual_tokens(config.kind)) write_virtual_tokens(config, json);
  if (config.kind == PeftKind::kIa3) json["feedforward_modules"] = config.feed_forward;
  if (config.kind == PeftKind::kLora) {
    const bool whole = config.alpha == std::floor(config.alpha) && std::abs(config.alpha) < 1e9;
    json["lora_alpha"] = whole ? Json(static_cast<int64_t>(config.alpha)) : Json(config.alpha);
    json["lora_dropout"] = config.dropout;
    json["r"] = config.rank;
    json["use_dora"] = config.dora;
    json["use_rslora"] = config.rank_stabilised;
  }
  return json;
}

namespace {

const KindKeys& read_kind(const Json& json, std::string_view source) {
  const Json& type = value_of(json, "peft_type", source);
  const auto* found =
      type.is_string() ? std::ranges::find(kKinds, type.as_string(), &KindKeys::name) : std::end(kKinds);
  RIFT_REQUIRE(found != std::end(kKinds), Code::kUnsupported,
               "{}: peft_type: this build reads LORA, IA3, LN_TUNING, PROMPT_TUNING and PREFIX_TUNING, got {}; take an "
               "adapter of one of these",
               source, shorten(to_json_text(type)));
  return *found;
}

int64_t read_count(const Json& json, std::string_view key, std::string_view source) {
  const Json& value = value_of(json, key, source);
  RIFT_REQUIRE(value.is_integer() && value.as_int() >= 1 && value.as_int() <= 65536, Code::kArtefact,
               "{}: {}: expected a whole number from 1 to 65536, got {}", source, key, shorten(to_json_text(value)));
  return value.as_int();
}

PeftVirtualTokens read_virtual_tokens(const Json& json, std::string_view source) {
  return {.tokens = read_count(json, "num_virtual_tokens", source),
          .token_dim = read_count(json, "token_dim", source),
          .heads = read_count(json, "num_attention_heads", source),
          .layers = read_count(json, "num_layers", source)};
}

void read_lora(const Json& json, std::string_view source, PeftConfig& config) {
  require_harmless_start(json, source);
  config.rank = read_count(json, "r", source);
  config.alpha = read_number(json, "lora_alpha", source);
  config.dropout = json.contains("lora_dropout") ? read_number(json, "lora_dropout", source) : 0.0;
  RIFT_REQUIRE(config.dropout >= 0 && config.dropout < 1, Code::kArtefact,
               "{}: lora_dropout: expected a number in [0, 1), got {}", source, config.dropout);
  config.rank_stabilised = read_truth(json, "use_rslora", source);
  config.dora = read_truth(json, "use_dora", source);
}

}  // namespace

PeftConfig read_peft_config(const Json& json, std::string_view source) {
  RIFT_REQUIRE(json.is_object(), Code::kArtefact, "{}: expected a mapping, got {}", source, json.kind_name());
  const KindKeys& keys = read_kind(json, source);
  for (const auto& member : json.as_object()) require_default(member, keys, source);
  PeftConfig config;
  config.kind = keys.kind;
  config.task = read_task(json, source);
  if (config.kind == PeftKind::kLora) read_lora(json, source, config);
  if (has_virtual_tokens(config.kind)) config.virtual_tokens = read_virtual_tokens(json, source);
  config.fan_in_fan_out = read_truth(json, "fan_in_fan_out", source);
  config.target_modules = read_names(json, "target_modules", source);
  config.feed_forward = read_names(json, "feedforward_modules", source);
  config.modules_to_save = read_names(json, "modules_to_save", source);
  const Json* base = json.find("base_model_name_or_path");
  if (base != nullptr && base->is_string()) config.base_model = base->as_string();
  return config;
}

}  // namespace rift::checkpoint
