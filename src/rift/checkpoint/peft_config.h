#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "rift/base/json.h"

namespace rift::checkpoint {

/// What the adapter sits on, as transformers would load it.
enum class PeftTask {
  kSequenceClassification,  // "SEQ_CLS": AutoModelForSequenceClassification
  kFeatureExtraction,       // "FEATURE_EXTRACTION": AutoModel
  kUnstated,                // null: PEFT has no word for it, such as AutoModelForImageClassification
};

/// PEFT's peft_type.
enum class PeftKind {
  kLora,    // "LORA": an update of low rank (arXiv:2106.09685)
  kIa3,     // "IA3": a scale (arXiv:2205.05638)
  kNorm,    // "LN_TUNING": norms trained whole (arXiv:2312.11420)
  kPrompt,  // "PROMPT_TUNING": embeddings of virtual tokens (arXiv:2104.08691)
  kPrefix,  // "PREFIX_TUNING": keys and values of virtual tokens in every layer (arXiv:2101.00190), not reparametrised
};
/// Whether it is virtual tokens, which no module of the base model carries.
constexpr bool has_virtual_tokens(PeftKind kind) { return kind == PeftKind::kPrompt || kind == PeftKind::kPrefix; }

/// What prompt and prefix say of themselves and of the base model.
struct PeftVirtualTokens {
  int64_t tokens = 0;     // num_virtual_tokens
  int64_t token_dim = 0;  // width of an embedding; of a prefix, of a layer's keys
  int64_t heads = 0;      // num_attention_heads; of a prefix, those of keys
  int64_t layers = 0;     // num_layers
};

/// The part of PEFT's config of a kind that rift uses; everything else stands at PEFT's default. What a kind has not is
/// left at the values here.
struct PeftConfig {
  PeftKind kind = PeftKind::kLora;
  PeftTask task = PeftTask::kSequenceClassification;
  int64_t rank = 8;
  double alpha = 8.0;
  double dropout = 0.0;
  bool fan_in_fan_out = false;               // the base keeps its maps as [in,out] (GPT-2's Conv1D); changes no value
  bool rank_stabilised = false;              // use_rslora: scale = alpha / sqrt(rank) (arXiv:2312.03732)
  bool dora = false;                         // use_dora: rows keep trained lengths (arXiv:2402.09353)
  std::vector<std::string> target_modules;   // "query": every module of this last name; or whole module names
  std::vector<std::string> feed_forward;     // feedforward_modules of IA3: those whose input is scaled
  std::vector<std::string> modules_to_save;  // trained whole: "classifier", "pooler"
  PeftVirtualTokens virtual_tokens;
  std::string base_model;  // base_model_name_or_path; "" = null

  double scale() const;  // of the update B A
  /// True when `module` is one of `names` or ends with "." + one of them: PEFT's own rule.
  static bool names_module(const std::vector<std::string>& names, std::string_view module);
};

/// adapter_config.json with the keys that PEFT 0.21 writes, in its order (by name).
Json peft_config_json(const PeftConfig& config);

/// Reads adapter_config.json. Throws kUnsupported naming the key when one that rift does not know, or does not
/// implement, stands at another value than its default (patterns, initialisations that change the base weights ...),
/// kArtefact when a value is missing or of the wrong kind.
PeftConfig read_peft_config(const Json& json, std::string_view source);

}  // namespace rift::checkpoint
