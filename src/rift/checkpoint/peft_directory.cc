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
constexpr std::string_view kSuffixA = ".lora_A.weight";
constexpr std::string_view kSuffixB = ".lora_B.weight";
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

std::string file_name(std::string_view canonical, PeftTask task, const ModelLayout& layout) {
  if (task == PeftTask::kFeatureExtraction && canonical.starts_with(layout.base_prefix)) {
    canonical.remove_prefix(layout.base_prefix.size());
  }
  return std::string(kWrapper) + std::string(canonical);
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
  if (!PeftConfig::names_module(config.target_modules, pair.module)) return "target_modules does not name it";
  return "";
}

/// Collects the tensors of adapter_model.safetensors or adapter_model.bin.
class AdapterReader {
 public:
  AdapterReader(const format::TensorArchive& file, PeftConfig config, const ModelLayout& layout)
      : file_(file), layout_(layout) {
    adapter_.config = std::move(config);
  }

  PeftAdapter read() {
    for (const auto& tensor : file_.tensors()) add(tensor);
    const bool any_pair = !pairs_.empty();
    RIFT_REQUIRE(any_pair || !adapter_.saved.empty(), Code::kArtefact, "{}: there is no adapter in it",
                 file_.file_name());
    for (auto& [module, pair] : pairs_) {
      const std::string why = fault(pair, adapter_.config);
      RIFT_REQUIRE(why.empty(), Code::kArtefact, "{}: adapter of '{}': {}", file_.file_name(), module, why);
      adapter_.pairs.push_back(std::move(pair));
    }
    return std::move(adapter_);
  }

 private:
  void add(const format::TensorInfo& tensor) {
    RIFT_REQUIRE(tensor.name.starts_with(kWrapper), Code::kArtefact,
                 "{}: tensor '{}': expected a name that starts with '{}'", file_.file_name(), tensor.name, kWrapper);
    RIFT_REQUIRE(format::is_floating(tensor.dtype), Code::kArtefact,
                 "{}: tensor '{}': expected floating numbers, got {}", file_.file_name(), tensor.name,
                 format::dtype_name(tensor.dtype));
    const std::string name =
        canonical_name(std::string_view(tensor.name).substr(kWrapper.size()), adapter_.config.task, layout_);
    if (name.ends_with(kSuffixA)) {
      pair_of(without_suffix(name, kSuffixA)).a = values(tensor);
    } else if (name.ends_with(kSuffixB)) {
      pair_of(without_suffix(name, kSuffixB)).b = values(tensor);
    } else {
      RIFT_REQUIRE(name.find(".lora_") == std::string::npos, Code::kUnsupported,
                   "{}: tensor '{}': this build reads lora_A and lora_B of linear maps only", file_.file_name(),
                   tensor.name);
      RIFT_REQUIRE(is_saved(adapter_.config.modules_to_save, name), Code::kArtefact,
                   "{}: tensor '{}': modules_to_save of {} does not name its module", file_.file_name(), tensor.name,
                   kConfigFile);
      adapter_.saved.emplace(name, values(tensor));
    }
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
  const PeftTask task = adapter.config.task;
  for (const auto& pair : adapter.pairs) {
    const std::string why = fault(pair, adapter.config);
    RIFT_REQUIRE(why.empty(), Code::kBug, "adapter of '{}': {}", pair.module, why);
    tensors.emplace(file_name(pair.module, task, layout) + std::string(kSuffixA), pair.a);
    tensors.emplace(file_name(pair.module, task, layout) + std::string(kSuffixB), pair.b);
  }
  for (const auto& [name, tensor] : adapter.saved) {
    RIFT_REQUIRE(is_saved(adapter.config.modules_to_save, name), Code::kBug,
                 "'{}': modules_to_save does not name its module", name);
    tensors.emplace(file_name(name, task, layout), tensor);
  }
  PeftConfig config = adapter.config;
  config.fan_in_fan_out = std::ranges::any_of(
      adapter.pairs, [&](const LoraPair& pair) { return layout.transposed_in_files(pair.module + ".weight"); });
  write_file_atomic(directory / kConfigFile, to_json_text(peft_config_json(config), 2));
  write_tensors(directory / kWeightsFile, tensors);
}

}  // namespace rift::checkpoint
