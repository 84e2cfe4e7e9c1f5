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

/// The part of PEFT's LoraConfig that rift uses (arXiv:2106.09685); everything else stands at PEFT's default.
struct PeftConfig {
  PeftTask task = PeftTask::kSequenceClassification;
  int64_t rank = 8;
  double alpha = 8.0;
  double dropout = 0.0;
  bool fan_in_fan_out = false;               // the base keeps its maps as [in,out] (GPT-2's Conv1D); changes no value
  bool rank_stabilised = false;              // use_rslora: scale = alpha / sqrt(rank) (arXiv:2312.03732)
  std::vector<std::string> target_modules;   // "query": every module of this last name; or whole module names
  std::vector<std::string> modules_to_save;  // trained whole: "classifier", "pooler"
  std::string base_model;                    // base_model_name_or_path; "" = null

  double scale() const;  // of the update B A
  /// True when `module` is one of `names` or ends with "." + one of them: PEFT's own rule.
  static bool names_module(const std::vector<std::string>& names, std::string_view module);
};

/// adapter_config.json with the keys that PEFT 0.21 writes, in its order (by name).
Json peft_config_json(const PeftConfig& config);

/// Reads adapter_config.json. Throws kUnsupported naming the key when one that rift does not know, or does not
/// implement, stands at another value than its default (DoRA, patterns, initialisations that change the base weights
/// ...), kArtefact when a value is missing or of the wrong kind.
PeftConfig read_peft_config(const Json& json, std::string_view source);

}  // namespace rift::checkpoint
