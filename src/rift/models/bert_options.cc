#include "rift/models/bert_options.h"

#include <algorithm>
#include <array>
#include <vector>

#include "rift/base/error.h"

namespace rift::models {

namespace {

/// Settings with one value that is implemented; others change what the model computes.
struct FixedSetting {
  std::string_view key;
  std::string_view json;
};
constexpr FixedSetting kFixedSettings[] = {
    {"add_cross_attention", "false"},
    {"is_decoder", "false"},
    {"is_encoder_decoder", "false"},
    {"model_type", "\"bert\""},
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

constexpr std::string_view kRequiredKeys[] = {"vocab_size",          "hidden_size",       "num_hidden_layers",
                                              "num_attention_heads", "intermediate_size", "max_position_embeddings"};

bool says_nothing(const Json& value) {
  if (value.is_null() || (value.is_bool() && !value.as_bool())) return true;
  return (value.is_object() || value.is_array()) && value.size() == 0;
}

template <size_t N>
bool holds(const std::string_view (&keys)[N], std::string_view key) {
  return std::find(std::begin(keys), std::end(keys), key) != std::end(keys);
}

std::vector<std::string> option_names() {
  std::vector<std::string> names;
  for (const OptionDoc& field : describe_options<BertOptions>().fields) names.push_back(field.name);
  return names;
}

/// The members that BertOptions reads; throws on those that nobody reads.
Json known_members(const Json& config, std::string_view source) {
  const std::vector<std::string> options = option_names();
  Json known = Json::object();
  for (const Json::Member& member : config.as_object()) {
    if (std::ranges::find(options, member.key) != options.end()) {
      known[member.key] = member.value;
      continue;
    }
    const auto* fixed = std::ranges::find(kFixedSettings, std::string_view(member.key), &FixedSetting::key);
    if (fixed != std::end(kFixedSettings)) {
      RIFT_REQUIRE(member.value.is_null() || member.value == parse_json(fixed->json, "setting"), Code::kUnsupported,
                   "{}: {}: this build runs a BERT with {} only, got {}", source, member.key, fixed->json,
                   shorten(to_json_text(member.value)));
      continue;
    }
    RIFT_REQUIRE(
        says_nothing(member.value) || holds(kHarmlessKeys, member.key) || holds(kGenerationKeys, member.key),
        Code::kUnsupported,
        "{}: unknown setting '{}' may change what the model computes; remove it when you know that it does not", source,
        shorten(member.key));
  }
  return known;
}

void require_known_activation(const Json& config, std::string_view source) {
  const Json* value = config.find("hidden_act");
  if (value == nullptr) return;
  std::vector<std::string> names;
  for (const auto& entry : enum_names(nn::Activation{})) names.emplace_back(entry.name);
  RIFT_REQUIRE(value->is_string() && std::ranges::find(names, value->as_string()) != names.end(), Code::kUnsupported,
               "{}: hidden_act: this build has {}, got {}", source, fmt::join(names, ", "),
               shorten(to_json_text(*value)));
}

}  // namespace

BertOptions read_bert_options(const Json& config, std::string_view source) {
  RIFT_REQUIRE(config.is_object(), Code::kArtefact, "{}: expected a mapping, got {}", source, config.kind_name());
  const Json known = known_members(config, source);
  for (const std::string_view key : kRequiredKeys) {
    RIFT_REQUIRE(known.contains(key), Code::kArtefact, "{}: '{}' is missing; is this the config.json of a BERT?",
                 source, key);
  }
  require_known_activation(known, source);
  BertOptions options;
  try {
    read_options(known, source, options);
  } catch (const Error& error) {  // a file of the model is at fault, not the user's configuration
    throw Error(Code::kArtefact, error.message(), error.where());
  }
  RIFT_REQUIRE(options.hidden_size % options.num_attention_heads == 0, Code::kArtefact,
               "{}: num_attention_heads: {} does not divide hidden_size {}", source, options.num_attention_heads,
               options.hidden_size);
  return options;
}

}  // namespace rift::models
