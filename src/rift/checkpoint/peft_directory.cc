#include "rift/checkpoint/peft_directory.h"

#include <algorithm>
#include <map>
#include <string_view>

#include "rift/base/error.h"
#include "rift/base/files.h"
#include "rift/base/json.h"

namespace rift::checkpoint {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kConfigFile = "adapter_config.json";
constexpr std::string_view kWeightsFile = "adapter_model.safetensors";
constexpr std::string_view kOlderFile = "adapter_model.bin";
constexpr std::string_view kWrapper = "base_model.model.";  // PeftModel > LoraModel > the model
constexpr std::string_view kPromptWrapper = "base_model.";  // PeftModel > the model
constexpr std::string_view kVirtualTokens = "prompt_embeddings";
constexpr std::string_view kSuffixA = ".lora_A.weight";
constexpr std::string_view kSuffixB = ".lora_B.weight";
constexpr std::string_view kSuffixLengths = ".lora_magnitude_vector";  // PEFT before 0.12 had ".weight" behind it
constexpr std::string_view kSuffixScale = ".ia3_l";
constexpr std::string_view kNormPart = ".ln_tuning_layers.";  // between a norm's name and "weight" or "bias"
constexpr int64_t kMaxConfigBytes = int64_t{4} << 20;

std::string_view without_suffix(std::string_view text, std::string_view suffix) {
  return text.substr(0, text.size() - suffix.size());
}

/// AutoModel's modules have no "bert." before them; the head of rift has a name of its own.
std::string canonical_name(std::string_view name, PeftTask task, const ModelLayout& layout) {
  const bool bare =
      task != PeftTask::kSequenceClassification && !name.starts_with(layout.base_prefix) && !is_of_head(layout, name);
  return (bare ? layout.base_prefix : "") + std::string(name);
}

std::string_view wrapper_of(PeftKind kind) { return has_virtual_tokens(kind) ? kPromptWrapper : kWrapper; }

std::string file_name(std::string_view canonical, const PeftConfig& config, const ModelLayout& layout) {
  if (config.task == PeftTask::kFeatureExtraction && canonical.starts_with(layout.base_prefix)) {
    canonical.remove_prefix(layout.base_prefix.size());
  }
  return std::string(wrapper_of(config.kind)) + std::string(canonical);
}

/// Of prompt and prefix.
std::vector<int64_t> virtual_tokens_shape(const PeftConfig& config) {
  const PeftVirtualTokens& tokens = config.virtual_tokens;
  return {tokens.tokens, tokens.token_dim * (config.kind == PeftKind::kPrefix ? 2 * tokens.layers : 1)};
}

/// "bert.pooler.dense.weight" belongs to the saved module "pooler": some module above it has that name.
bool is_saved(const std::vector<std::string>& modules, std::string_view name) {
  for (size_t dot = name.rfind('.'); dot != std::string_view::npos && dot > 0; dot = name.rfind('.', dot - 1)) {
    if (PeftConfig::names_module(modules, name.substr(0, dot))) return true;
  }
  return false;
}

bool is_of_linear_map(const LoraPair& pair, int64_t rank) {
  return pair.a.dim() == 2 && pair.b.dim() == 2 && pair.a.size(0) == rank && pair.b.size(1) == rank;
}

bool is_of_convolution(const LoraPair& pair, int64_t rank) {
  return pair.a.dim() == 4 && pair.b.dim() == 4 && pair.a.size(0) == rank && pair.b.size(1) == rank &&
         pair.b.size(2) == 1 && pair.b.size(3) == 1;
}

/// Why a pair cannot be what the config describes; empty when it can.
std::string fault(const LoraPair& pair, const PeftConfig& config) {
  if (!pair.a.defined() || !pair.b.defined())
    return fmt::format("{} is missing", pair.a.defined() ? "lora_B" : "lora_A");
  if (!is_of_linear_map(pair, config.rank) && !is_of_convolution(pair, config.rank)) {
    return fmt::format(
        "expected lora_A [{0},in] and lora_B [out,{0}] (r of {1}), of a convolution [{0},in,k,k] and "
        "[out,{0},1,1], got {2} and {3}",
        config.rank, kConfigFile, format::shape_text(pair.a.sizes()), format::shape_text(pair.b.sizes()));
  }
  if (pair.lengths.defined() != config.dora) {
    return config.dora ? "lora_magnitude_vector is missing" : "use_dora is off and there is a lora_magnitude_vector";
  }
  if (config.dora && pair.lengths.numel() != pair.b.size(0)) {
    return fmt::format("expected a lora_magnitude_vector of {} numbers, got {}", pair.b.size(0), pair.lengths.numel());
  }
  if (!PeftConfig::names_module(config.target_modules, pair.module)) return "target_modules does not name it";
  return "";
}

/// The shape that PEFT gives a scale: a column beside a linear map's output, a row beside its input, a channel's place
/// of an image beside a convolution, whose weight the layout has in four dimensions.
at::Tensor in_peft_shape(const ScaleVector& scale, const PeftConfig& config, bool of_convolution) {
  if (of_convolution) return scale.values.view({1, -1, 1, 1});
  const bool by_input = PeftConfig::names_module(config.feed_forward, scale.module);
  return by_input ? scale.values.view({1, -1}) : scale.values.view({-1, 1});
}

bool is_convolution(const ModelLayout& layout, const std::string& module) {
  const auto found = std::ranges::find(layout.encoder, module + ".weight", &NamedShape::name);
  return found != layout.encoder.end() && found->shape.size() == 4;
}

/// "X.ln_tuning_layers.weight" is the weight of the norm X.
std::string norm_name(std::string_view name) {
  const size_t place = name.rfind(kNormPart);
  return fmt::format("{}.{}", name.substr(0, place), name.substr(place + kNormPart.size()));
}

std::string module_of(std::string_view name) { return std::string(name.substr(0, name.rfind('.'))); }

/// Collects the tensors of adapter_model.safetensors or adapter_model.bin.
class AdapterReader {
 public:
  AdapterReader(const format::TensorArchive& file, PeftConfig config, const ModelLayout& layout)
      : file_(file), layout_(layout) {
    adapter_.config = std::move(config);
  }

