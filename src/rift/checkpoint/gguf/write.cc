#include "rift/checkpoint/gguf/write.h"

#include <ATen/core/Tensor.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/from_blob.h>

#include <algorithm>
#include <array>

#include "rift/base/error.h"
#include "rift/base/log.h"
#include "rift/checkpoint/gguf/metadata.h"
#include "rift/checkpoint/gguf/model.h"
#include "rift/checkpoint/gguf/rope_scaling.h"
#include "rift/checkpoint/tensor_file.h"

namespace rift::checkpoint {
namespace {

namespace fs = std::filesystem;
using format::GgmlType;
using format::GgufKind;

constexpr std::array<std::string_view, 3> kHeads = {"score.", "classifier.", "pooler."};
constexpr std::array<std::string_view, 3> kBuffers = {".rotary_emb.inv_freq", ".attn.bias", ".attn.masked_bias"};

const GgufArchitecture& decoder_of(const HfDirectory& model) {
  const GgufArchitecture* architecture = gguf_architecture_of(model.model_type());
  RIFT_REQUIRE(architecture != nullptr && architecture->name != "bert", Code::kUnsupported,
               "{}: a model of type '{}' is not written as GGUF, which is for decoders (llama, mistral, qwen2, qwen3, "
               "gemma3_text, gpt2); --format hf gives its weights to transformers",
               model.config_path().string(), shorten(model.model_type()));
  return *architecture;
}

/// Number of LLAMA_FTYPE, what general.file_type says.
uint64_t file_type(GgmlType type) {
  switch (type) {
    case GgmlType::kF32:
      return 0;
    case GgmlType::kF16:
      return 1;
    case GgmlType::kQ8_0:
      return 7;
    case GgmlType::kBF16:
      return 32;
    default:
      break;
  }
  RIFT_FAIL(Code::kBug, "{} is not written", format::ggml_type_info(type).name);
}

/// The tensors of a file, in memory until it is written.
class Writer {
 public:
  Writer(const HfDirectory& model, const GgufWriteOptions& options)
      : model_(model), options_(options), architecture_(decoder_of(model)), weights_(open_weights(model)) {}

  void write(const fs::path& path) {
    collect();
    std::vector<format::GgufTensorBytes> parts;
    for (const Part& part : parts_) parts.push_back({part.name, part.type, part.shape, bytes_of(part.values)});
    format::write_gguf(path, metadata(), parts);
    require_same_settings(model_.config, GgufModel::open(path).config(), model_.config_path().string());
  }

 private:
  struct Part {
    std::string name;
    GgmlType type = GgmlType::kF32;
    std::vector<int64_t> shape;
    at::Tensor values;  // in the form of the file
  };

  static std::span<const std::byte> bytes_of(const at::Tensor& values) {
    return {static_cast<const std::byte*>(values.const_data_ptr()), static_cast<size_t>(values.nbytes())};
  }

  bool ties_embeddings() const {
    const Json* tied = model_.config.find("tie_word_embeddings");
    if (tied != nullptr && tied->is_bool()) return tied->as_bool();
    return architecture_.name == "gpt2" || architecture_.name == "gemma3";  // what their classes have
  }

  format::GgufMetadata metadata() const {
    const auto text = [](const std::string& value) { return format::GgufValue{GgufKind::kText, value}; };
    format::GgufMetadata all = {{"general.architecture", text(std::string(architecture_.name))},
                                {"general.type", text("model")}};
    if (!options_.name.empty()) all.emplace_back("general.name", text(options_.name));
    if (!options_.licence.empty()) all.emplace_back("general.license", text(options_.licence));
    all.emplace_back("general.file_type", format::GgufValue{GgufKind::kU32, file_type(options_.type)});
    all.emplace_back("general.quantization_version", format::GgufValue{GgufKind::kU32, uint64_t{2}});
    for (auto& entry : gguf_metadata(model_.config, architecture_, model_.config_path().string())) {
      all.push_back(std::move(entry));
    }
    all.insert(all.end(), options_.tokenizer.begin(), options_.tokenizer.end());
    return all;
  }

  /// A tensor's name in GGUF. Files of the decoder alone leave out what stands before its layers.
  std::optional<GgufTensorName> name_of(const std::string& name) const {
    if (auto found = gguf_tensor_name(architecture_, name)) return found;
    const std::string_view base = architecture_.layers.substr(0, architecture_.layers.find('.') + 1);
    return gguf_tensor_name(architecture_, std::string(base) + name);
  }

  void collect() {
    std::vector<std::string> left_behind;
    for (const format::TensorInfo& tensor : weights_->tensors()) {
      const std::string& name = tensor.name;
      const auto begins = [&](std::string_view prefix) { return name.starts_with(prefix); };
      const auto ends = [&](std::string_view ending) { return name.ends_with(ending); };
      const bool tied = name == "lm_head.weight" && ties_embeddings();
      if (tied || std::ranges::any_of(kBuffers, ends)) continue;
      if (std::ranges::any_of(kHeads, begins)) {
        left_behind.push_back(name);
        continue;
      }
      const auto known = name_of(name);
      RIFT_REQUIRE(known, Code::kUnsupported, "{}: tensor '{}' has no name in GGUF's architecture '{}'",
                   weights_->file_name(), name, architecture_.name);
      add(*known, read_tensor(*weights_, tensor, {.floats_as_f32 = true}));
    }
    const bool has_output = std::ranges::any_of(parts_, [](const Part& part) { return part.name == "output.weight"; });
    RIFT_REQUIRE(
        has_output || ties_embeddings(), Code::kArtefact,
        "{}: tie_word_embeddings is false and there is no lm_head.weight, without which a GGUF file of a decoder "
        "says no next token",
        weights_->file_name());
    add_rope_divisors();
    if (!left_behind.empty()) log_info("GGUF has no place for the head", {{"left_behind", Json(left_behind)}});
  }

