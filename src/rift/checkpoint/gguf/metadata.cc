#include "rift/checkpoint/gguf/metadata.h"

#include <algorithm>

#include "rift/base/error.h"
#include "rift/checkpoint/gguf/rope_scaling.h"

namespace rift::checkpoint {
namespace {

using format::GgufKind;

/// Writes keys of the architecture for settings.
class Keys {
 public:
  Keys(const Json& settings, const GgufArchitecture& architecture)
      : settings_(settings), prefix_(std::string(architecture.name) + ".") {}

  int64_t size(std::string_view name) const { return settings_.at(name).as_int(); }

  void put(std::string_view key, int64_t value) {
    metadata_.emplace_back(prefix_ + std::string(key), format::GgufValue{GgufKind::kU32, static_cast<uint64_t>(value)});
  }
  void put_size(std::string_view key, std::string_view name) { put(key, size(name)); }
  void put_real(std::string_view key, double value) {
    metadata_.emplace_back(prefix_ + std::string(key),
                           format::GgufValue{GgufKind::kF32, double{static_cast<float>(value)}});
  }
  void put_real(std::string_view key, std::string_view name) { put_real(key, settings_.at(name).as_double()); }
  void put_text(std::string_view key, const std::string& value) {
    metadata_.emplace_back(prefix_ + std::string(key), format::GgufValue{GgufKind::kText, value});
  }
  format::GgufMetadata take() { return std::move(metadata_); }

 private:
  const Json& settings_;
  std::string prefix_;
  format::GgufMetadata metadata_;
};

void put_rope_scaling(Keys& keys, const Json& scaling) {
  const std::string_view type = rope_scaling_type(scaling);
  if (type.empty() || type == kLlama3Rope) return;  // llama3 goes into rope_freqs.weight
  keys.put_text("rope.scaling.type", std::string(type));
  keys.put_real("rope.scaling.factor", scaling.at("factor").as_double());
  if (type != kYarnRope) return;
  keys.put("rope.scaling.original_context_length", scaling.at("original_max_position_embeddings").as_int());
  for (const auto& [key, name, usual] : kYarnTurns) {
    const double turns = scaling.at(name).as_double();
    if (turns != usual) keys.put_real(key, turns);
  }
}

void put_rotary(Keys& keys, const GgufArchitecture& architecture) {
  const int64_t width = keys.size("hidden_size"), heads = keys.size("num_attention_heads");
  const int64_t head_width = keys.size("head_dim");
  keys.put_size("vocab_size", "vocab_size");
  keys.put_size("context_length", "max_position_embeddings");
  keys.put("embedding_length", width);
  keys.put_size("block_count", "num_hidden_layers");
  keys.put_size("feed_forward_length", "intermediate_size");
  keys.put("attention.head_count", heads);
  keys.put_size("attention.head_count_kv", "num_key_value_heads");
  keys.put_real("attention.layer_norm_rms_epsilon", "rms_norm_eps");
  keys.put_real("rope.freq_base", "rope_theta");
  if (architecture.name == "llama") keys.put("rope.dimension_count", head_width);
  if (head_width * heads != width || architecture.name == "qwen3" || architecture.name == "gemma3") {
    keys.put("attention.key_length", head_width);
    keys.put("attention.value_length", head_width);
  }
  if (architecture.name == "gemma3") keys.put_size("attention.sliding_window", "sliding_window");
}

void put_gpt2(Keys& keys) {
  keys.put_size("context_length", "n_positions");
  keys.put_size("embedding_length", "n_embd");
  keys.put_size("block_count", "n_layer");
  keys.put_size("feed_forward_length", "n_inner");
  keys.put_size("attention.head_count", "n_head");
  keys.put_real("attention.layer_norm_epsilon", "layer_norm_epsilon");
}

/// Only Gemma 3's files have a key for it.
void require_no_window(const Json& settings, std::string_view source) {
  const Json* window = settings.find("sliding_window");
  RIFT_REQUIRE(window == nullptr || window->is_null(), Code::kUnsupported,
               "{}: sliding_window: layers that see the nearest {} tokens cannot be said in a GGUF file of this "
               "architecture, only null (all tokens before)",
               source, window->as_int());
}

bool same(const Json& one, const Json& other) {
  if (!one.is_number() || !other.is_number()) return one == other;
  return static_cast<float>(one.as_double()) == static_cast<float>(other.as_double());
}

/// `prefix` stands before the names of keys in messages: "rope_scaling.".
void compare(const Json& asked, const Json& read, std::string_view prefix, std::string_view source) {
  constexpr std::string_view kOfTraining[] = {"model_type",  "initializer_range", "attention_dropout",
                                              "resid_pdrop", "embd_pdrop",        "attn_pdrop"};
  for (const auto& [key, value] : asked.as_object()) {
    if (std::ranges::find(kOfTraining, key) != std::end(kOfTraining)) continue;
    const Json* found = read.find(key);
    const Json there = found == nullptr ? Json() : *found;
    if (value.is_object() && there.is_object()) {
      compare(value, there, fmt::format("{}{}.", prefix, key), source);
      continue;
    }
    RIFT_REQUIRE(same(value, there), Code::kUnsupported,
                 "{}: {}{}: {} cannot be said in a GGUF file of this architecture, where it is {}", source, prefix, key,
                 shorten(to_json_text(value)), shorten(to_json_text(there)));
  }
}

}  // namespace

format::GgufMetadata gguf_metadata(const Json& settings, const GgufArchitecture& architecture,
                                   std::string_view source) {
  RIFT_CHECK(architecture.name != "bert");
  Keys keys(settings, architecture);
  if (architecture.name == "gpt2") {
    put_gpt2(keys);
    return keys.take();
  }
  require_gguf_rope_scaling(settings, source);
  if (architecture.name != "gemma3") require_no_window(settings, source);
  put_rotary(keys, architecture);
  put_rope_scaling(keys, settings.at("rope_scaling"));
  return keys.take();
}

void require_same_settings(const Json& settings, const Json& read, std::string_view source) {
  compare(settings, read, "", source);
}

}  // namespace rift::checkpoint