  PeftAdapter read() {
    for (const auto& tensor : file_.tensors()) add(tensor);
    const bool any = !pairs_.empty() || !adapter_.scales.empty() || !adapter_.norms.empty();
    const bool virtual_only = has_virtual_tokens(adapter_.config.kind);
    RIFT_REQUIRE(virtual_only ? adapter_.virtual_tokens.defined() : any || !adapter_.saved.empty(), Code::kArtefact,
                 "{}: there is no adapter in it", file_.file_name());
    std::ranges::sort(adapter_.scales, {}, &ScaleVector::module);
    for (auto& [module, pair] : pairs_) {
      const std::string why = fault(pair, adapter_.config);
      RIFT_REQUIRE(why.empty(), Code::kArtefact, "{}: adapter of '{}': {}", file_.file_name(), module, why);
      adapter_.pairs.push_back(std::move(pair));
    }
    return std::move(adapter_);
  }

 private:
  void add(const format::TensorInfo& tensor) {
    const std::string_view wrapper = wrapper_of(adapter_.config.kind);
    const bool is_virtual = has_virtual_tokens(adapter_.config.kind) && tensor.name == kVirtualTokens;
    RIFT_REQUIRE(is_virtual || tensor.name.starts_with(wrapper), Code::kArtefact,
                 "{}: tensor '{}': expected a name that starts with '{}'", file_.file_name(), tensor.name, wrapper);
    RIFT_REQUIRE(format::is_floating(tensor.dtype), Code::kArtefact,
                 "{}: tensor '{}': expected floating numbers, got {}", file_.file_name(), tensor.name,
                 format::dtype_name(tensor.dtype));
    if (is_virtual) return add_virtual_tokens(tensor);
    const std::string name =
        canonical_name(std::string_view(tensor.name).substr(wrapper.size()), adapter_.config.task, layout_);
    if (adapter_.config.kind == PeftKind::kLora && add_of_pair(tensor, name)) return;
    if (adapter_.config.kind == PeftKind::kIa3 && name.ends_with(kSuffixScale)) {
      return add_scale(tensor, without_suffix(name, kSuffixScale));
    }
    if (adapter_.config.kind == PeftKind::kNorm && name.find(kNormPart) != std::string::npos) {
      const std::string canonical = norm_name(name);
      require_target(module_of(canonical), tensor);
      adapter_.norms.emplace(canonical, values(tensor));
      return;
    }
    RIFT_REQUIRE(name.find(".lora_") == std::string::npos, Code::kUnsupported,
                 "{}: tensor '{}': this build reads lora_A, lora_B and lora_magnitude_vector of linear maps only",
                 file_.file_name(), tensor.name);
    RIFT_REQUIRE(is_saved(adapter_.config.modules_to_save, name), Code::kArtefact,
                 "{}: tensor '{}': modules_to_save of {} does not name its module", file_.file_name(), tensor.name,
                 kConfigFile);
    adapter_.saved.emplace(name, values(tensor));
  }

  /// Whether it is part of an update of low rank.
  bool add_of_pair(const format::TensorInfo& tensor, std::string_view name) {
    const std::string_view stem = name.ends_with(".weight") ? without_suffix(name, ".weight") : name;
    if (name.ends_with(kSuffixA)) {
      pair_of(without_suffix(name, kSuffixA)).a = values(tensor);
    } else if (name.ends_with(kSuffixB)) {
      pair_of(without_suffix(name, kSuffixB)).b = values(tensor);
    } else if (stem.ends_with(kSuffixLengths)) {
      pair_of(without_suffix(stem, kSuffixLengths)).lengths = values(tensor).flatten();
    } else {
      return false;
    }
    return true;
  }