  int64_t heads_of(std::string_view gguf_name) const {
    const Json* key_heads = model_.config.find("num_key_value_heads");
    const bool of_keys = gguf_name.find(".attn_k.") != std::string_view::npos && key_heads && !key_heads->is_null();
    return (of_keys ? *key_heads : model_.config.at("num_attention_heads")).as_int();
  }

  at::Tensor changed(const at::Tensor& values, const GgufTensorName& name) const {
    switch (name.change) {
      case GgufChange::kNone:
        return values;
      case GgufChange::kPlusOne:
        return values.add(1);
      case GgufChange::kTransposed:
        return values.t().contiguous();
      case GgufChange::kRotaryRows:
        break;
    }
    const int64_t heads = heads_of(name.name);
    RIFT_REQUIRE(heads > 0 && values.size(0) % (2 * heads) == 0, Code::kArtefact,
                 "{}: tensor for '{}': {} rows are no pairs of {} heads", weights_->file_name(), name.name,
                 values.size(0), heads);
    const int64_t half = values.size(0) / heads / 2;
    return values.reshape({heads, 2, half, -1}).transpose(1, 2).reshape(values.sizes()).contiguous();
  }

  GgmlType type_of(const at::Tensor& values) const {
    if (values.dim() < 2) return GgmlType::kF32;
    const bool whole_blocks = values.size(-1) % format::ggml_type_info(options_.type).block_elements == 0;
    return whole_blocks ? options_.type : GgmlType::kF16;
  }

  void add(const GgufTensorName& name, const at::Tensor& values) {
    const at::Tensor written = changed(values, name);
    const GgmlType type = type_of(written);
    parts_.push_back({name.name, type, written.sizes().vec(), encoded(written, type, name.name)});
  }

  at::Tensor encoded(const at::Tensor& values, GgmlType type, const std::string& name) const {
    if (type == GgmlType::kF32) return values;
    if (type == GgmlType::kBF16) return values.to(at::kBFloat16);
    if (type == GgmlType::kF16) {
      const at::Tensor half = values.to(at::kHalf);
      RIFT_REQUIRE(half.isfinite().all().item<bool>(), Code::kArtefact,
                   "tensor '{}': values beyond what F16 can hold; write bf16 or f32", name);
      return half;
    }
    RIFT_CHECK(type == GgmlType::kQ8_0);
    const format::GgmlTypeInfo& info = format::ggml_type_info(type);
    at::Tensor blocks = at::empty({values.numel() / info.block_elements * info.block_bytes}, at::kByte);
    format::quantize_q8_0({values.const_data_ptr<float>(), static_cast<size_t>(values.numel())},
                          {static_cast<std::byte*>(blocks.data_ptr()), static_cast<size_t>(blocks.nbytes())});
    return blocks;
  }

  /// Of rope_scaling "llama3", see gguf_rope_scaling().
  void add_rope_divisors() {
    const Json* scaling = model_.config.find("rope_scaling");
    const Json* type = scaling == nullptr ? nullptr : scaling->find("rope_type");
    if (type == nullptr || *type != Json("llama3")) return;
    const int64_t width = model_.config.at("hidden_size").as_int();
    const Json* head = model_.config.find("head_dim");
    RotaryPositions rotary;
    rotary.head_width = head != nullptr && head->is_integer()
                            ? head->as_int()
                            : width / model_.config.at("num_attention_heads").as_int();
    if (const Json* theta = model_.config.find("rope_theta")) rotary.theta = theta->as_double();
    std::vector<float> divisors = llama3_rope_divisors(*scaling, rotary);
    const auto count = static_cast<int64_t>(divisors.size());
    parts_.push_back({"rope_freqs.weight", GgmlType::kF32, {count}, at::from_blob(divisors.data(), {count}).clone()});
  }

  const HfDirectory& model_;
  const GgufWriteOptions& options_;
  const GgufArchitecture& architecture_;
  std::unique_ptr<const format::TensorArchive> weights_;
  std::vector<Part> parts_;
};

}  // namespace

void require_decoder_of_gguf(const HfDirectory& model) { decoder_of(model); }

void write_gguf_model(const fs::path& path, const HfDirectory& model, const GgufWriteOptions& options) {
  const fs::path unchecked = path.string() + ".part";
  std::error_code ignored;
  try {
    Writer(model, options).write(unchecked);
    fs::rename(unchecked, path);
  } catch (...) {
    fs::remove(unchecked, ignored);
    throw;
  }
}

}  // namespace rift::checkpoint
