#include "rift/checkpoint/peft_config.h"
#include "rift/encode/text/pipeline/gguf_tokenizer.h"
#include "rift/models/label_tokens.h"
#include "rift/package/text_model.h"
#include "rift/train/support/samples.h"
#include "rift/train/support/trials.h"
#include "rift/tuning/tuning.h"

namespace rift::train {

namespace {

using Action = std::function<void()>;
using Rows = std::vector<std::pair<std::string, Action>>;

/// The first architecture of texts tuned so.
Action tuned(const tuning::TuningOptions& options) {
  return [options] { tuning::apply(options, *sample_model(*models::architectures().front()), 1); };
}

Rows tunings() {
  const auto lora = [](std::vector<std::string> targets) {
    return tuning::TuningOptions{.method = tuning::LoraOptions{.targets = std::move(targets)}};
  };
  return {
      {"tuning: {method: lora, targets: [nothing]}", tuned(lora({"nothing"}))},
      {"tuning: {method: lora, targets: [_depthwise_conv]}",
       [lora] {
         for (const models::ImageArchitecture* architecture : models::image_architectures()) {
           if (architecture->model_type != "efficientnet_lite") continue;
           tuning::apply(lora({"_depthwise_conv"}), *sample_model(*architecture), 1);
         }
       }},
      {"tuning: {method: top_k, layers: 3}", tuned({.method = tuning::TopKOptions{.layers = 3}})},
      {"tuning: {method: head, freeze: [nothing]}", tuned({.method = tuning::HeadOptions{}, .freeze = {"nothing"}})},
      {"tuning: {method: head, freeze: [classifier, pooler]}",
       tuned({.method = tuning::HeadOptions{}, .freeze = {"classifier", "pooler"}})},
  };
}

Rows model_settings() {
  return {
      {"model.text: {pooling: mean, head: {kind: label_tokens}}",
       [] { models::require_reading_of_label_tokens(models::Pooling::kMean); }},
      {"model.text.base_weights: as_stored, --device cuda",
       [] { package::kept_as_stored({.keeps_stored = true, .device = c10::Device(c10::DeviceType::CUDA)}, {}); }},
  };
}

/// config.json of an architecture's example with one setting more.
Rows configs() {
  Rows rows;
  const auto add = [&](std::string_view model_type, std::string_view key, const char* value) {
    for (const models::Architecture* architecture : models::architectures()) {
      if (architecture->model_type != model_type) continue;
      Json config = example_config(*architecture);
      config[key] = parse_json(value, "setting");
      rows.emplace_back(fmt::format("config.json ({}): {}: {}", model_type, key, value),
                        [config] { models::describe_text_model(config, "config.json"); });
    }
  };
  add("bert", "position_embedding_type", R"("relative_key")");
  add("bert", "hidden_act", R"("mish")");
  add("bert", "is_decoder", "true");
  add("llama", "rope_scaling", R"({"rope_type": "longrope", "factor": 2.0})");
  add("llama", "quantization_config", R"({"quant_method": "gptq", "bits": 4})");
  add("llama", "num_local_experts", "8");
  add("bert", "model_type", R"("t5")");
  return rows;
}

/// adapter_config.json of PEFT with one setting more.
Rows adapters() {
  Rows rows;
  const auto add = [&](std::string_view key, const char* value) {
    Json config = checkpoint::peft_config_json({.target_modules = {"query"}});
    config[key] = parse_json(value, "setting");
    rows.emplace_back(fmt::format("adapter_config.json: {}: {}", key, value),
                      [config] { checkpoint::read_peft_config(config, "adapter_config.json"); });
  };
  add("peft_type", R"("OFT")");
  add("use_qalora", "true");
  add("bias", R"("all")");
  add("rank_pattern", R"({"query": 4})");
  add("init_lora_weights", R"("pissa")");
  add("task_type", R"("CAUSAL_LM")");
  add("fan_in_fan_out", R"("true")");
  return rows;
}

Rows gguf_settings() {
  encode::text::GgufTokenizer lists{.source = "model.gguf", .model = "gpt2", .pre = "deepseek-llm", .tokens = {"a"}};
  return {{"tokenizer.ggml.pre: deepseek-llm", [lists] { encode::text::tokenizer_of(lists); }}};
}

}  // namespace

void add_setting_tables(SupportMatrix& matrix, Trials& trials) {
  SupportTable table{.key = "settings", .columns = {"works"}};
  for (const Rows& rows : {tunings(), model_settings(), configs(), adapters(), gguf_settings()}) {
    for (const auto& [name, action] : rows) table.rows.push_back({name, {trials.of(action)}});
  }
  matrix.tables.push_back(std::move(table));
}

}  // namespace rift::train