  void add_virtual_tokens(const format::TensorInfo& tensor) {
    const std::vector<int64_t> expected = virtual_tokens_shape(adapter_.config);
    RIFT_REQUIRE(tensor.shape == expected, Code::kArtefact, "{}: tensor '{}': expected {}, got {}", file_.file_name(),
                 tensor.name, format::shape_text(expected), format::shape_text(tensor.shape));
    adapter_.virtual_tokens = values(tensor);
  }

  void add_scale(const format::TensorInfo& tensor, std::string_view module) {
    require_target(module, tensor);
    ScaleVector scale{std::string(module), values(tensor).flatten()};
    const auto expected = in_peft_shape(scale, adapter_.config, is_convolution(layout_, scale.module)).sizes().vec();
    RIFT_REQUIRE(tensor.shape == expected, Code::kArtefact, "{}: tensor '{}': expected {}, got {}", file_.file_name(),
                 tensor.name, format::shape_text(expected), format::shape_text(tensor.shape));
    adapter_.scales.push_back(std::move(scale));
  }

  void require_target(std::string_view module, const format::TensorInfo& tensor) const {
    RIFT_REQUIRE(PeftConfig::names_module(adapter_.config.target_modules, module), Code::kArtefact,
                 "{}: tensor '{}': target_modules of {} does not name its module", file_.file_name(), tensor.name,
                 kConfigFile);
  }

  LoraPair& pair_of(std::string_view module) {
    LoraPair& pair = pairs_[std::string(module)];
    pair.module = module;
    return pair;
  }

  at::Tensor values(const format::TensorInfo& tensor) const {
    return read_tensor(file_, tensor, {.floats_as_f32 = true});
  }

  const format::TensorArchive& file_;
  const ModelLayout& layout_;
  PeftAdapter adapter_;
  std::map<std::string, LoraPair> pairs_;
};

/// peft before 0.6 wrote adapter_model.bin.
fs::path adapter_weights(const fs::path& directory) {
  std::error_code ignored;
  const bool older = !fs::exists(directory / kWeightsFile, ignored) && fs::exists(directory / kOlderFile, ignored);
  return directory / (older ? kOlderFile : kWeightsFile);
}

}  // namespace

PeftAdapter read_peft_directory(const fs::path& directory, const ModelLayout& layout) {
  const fs::path path = directory / kConfigFile;
  const Json json = read_json(path, {.max_depth = 16, .max_values = 100'000, .max_bytes = kMaxConfigBytes});
  PeftConfig config = read_peft_config(json, path.string());
  const auto file = open_archive(adapter_weights(directory));
  return AdapterReader(*file, std::move(config), layout).read();
}

void write_peft_directory(const fs::path& directory, const PeftAdapter& adapter, const ModelLayout& layout) {
  TensorMap tensors;
  const auto& config = adapter.config;
  const auto add = [&](const std::string& name, std::string_view suffix, const at::Tensor& tensor) {
    tensors.emplace(file_name(name, config, layout) + std::string(suffix), tensor);
  };
  for (const auto& pair : adapter.pairs) {
    const std::string why = fault(pair, config);
    RIFT_REQUIRE(why.empty(), Code::kBug, "adapter of '{}': {}", pair.module, why);
    add(pair.module, kSuffixA, pair.a);
    add(pair.module, kSuffixB, pair.b);
    if (config.dora) add(pair.module, kSuffixLengths, pair.lengths);
  }
  for (const auto& scale : adapter.scales) {
    add(scale.module, kSuffixScale, in_peft_shape(scale, config, is_convolution(layout, scale.module)));
  }
  for (const auto& [name, tensor] : adapter.norms) {
    const std::string module = module_of(name);
    add(module, fmt::format("{}{}", kNormPart, name.substr(module.size() + 1)), tensor);
  }
  if (has_virtual_tokens(config.kind)) {
    RIFT_CHECK(adapter.virtual_tokens.sizes() == at::IntArrayRef(virtual_tokens_shape(config)));
    tensors.emplace(kVirtualTokens, adapter.virtual_tokens);
  }
  for (const auto& [name, tensor] : adapter.saved) {
    RIFT_REQUIRE(is_saved(config.modules_to_save, name), Code::kBug, "'{}': modules_to_save does not name its module",
                 name);
    add(name, "", tensor);
  }
  const auto is_transposed = [&](const auto& of_map) { return layout.transposed_in_files(of_map.module + ".weight"); };
  PeftConfig written = config;
  written.fan_in_fan_out =
      std::ranges::any_of(adapter.pairs, is_transposed) || std::ranges::any_of(adapter.scales, is_transposed);
  write_file_atomic(directory / kConfigFile, to_json_text(peft_config_json(written), 2));
  write_tensors(directory / kWeightsFile, tensors);
}

}  // namespace rift::checkpoint
