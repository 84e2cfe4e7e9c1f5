#include "rift/checkpoint/gguf/write.h"

#include <ATen/core/Tensor.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/from_blob.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <set>

#include "rift/base/error.h"
#include "rift/base/interrupt.h"
#include "rift/base/log.h"
#include "rift/base/progress.h"
#include "rift/base/staged_file.h"
#include "rift/checkpoint/archive.h"
#include "rift/checkpoint/format/tensor_writers.h"
#include "rift/checkpoint/gguf/metadata.h"
#include "rift/checkpoint/gguf/model.h"
#include "rift/checkpoint/gguf/rope_scaling.h"
#include "rift/checkpoint/tensor_file.h"

namespace rift::checkpoint {
namespace {

namespace fs = std::filesystem;
using format::GgmlType;
using format::GgufKind;

constexpr std::string_view kLanguageHead = "lm_head.weight";
constexpr std::array<std::string_view, 3> kHeads = {"score.", "classifier.", "pooler."};
constexpr std::array<std::string_view, 3> kBuffers = {".rotary_emb.inv_freq", ".attn.bias", ".attn.masked_bias"};

GgmlType type_of(FloatType type) {
  switch (type) {
    case FloatType::kF32:
      return GgmlType::kF32;
    case FloatType::kF16:
      return GgmlType::kF16;
    case FloatType::kBF16:
      return GgmlType::kBF16;
    case FloatType::kQ8_0:
      return GgmlType::kQ8_0;
  }
  RIFT_FAIL(Code::kBug, "float type without a type of GGUF");
}

/// What all matrices of a file are stored as.
GgmlType stored_type(const format::TensorArchive& weights) {
  std::set<std::string> names;
  for (const format::TensorInfo& tensor : weights.tensors()) {
    const bool number = !tensor.stored_as.empty() || format::is_floating(tensor.dtype);
    if (tensor.shape.size() >= 2 && number) names.emplace(tensor.stored_name());
  }
  for (const GgmlType type : {GgmlType::kF32, GgmlType::kF16, GgmlType::kBF16, GgmlType::kQ8_0}) {
    if (names.size() == 1 && *names.begin() == format::ggml_type_info(type).name) return type;
  }
  RIFT_FAIL(Code::kConfig, "--dtype: the matrices of {} are {}; say what to write them as: f32, f16, bf16 or q8_0",
            weights.file_name(), fmt::join(names, ", "));
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

bool is_head(const std::string& name) {
  return std::ranges::any_of(kHeads, [&](std::string_view prefix) { return name.starts_with(prefix); });
}
bool is_buffer(const std::string& name) {
  return std::ranges::any_of(kBuffers, [&](std::string_view ending) { return name.ends_with(ending); });
}

constexpr int64_t kHeadBytes = int64_t{16} << 20;  // of metadata, in the question for free space

/// Lists what is to be written, then writes it one tensor after the other.
class Writer {
 public:
  Writer(const HfDirectory& model, const GgufWriteOptions& options)
      : options_(options),
        source_(model.config_path().string()),
        architecture_(require_decoder_of_gguf(model)),
        settings_(options.complete(model.config, source_)),
        weights_(open_weights(model)) {
    if (!options.language_head.empty()) language_head_ = open_archive(options.language_head);
    type_ = options.type ? type_of(*options.type) : stored_type(*weights_);
  }

  GgufWritten write(const fs::path& path) {
    const format::GgufMetadata metadata = this->metadata();  // first: it refuses settings out of range
    collect();
    std::vector<format::GgufTensorSpec> specs;
    GgufWritten written;
    for (const Part& part : parts_) {
      specs.push_back({part.name.name, part.type, part.shape});
      written.bytes += specs.back().size_bytes();
    }
    written.tensors = static_cast<int64_t>(specs.size());
    const fs::path parent = path.parent_path();
    require_free_space(parent.empty() ? "." : parent, written.bytes + kHeadBytes, "name another place by --out");
    Progress progress("writing GGUF", written.bytes, "bytes");
    at::Tensor current;
    const auto read = [&](size_t index) {
      throw_if_interrupted();
      current = encoded(parts_[index]);
      progress.advance(current.nbytes());
      return std::span(static_cast<const std::byte*>(current.const_data_ptr()), current.nbytes());
    };
    format::stream_gguf(path, metadata, specs, read, [&](const fs::path& file) {
      const Json config = GgufModel::open(file).config();
      require_same_settings(settings_, options_.complete(config, file.string()), source_);
    });
    return written;
  }

 private:
  struct Part {
    GgufTensorName name;
    GgmlType type = GgmlType::kF32;
    std::vector<int64_t> shape;                      // in the file
    const format::TensorArchive* archive = nullptr;  // that `source` is of
    const format::TensorInfo* source = nullptr;      // else `made`
    at::Tensor made = {};
  };

  format::GgufMetadata metadata() const {
    const auto text = [](const std::string& value) { return format::GgufValue{GgufKind::kText, value}; };
    format::GgufMetadata all = {{"general.architecture", text(std::string(architecture_.name))},
                                {"general.type", text("model")}};
    if (!options_.name.empty()) all.emplace_back("general.name", text(options_.name));
    if (!options_.licence.empty()) all.emplace_back("general.license", text(options_.licence));
    all.emplace_back("general.file_type", format::GgufValue{GgufKind::kU32, file_type(type_)});
    all.emplace_back("general.quantization_version", format::GgufValue{GgufKind::kU32, uint64_t{2}});
    for (auto& entry : gguf_metadata(settings_, architecture_, source_)) {
      all.push_back(std::move(entry));
    }
    all.insert(all.end(), options_.tokenizer.begin(), options_.tokenizer.end());
    return all;
  }

  void collect() {
    std::vector<std::pair<const format::TensorArchive*, const format::TensorInfo*>> tensors;
    std::vector<std::string> names;
    for (const auto* archive : {weights_.get(), language_head_.get()}) {
      if (archive == nullptr) continue;
      for (const format::TensorInfo& tensor : archive->tensors()) {
        tensors.emplace_back(archive, &tensor);
        names.push_back(tensor.name);
      }
    }
    const auto known = gguf_names(names, settings_, architecture_, weights_->file_name());
    std::vector<std::string> left_behind;
    for (size_t i = 0; i < names.size(); ++i) {
      if (known[i]) add(*known[i], *tensors[i].first, *tensors[i].second);
      if (is_head(names[i])) left_behind.push_back(names[i]);
    }
    add_rope_divisors();
    if (!left_behind.empty()) log_info("GGUF has no place for the head", {{"left_behind", Json(left_behind)}});
  }

  int64_t heads_of(std::string_view gguf_name) const {
    const bool of_keys = gguf_name.find(".attn_k.") != std::string_view::npos;
    return settings_.at(of_keys ? "num_key_value_heads" : "num_attention_heads").as_int();
  }

  /// Refuses a shape that the name's change cannot be made to; gives that of the file.
  std::vector<int64_t> changed_shape(const format::TensorInfo& tensor, const GgufTensorName& name) const {
    std::vector<int64_t> shape = tensor.shape;
    const auto fits = [&](bool holds, std::string_view expected) {
      RIFT_REQUIRE(holds, Code::kArtefact, "{}: tensor '{}': expected {}, got {}", weights_->file_name(), tensor.name,
                   expected, format::shape_text(tensor.shape));
    };
    if (name.change == GgufChange::kTransposed) {
      fits(shape.size() == 2, "a matrix");
      std::swap(shape[0], shape[1]);
    } else if (name.change == GgufChange::kRotaryRows) {
      const int64_t heads = heads_of(name.name);
      fits(heads > 0 && !shape.empty() && shape[0] % (2 * heads) == 0, fmt::format("pairs of rows of {} heads", heads));
    }
    return shape;
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
    const int64_t half = values.size(0) / heads / 2;
    return values.reshape({heads, 2, half, -1}).transpose(1, 2).reshape(values.sizes()).contiguous();
  }

  GgmlType type_of_shape(const std::vector<int64_t>& shape) const {
    if (shape.size() < 2) return GgmlType::kF32;
    const bool whole_blocks = shape.back() % format::ggml_type_info(type_).block_elements == 0;
    return whole_blocks ? type_ : GgmlType::kF16;
  }

  void add(const GgufTensorName& name, const format::TensorArchive& archive, const format::TensorInfo& tensor) {
    std::vector<int64_t> shape = changed_shape(tensor, name);
    const GgmlType type = type_of_shape(shape);
    parts_.push_back({name, type, std::move(shape), &archive, &tensor});
  }

  /// In the form of the file.
  at::Tensor encoded(const Part& part) const {
    if (part.source == nullptr) return part.made;
    const at::Tensor values = changed(read_tensor(*part.archive, *part.source, {.floats_as_f32 = true}), part.name);
    if (part.type == GgmlType::kF32) return values.to(at::kFloat);
    if (part.type == GgmlType::kBF16) return values.to(at::kBFloat16);
    if (part.type == GgmlType::kF16) {
      const at::Tensor half = values.to(at::kHalf);
      RIFT_REQUIRE(half.isfinite().all().item<bool>(), Code::kArtefact,
                   "{}: tensor '{}': values beyond what F16 can hold; write bf16 or f32", weights_->file_name(),
                   part.source->name);
      return half;
    }
    RIFT_CHECK(part.type == GgmlType::kQ8_0);
    const format::GgmlTypeInfo& info = format::ggml_type_info(part.type);
    at::Tensor blocks = at::empty({values.numel() / info.block_elements * info.block_bytes}, at::kByte);
    const std::span<const float> floats(values.const_data_ptr<float>(), static_cast<size_t>(values.numel()));
    RIFT_REQUIRE(format::fits_q8_0(floats), Code::kArtefact,
                 "{}: tensor '{}': values beyond what Q8_0 can hold; write bf16 or f32", weights_->file_name(),
                 part.source->name);
    format::quantize_q8_0(floats, {static_cast<std::byte*>(blocks.data_ptr()), static_cast<size_t>(blocks.nbytes())});
    return blocks;
  }

  /// Of rope_scaling "llama3", see gguf_rope_scaling().
  void add_rope_divisors() {
    const Json* scaling = settings_.find("rope_scaling");
    if (scaling == nullptr || rope_scaling_type(*scaling) != kLlama3Rope) return;
    std::vector<float> divisors = llama3_rope_divisors(*scaling, rotary_positions(settings_));
    const auto count = static_cast<int64_t>(divisors.size());
    parts_.push_back(
        {.name = {"rope_freqs.weight"}, .shape = {count}, .made = at::from_blob(divisors.data(), {count}).clone()});
  }

  const GgufWriteOptions& options_;
  std::string source_;  // names config.json
  const GgufArchitecture& architecture_;
  Json settings_;  // none left out
  std::unique_ptr<const format::TensorArchive> weights_, language_head_;
  GgmlType type_ = GgmlType::kF32;  // of matrices
  std::vector<Part> parts_;
};

}  // namespace

const GgufArchitecture& require_decoder_of_gguf(const HfDirectory& model) {
  const GgufArchitecture* architecture = gguf_architecture_of(model.model_type());
  RIFT_REQUIRE(architecture != nullptr && architecture->name != "bert", Code::kUnsupported,
               "{}: a model of type '{}' is not written as GGUF, which is for decoders (llama, mistral, qwen2, qwen3, "
               "gemma3_text, gpt2); safetensors hold it: rift models convert --to safetensors, of a package rift "
               "export --format hf",
               model.config_path().string(), shorten(model.model_type()));
  return *architecture;
}

std::vector<std::optional<GgufTensorName>> gguf_names(std::span<const std::string> tensors, const Json& settings,
                                                      const GgufArchitecture& architecture, std::string_view source) {
  const bool tied = settings.at("tie_word_embeddings").as_bool();
  const std::string_view base = architecture.layers.substr(0, architecture.layers.find('.') + 1);
  const auto name_of_tensor = [&](const std::string& name) {
    if (auto found = gguf_tensor_name(architecture, name)) return found;
    return gguf_tensor_name(architecture, std::string(base) + name);
  };
  std::vector<std::optional<GgufTensorName>> names;
  for (const std::string& tensor : tensors) {
    names.emplace_back();
    if (is_head(tensor) || is_buffer(tensor) || (tied && tensor == kLanguageHead)) continue;
    names.back() = name_of_tensor(tensor);
    RIFT_REQUIRE(names.back(), Code::kUnsupported, "{}: tensor '{}' has no name in GGUF's architecture '{}'", source,
                 tensor, architecture.name);
  }
  RIFT_REQUIRE(
      tied || std::ranges::find(tensors, kLanguageHead) != tensors.end(), Code::kArtefact,
      "{}: there is no {}, and tie_word_embeddings is false: a GGUF file of a decoder cannot do without what says the "
      "next token; name a directory of the language model (...ForCausalLM), or train the package again from such a "
      "one: "
      "it keeps that head now",
      source, kLanguageHead);
  return names;
}

GgufWritten write_gguf_model(const fs::path& path, const HfDirectory& model, const GgufWriteOptions& options) {
  return Writer(model, options).write(path);
}

}  // namespace rift::checkpoint
