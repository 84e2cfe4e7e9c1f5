#pragma once

#include <string_view>

#include "rift/base/error.h"
#include "rift/checkpoint/peft_config.h"

namespace rift::fuzz {

/// Reads the bytes as an adapter_config.json and writes it again. True when accepted, false when refused with an Error
/// of the file's fault; anything else escapes, as does a config that does not read back to an equal one.
inline bool read_adapter_config(std::string_view bytes) {
  using namespace checkpoint;
  PeftConfig config;
  try {
    config = read_peft_config(parse_json(bytes, "fuzz"), "fuzz");
  } catch (const Error& error) {
    if (error.code() != Code::kArtefact && error.code() != Code::kUnsupported) throw;
    return false;
  }
  const Json written = peft_config_json(config);
  const PeftConfig again = read_peft_config(parse_json(to_json_text(written, 2), "written"), "written");
  if (!(peft_config_json(again) == written)) RIFT_FAIL(Code::kBug, "adapter_config.json does not read back");
  return true;
}

inline constexpr std::string_view kAdapterConfig =
    R"({"peft_type": "LORA", "task_type": "SEQ_CLS", "r": 8, "lora_alpha": 16, "lora_dropout": 0.1, "use_rslora": true,
 "fan_in_fan_out": false, "bias": "none", "target_modules": ["query", "value"], "modules_to_save": ["classifier"],
 "base_model_name_or_path": "bert", "init_lora_weights": "gaussian", "rank_pattern": {}, "use_dora": false,
 "layers_to_transform": null, "runtime_config": null})";

}  // namespace rift::fuzz
