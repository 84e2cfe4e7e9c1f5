#include "rift/checkpoint/gguf/tensor_names.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <vector>

#include "rift/base/error.h"

namespace rift::checkpoint {
namespace {

using enum GgufChange;

constexpr std::string_view kBlock = "blk.";

constexpr GgufModule kCausalWhole[] = {
    {"token_embd", "model.embed_tokens"},
    {"output_norm", "model.norm"},
    {"output", "lm_head"},
};
constexpr GgufModule kLlamaLayer[] = {
    {"attn_norm", "input_layernorm"},
    {"attn_q", "self_attn.q_proj", kRotaryRows},
    {"attn_k", "self_attn.k_proj", kRotaryRows},
    {"attn_v", "self_attn.v_proj"},
    {"attn_output", "self_attn.o_proj"},
    {"ffn_norm", "post_attention_layernorm"},
    {"ffn_gate", "mlp.gate_proj"},
    {"ffn_up", "mlp.up_proj"},
    {"ffn_down", "mlp.down_proj"},
};
constexpr GgufModule kQwenLayer[] = {
    {"attn_norm", "input_layernorm"},    {"attn_q", "self_attn.q_proj"},
    {"attn_q_norm", "self_attn.q_norm"}, {"attn_k", "self_attn.k_proj"},
    {"attn_k_norm", "self_attn.k_norm"}, {"attn_v", "self_attn.v_proj"},
    {"attn_output", "self_attn.o_proj"}, {"ffn_norm", "post_attention_layernorm"},
    {"ffn_gate", "mlp.gate_proj"},       {"ffn_up", "mlp.up_proj"},
    {"ffn_down", "mlp.down_proj"},
};
constexpr GgufModule kGemmaWhole[] = {
    {"token_embd", "model.embed_tokens"},
    {"output_norm", "model.norm", kPlusOne},
    {"output", "lm_head"},
};
constexpr GgufModule kGemmaLayer[] = {
    {"attn_norm", "input_layernorm", kPlusOne},
    {"attn_q", "self_attn.q_proj"},
    {"attn_q_norm", "self_attn.q_norm", kPlusOne},
    {"attn_k", "self_attn.k_proj"},
    {"attn_k_norm", "self_attn.k_norm", kPlusOne},
    {"attn_v", "self_attn.v_proj"},
    {"attn_output", "self_attn.o_proj"},
    {"post_attention_norm", "post_attention_layernorm", kPlusOne},
    {"ffn_norm", "pre_feedforward_layernorm", kPlusOne},
    {"ffn_gate", "mlp.gate_proj"},
    {"ffn_up", "mlp.up_proj"},
    {"ffn_down", "mlp.down_proj"},
    {"post_ffw_norm", "post_feedforward_layernorm", kPlusOne},
};
constexpr GgufModule kGpt2Whole[] = {
    {"token_embd", "transformer.wte"},
    {"position_embd", "transformer.wpe"},
    {"output_norm", "transformer.ln_f"},
    {"output", "lm_head"},
};
constexpr GgufModule kGpt2Layer[] = {
    {"attn_norm", "ln_1"}, {"attn_qkv", "attn.c_attn", kTransposed}, {"attn_output", "attn.c_proj", kTransposed},
    {"ffn_norm", "ln_2"},  {"ffn_up", "mlp.c_fc", kTransposed},      {"ffn_down", "mlp.c_proj", kTransposed},
};
constexpr GgufModule kBertWhole[] = {
    {"token_embd", "embeddings.word_embeddings"},
    {"position_embd", "embeddings.position_embeddings"},
    {"token_types", "embeddings.token_type_embeddings"},
    {"token_embd_norm", "embeddings.LayerNorm"},
};
constexpr GgufModule kBertLayer[] = {
    {"attn_q", "attention.self.query"},
    {"attn_k", "attention.self.key"},
    {"attn_v", "attention.self.value"},
    {"attn_output", "attention.output.dense"},
    {"attn_output_norm", "attention.output.LayerNorm"},
    {"ffn_up", "intermediate.dense"},
    {"ffn_down", "output.dense"},
    {"layer_output_norm", "output.LayerNorm"},
};

constexpr GgufArchitecture kArchitectures[] = {
    {"bert", "bert", "encoder.layer.", kBertWhole, kBertLayer},
    {"gemma3", "gemma3_text", "model.layers.", kGemmaWhole, kGemmaLayer},
    {"gpt2", "gpt2", "transformer.h.", kGpt2Whole, kGpt2Layer},
    {"llama", "llama", "model.layers.", kCausalWhole, kLlamaLayer},
    {"qwen2", "qwen2", "model.layers.", kCausalWhole, kQwenLayer},
    {"qwen3", "qwen3", "model.layers.", kCausalWhole, kQwenLayer},
};

/// "blk.12.attn_q.weight" in its parts: where it lies, the module, ".weight".
struct SplitName {
  std::string_view number;  // empty: of the whole model
  std::string_view module;
  std::string_view ending;
};

std::optional<SplitName> split(std::string_view name, std::string_view layers) {
  SplitName parts;
  const bool has_ending = name.ends_with(".weight") || name.ends_with(".bias");
  if (!has_ending) return std::nullopt;
  parts.ending = name.substr(name.rfind('.'));
  name.remove_suffix(parts.ending.size());
  if (name.starts_with(layers)) {
    name.remove_prefix(layers.size());
    const size_t digits = std::min(name.find_first_not_of("0123456789"), name.size());
    const bool plain = digits > 0 && digits < 9 && (digits == 1 || name[0] != '0');
    if (!plain || digits == name.size() || name[digits] != '.') return std::nullopt;
    parts.number = name.substr(0, digits);
    name.remove_prefix(digits + 1);
  }
  parts.module = name;
  return parts;
}

std::optional<GgufTensorName> translated(const GgufArchitecture& architecture, std::string_view name,
                                         std::string_view GgufModule::*from, std::string_view GgufModule::*to) {
  const bool from_gguf = from == &GgufModule::gguf;
  const auto parts = split(name, from_gguf ? kBlock : architecture.layers);
  if (!parts) return std::nullopt;
  const auto& modules = parts->number.empty() ? architecture.whole : architecture.layer;
  const auto found = std::ranges::find(modules, parts->module, from);
  if (found == modules.end()) return std::nullopt;
  const GgufChange change = found->change == kTransposed && parts->ending != ".weight" ? kNone : found->change;
  std::string place;
  if (!parts->number.empty()) place = fmt::format("{}{}.", from_gguf ? architecture.layers : kBlock, parts->number);
  return GgufTensorName{fmt::format("{}{}{}", place, *found.*to, parts->ending), change};
}

}  // namespace

const GgufArchitecture& gguf_architecture(std::string_view name, std::string_view source) {
  std::vector<std::string_view> known;
  for (const GgufArchitecture& architecture : kArchitectures) {
    if (architecture.name == name) return architecture;
    known.push_back(architecture.name);
  }
  RIFT_FAIL(Code::kUnsupported,
            "{}: general.architecture '{}' is not implemented ({} are); take the model as safetensors", source,
            shorten(name), fmt::join(known, ", "));
}

const GgufArchitecture* gguf_architecture_of(std::string_view model_type) {
  if (model_type == "mistral") model_type = "llama";  // llama.cpp makes one of the other
  const auto* found = std::ranges::find(kArchitectures, model_type, &GgufArchitecture::model_type);
  return found == std::end(kArchitectures) ? nullptr : found;
}

std::optional<GgufTensorName> hf_tensor_name(const GgufArchitecture& architecture, std::string_view gguf_name) {
  return translated(architecture, gguf_name, &GgufModule::gguf, &GgufModule::hf);
}

std::optional<GgufTensorName> gguf_tensor_name(const GgufArchitecture& architecture, std::string_view hf_name) {
  return translated(architecture, hf_name, &GgufModule::hf, &GgufModule::gguf);
}

}  // namespace rift::checkpoint
