#include "rift/checkpoint/gguf/metadata.h"

#include <algorithm>

#include "rift/base/error.h"
#include "rift/checkpoint/gguf/keys.h"

namespace rift::checkpoint {
namespace {

using format::GgufKind;

/// Reads config.json and writes keys of the architecture.
class Keys {
 public:
  Keys(const Json& config, const GgufArchitecture& architecture, std::string_view source)
      : config_(config), prefix_(std::string(architecture.name) + "."), source_(source) {}

  /// The setting, null when it is not there.
  Json setting(std::string_view name) const {
    const Json* value = config_.find(name);
    return value == nullptr ? Json() : *value;
  }
  int64_t size(std::string_view name) const {
    const Json value = setting(name);
    RIFT_REQUIRE(value.is_integer() && value.as_int() > 0 && value.as_int() <= kLargestSize, Code::kArtefact,
                 "{}: {}: expected a whole number from 1 to {}, got {}", source_, name, kLargestSize,
                 shorten(to_json_text(value)));
    return value.as_int();
  }
  int64_t size_or(std::string_view name, int64_t usual) const { return setting(name).is_null() ? usual : size(name); }
  int64_t head_width() const {
    if (!setting("head_dim").is_null()) return size("head_dim");
    const int64_t width = size("hidden_size"), heads = size("num_attention_heads");
    RIFT_REQUIRE(heads <= width, Code::kArtefact, "{}: num_attention_heads: {} heads of a width of {}", source_, heads,
                 width);
    return width / heads;
  }
  double number_or(std::string_view name, double usual) const {
    const Json value = setting(name);
    if (value.is_null()) return usual;
    RIFT_REQUIRE(value.is_number(), Code::kArtefact, "{}: {}: expected a number, got {}", source_, name,
                 value.kind_name());
    return value.as_double();
  }

  void put(std::string_view key, int64_t value) {
    metadata_.emplace_back(prefix_ + std::string(key), format::GgufValue{GgufKind::kU32, static_cast<uint64_t>(value)});
  }
  void put_real(std::string_view key, double value) {
    metadata_.emplace_back(prefix_ + std::string(key),
                           format::GgufValue{GgufKind::kF32, double{static_cast<float>(value)}});
  }
  void put_text(std::string_view key, const std::string& value) {
    metadata_.emplace_back(prefix_ + std::string(key), format::GgufValue{GgufKind::kText, value});
  }

  [[noreturn]] void fail(std::string_view setting, std::string_view why) const {
    RIFT_FAIL(Code::kUnsupported, "{}: {}: {}", source_, setting, why);
  }
  format::GgufMetadata take() { return std::move(metadata_); }

 private:
  const Json& config_;
  std::string prefix_;
  std::string_view source_;
  format::GgufMetadata metadata_;
};

void put_rope_scaling(Keys& keys) {
  const Json scaling = keys.setting("rope_scaling");
  if (scaling.is_null()) return;
  const Json* named = scaling.find("rope_type");
  if (named == nullptr) named = scaling.find("type");
  const std::string type = named != nullptr && named->is_string() ? named->as_string() : "";
  if (type == "default" || type == "llama3") return;  // llama3 goes into rope_freqs.weight
  if (type != "linear" && type != "yarn") keys.fail("rope_scaling", "a type that is not written as GGUF");
  keys.put_text("rope.scaling.type", type);
  keys.put_real("rope.scaling.factor", scaling.at("factor").as_double());
  if (const Json* positions = scaling.find("original_max_position_embeddings"); positions != nullptr) {
    keys.put("rope.scaling.original_context_length", positions->as_int());
  }
}

void put_rotary(Keys& keys, const GgufArchitecture& architecture) {
  const int64_t width = keys.size("hidden_size"), heads = keys.size("num_attention_heads");
  const int64_t head_width = keys.head_width();
  keys.put("vocab_size", keys.size("vocab_size"));
  keys.put("context_length", keys.size("max_position_embeddings"));
  keys.put("embedding_length", width);
  keys.put("block_count", keys.size("num_hidden_layers"));
  keys.put("feed_forward_length", keys.size("intermediate_size"));
  keys.put("attention.head_count", heads);
  keys.put("attention.head_count_kv", keys.size_or("num_key_value_heads", heads));
  keys.put_real("attention.layer_norm_rms_epsilon", keys.number_or("rms_norm_eps", 1e-6));
  keys.put_real("rope.freq_base", keys.number_or("rope_theta", 10'000));
  if (architecture.name == "llama") keys.put("rope.dimension_count", head_width);
  if (head_width != width / heads || architecture.name == "qwen3" || architecture.name == "gemma3") {
    keys.put("attention.key_length", head_width);
    keys.put("attention.value_length", head_width);
  }
  put_rope_scaling(keys);
  if (architecture.name == "gemma3") {
    keys.put("attention.sliding_window", keys.size("sliding_window"));
  } else if (!keys.setting("sliding_window").is_null() && keys.setting("use_sliding_window") != Json(false)) {
    keys.fail("sliding_window", "files of this architecture cannot say it; null is written");
  }
}

void put_gpt2(Keys& keys) {
  const int64_t width = keys.size("n_embd");
  keys.put("context_length", keys.size("n_positions"));
  keys.put("embedding_length", width);
  keys.put("block_count", keys.size("n_layer"));
  keys.put("feed_forward_length", keys.size_or("n_inner", 4 * width));
  keys.put("attention.head_count", keys.size("n_head"));
  keys.put_real("attention.layer_norm_epsilon", keys.number_or("layer_norm_epsilon", 1e-5));
}

bool same(const Json& one, const Json& other) {
  if (!one.is_number() || !other.is_number()) return one == other;
  return static_cast<float>(one.as_double()) == static_cast<float>(other.as_double());
}

}  // namespace

format::GgufMetadata gguf_metadata(const Json& config, const GgufArchitecture& architecture, std::string_view source) {
  RIFT_CHECK(architecture.name != "bert");
  Keys keys(config, architecture, source);
  if (architecture.name == "gpt2") {
    put_gpt2(keys);
  } else {
    put_rotary(keys, architecture);
  }
  return keys.take();
}

int64_t rotary_head_width(const Json& config, const GgufArchitecture& architecture, std::string_view source) {
  return Keys(config, architecture, source).head_width();
}

void require_same_settings(const Json& config, const Json& read, std::string_view source) {
  constexpr std::string_view kOfTraining[] = {"architectures",      "model_type",   "n_ctx",        "initializer_range",
                                              "attention_dropout",  "bos_token_id", "eos_token_id", "pad_token_id",
                                              "use_sliding_window", "rope_scaling"};
  for (const auto& [key, value] : read.as_object()) {
    const Json* asked = config.find(key);
    if (asked == nullptr || asked->is_null() || std::ranges::find(kOfTraining, key) != std::end(kOfTraining)) continue;
    RIFT_REQUIRE(same(*asked, value), Code::kUnsupported,
                 "{}: {}: {} cannot be said in a GGUF file of this architecture, where it is {}", source, key,
                 shorten(to_json_text(*asked)), shorten(to_json_text(value)));
  }
}

}  // namespace rift::checkpoint
