#include "rift/checkpoint/convert.h"

#include <ATen/core/Tensor.h>

#include <algorithm>
#include <map>

#include "rift/base/error.h"
#include "rift/base/files.h"
#include "rift/base/interrupt.h"
#include "rift/base/places.h"
#include "rift/base/progress.h"
#include "rift/base/staged_file.h"
#include "rift/checkpoint/archive.h"
#include "rift/checkpoint/format/finite.h"
#include "rift/checkpoint/format/safetensors.h"
#include "rift/checkpoint/format/tensor_writers.h"
#include "rift/checkpoint/format/torch_file.h"
#include "rift/checkpoint/hf_directory.h"
#include "rift/checkpoint/licence.h"
#include "rift/checkpoint/links.h"
#include "rift/checkpoint/model_files.h"
#include "rift/checkpoint/tensor_file.h"

namespace rift::checkpoint {
namespace {

namespace fs = std::filesystem;

constexpr int64_t kMaxShardBytes = 5'000'000'000;
constexpr int64_t kHeadBytes = int64_t{4} << 20;  // of headers, index and small files, in the question for free space

format::DType dtype_of(FloatType type) {
  switch (type) {
    case FloatType::kF32:
      return format::DType::kF32;
    case FloatType::kF16:
      return format::DType::kF16;
    case FloatType::kBF16:
      return format::DType::kBF16;
    case FloatType::kQ8_0:
      break;  // refused by check_forms()
  }
  RIFT_FAIL(Code::kBug, "float type without an element type");
}

/// As transformers spells it in config.json.
std::string_view config_dtype(FloatType type) {
  switch (type) {
    case FloatType::kF32:
      return "float32";
    case FloatType::kF16:
      return "float16";
    case FloatType::kBF16:
      return "bfloat16";
    case FloatType::kQ8_0:
      break;
  }
  RIFT_FAIL(Code::kBug, "float type without a name in config.json");
}

/// "model" and ".safetensors", as transformers calls files of weights.
struct FileName {
  std::string_view stem;
  std::string_view ending;
};
FileName file_name_of(WeightsFormat format) {
  switch (format) {
    case WeightsFormat::kSafetensors:
      return {"model", ".safetensors"};
    case WeightsFormat::kTorch:
      return {"pytorch_model", ".bin"};
    case WeightsFormat::kGguf:
      return {"model", ".gguf"};
  }
  RIFT_FAIL(Code::kBug, "format without a file");
}

/// The tensors of an archive as they are to be written, one at a time.
class TensorsToWrite {
 public:
  TensorsToWrite(const format::TensorArchive& archive, std::optional<FloatType> dtype) : archive_(archive) {
    for (const format::TensorInfo& tensor : archive.tensors()) {
      const bool changes = dtype && format::is_floating(tensor.dtype);
      specs_.push_back({tensor.name, changes ? dtype_of(*dtype) : tensor.dtype, tensor.shape});
      total_bytes_ += specs_.back().size_bytes();
    }
  }

  const std::vector<format::TensorSpec>& specs() const { return specs_; }
  int64_t total_bytes() const { return total_bytes_; }

  std::span<const std::byte> read(size_t index) {
    throw_if_interrupted();
    const format::TensorSpec& spec = specs_[index];
    current_ = read_tensor(archive_, archive_.tensors()[index]);
    if (current_.scalar_type() != scalar_type(spec.dtype)) current_ = current_.to(scalar_type(spec.dtype));
    const std::span<const std::byte> bytes(static_cast<const std::byte*>(current_.data_ptr()),
                                           static_cast<size_t>(current_.nbytes()));
    RIFT_REQUIRE(format::count_not_finite(spec.dtype, bytes) == 0, Code::kArtefact,
                 "{}: tensor '{}' has values that {} cannot hold; convert to bf16 or f32 instead", archive_.file_name(),
                 spec.name, format::dtype_name(spec.dtype));
    return bytes;
  }

 private:
  const format::TensorArchive& archive_;
  std::vector<format::TensorSpec> specs_;
  int64_t total_bytes_ = 0;
  at::Tensor current_;
};

/// What can be read again is what was to be written.
void check_written(const format::TensorArchive& written, std::span<const format::TensorSpec> specs) {
  RIFT_CHECK(written.tensors().size() == specs.size());
  for (const format::TensorSpec& spec : specs) {
    const format::TensorInfo* tensor = written.find(spec.name);
    RIFT_CHECK(tensor != nullptr && tensor->dtype == spec.dtype && tensor->shape == spec.shape);
  }
}

/// Writes tensors of some places into one file, which is there only when it can be read again.
void write_weights(const fs::path& file, WeightsFormat format, TensorsToWrite& tensors,
                   const std::vector<size_t>& places, Progress& progress) {
  std::vector<format::TensorSpec> specs;
  for (const size_t place : places) specs.push_back(tensors.specs()[place]);
  const format::TensorReader read = [&](size_t index) {
    const auto bytes = tensors.read(places[index]);
    progress.advance(static_cast<int64_t>(bytes.size()));
    return bytes;
  };
  if (format == WeightsFormat::kTorch) {
    format::stream_torch_file(file, specs, read, [&](const fs::path& written) {
      check_written(format::TorchFile(std::make_unique<format::FileBytes>(written)), specs);
    });
  } else {
    format::stream_safetensors(file, specs, {{"format", "pt"}}, read, [&](const fs::path& written) {
      check_written(format::Safetensors(std::make_unique<format::FileBytes>(written)), specs);
    });
  }
}

/// Which tensors go into which file: in their order, a new file where the one before would pass the limit.
std::vector<std::vector<size_t>> shards_of(const TensorsToWrite& tensors, int64_t max_bytes) {
  std::vector<std::vector<size_t>> shards(1);
  int64_t held = 0;
  for (size_t i = 0; i < tensors.specs().size(); ++i) {
    const int64_t size = tensors.specs()[i].size_bytes();
    if (!shards.back().empty() && size > max_bytes - std::min(held, max_bytes)) {
      shards.emplace_back();
      held = 0;
    }
    shards.back().push_back(i);
    held += size;
  }
  return shards;
}

void write_index(const fs::path& file, const TensorsToWrite& tensors, const std::map<std::string, std::string>& files) {
  Json map = Json::object();
  for (const auto& [name, shard] : files) map.as_object().push_back({name, shard});
  const Json index{{"metadata", Json{{"total_size", tensors.total_bytes()}}}, {"weight_map", std::move(map)}};
  write_file_atomic(file, to_json_text(index, 2) + "\n");
}

/// Writes the weights of a directory; names of what was written, that which they are opened with first.
std::vector<std::string> write_shards(const fs::path& directory, const ConvertSpec& spec, TensorsToWrite& tensors) {
  const auto [stem, ending] = file_name_of(spec.to);
  const auto shards = shards_of(tensors, spec.max_shard_bytes.value_or(kMaxShardBytes));
  Progress progress("converting", tensors.total_bytes(), "bytes");
  const std::string whole = fmt::format("{}{}", stem, ending);
  if (shards.size() == 1) {
    write_weights(directory / whole, spec.to, tensors, shards[0], progress);
    return {whole};
  }
  std::vector<std::string> names = {whole + ".index.json"};
  std::map<std::string, std::string> file_of;
  for (size_t i = 0; i < shards.size(); ++i) {
    names.push_back(fmt::format("{}-{:05}-of-{:05}{}", stem, i + 1, shards.size(), ending));
    write_weights(directory / names.back(), spec.to, tensors, shards[i], progress);
    for (const size_t place : shards[i]) file_of[tensors.specs()[place].name] = names.back();
  }
  write_index(directory / names.front(), tensors, file_of);
  return names;
}

/// Files of the root and of its folders, relative.
std::vector<std::string> files_below(const fs::path& root) {
  std::vector<std::string> names;
  std::error_code ignored;
  const auto add = [&](const fs::path& folder) {
    for (const auto& entry : fs::directory_iterator(folder)) {
      // A link that leads nowhere is refused where it is needed, not passed over.
      const bool is_broken = entry.is_symlink(ignored) && !entry.exists(ignored);
      if (is_broken || entry.is_regular_file(ignored))
        names.push_back(entry.path().lexically_relative(root).generic_string());
    }
  };
  add(root);
  for (const auto& entry : fs::directory_iterator(root)) {
    if (entry.is_directory(ignored)) add(entry.path());
  }
  std::sort(names.begin(), names.end());
  return names;
}

/// Everything that lies beside the encoder's weights.
void copy_companions(const HfDirectory& source, const fs::path& target) {
  std::error_code ignored;
  if (!fs::is_directory(source.root, ignored)) return;
  const fs::path bounds = bounds_of_links(source.root);
  std::vector<std::string> left_out;
  for (const fs::path& file : archive_files(weights_file(source)))
    left_out.push_back(file.lexically_relative(source.root).generic_string());
  for (const std::string& name : needed_files(files_below(source.root))) {
    if (std::ranges::find(left_out, name) != left_out.end()) continue;
    require_inside(source.root / name, bounds);
    fs::create_directories((target / name).parent_path());
    fs::copy_file(source.root / name, target / name);
    fs::permissions(target / name, fs::perms::owner_write, fs::perm_options::add);  // caches may be read-only
  }
}

/// config.json where it says something new: the type of the elements, or what stood in a GGUF file.
void write_config(const HfDirectory& source, const fs::path& encoder, std::optional<FloatType> dtype) {
  if (!dtype && !source.config_is_of_gguf) return;
  Json config = source.config;
  const bool is_newer = config.contains("dtype") && !config.contains("torch_dtype");
  if (dtype) config[is_newer ? "dtype" : "torch_dtype"] = config_dtype(*dtype);
  write_file_atomic(encoder / "config.json", to_json_text(config, 2) + "\n");
}

/// What a GGUF file says of itself and no other file does: tokenizer and licence.
void write_what_gguf_says(const ConvertSpec& spec, const HfDirectory& source, const fs::path& target) {
  if (source.gguf.empty()) return;
  RIFT_CHECK(spec.write_gguf_tokenizer != nullptr);
  spec.write_gguf_tokenizer(source, target);
  const Licence licence = find_licence(source);
  std::error_code ignored;
  if (licence.name.empty() || fs::exists(target / "README.md", ignored)) return;
  write_file_atomic(target / "README.md", "---\n" + to_yaml_text(Json{{"license", licence.name}}) + "---\n");
}

/// What the form has no place for.
void check_forms(const ConvertSpec& spec) {
  const bool gguf = spec.to == WeightsFormat::kGguf;
  RIFT_REQUIRE(spec.max_shard_bytes.value_or(1) > 0, Code::kConfig, "--max-shard-bytes: expected at least 1, got {}",
               *spec.max_shard_bytes);
  RIFT_REQUIRE(!gguf || !spec.max_shard_bytes, Code::kConfig,
               "--max-shard-bytes: GGUF is written as one file; leave it out");
  RIFT_REQUIRE(gguf || spec.dtype != FloatType::kQ8_0, Code::kConfig,
               "--dtype q8_0: only --to gguf has such blocks; expected f32, f16 or bf16");
}

/// `out` is new and no part of what is read.
void check_places(const ConvertSpec& spec) {
  std::error_code error;
  RIFT_REQUIRE(fs::exists(spec.source, error), Code::kArtefact,
               "{}: is not there; expected a model directory or a file of weights", spec.source.string());
  RIFT_REQUIRE(!fs::exists(fs::symlink_status(spec.out, error)), Code::kConfig,
               "--out {}: it is there already; name a new {}", spec.out.string(),
               fs::is_directory(spec.source, error) && spec.to != WeightsFormat::kGguf ? "directory" : "file");
  const fs::path source = fs::canonical(spec.source, error), out = fs::weakly_canonical(spec.out, error);
  const auto parted = std::mismatch(source.begin(), source.end(), out.begin(), out.end()).first;
  RIFT_REQUIRE(parted != source.end(), Code::kConfig, "--out {}: lies inside of {}; name a place outside of it",
               spec.out.string(), spec.source.string());
}

ConvertResult convert_file(const ConvertSpec& spec) {
  const std::string_view ending = file_name_of(spec.to).ending;
  const std::string name = spec.out.filename().string();
  const bool fits =
      name.ends_with(ending) || (spec.to == WeightsFormat::kTorch && (name.ends_with(".pt") || name.ends_with(".pth")));
  RIFT_REQUIRE(fits, Code::kConfig, "--out {}: expected a name that ends with {}, because {} is one file of weights",
               spec.out.string(), ending, spec.source.string());
  RIFT_REQUIRE(!spec.max_shard_bytes, Code::kConfig,
               "--max-shard-bytes: shards come with an index in a model directory; {} is one file",
               spec.source.string());
  const auto archive = open_archive(spec.source);
  require_place_for(spec.out);
  TensorsToWrite tensors(*archive, spec.dtype);
  require_free_space(spec.out.parent_path().empty() ? "." : spec.out.parent_path(), tensors.total_bytes() + kHeadBytes,
                     "name another place by --out");
  std::vector<size_t> places(tensors.specs().size());
  for (size_t i = 0; i < places.size(); ++i) places[i] = i;
  Progress progress("converting", tensors.total_bytes(), "bytes");
  write_weights(spec.out, spec.to, tensors, places, progress);
  return {{name}, static_cast<int64_t>(places.size()), tensors.total_bytes()};
}

ConvertResult convert_to_gguf(const ConvertSpec& spec, const HfDirectory& source) {
  RIFT_REQUIRE(spec.out.extension() == ".gguf", Code::kConfig,
               "--out {}: expected a name that ends with .gguf, because GGUF is one file", spec.out.string());
  require_decoder_of_gguf(source);
  RIFT_CHECK(spec.describe_for_gguf != nullptr);
  require_place_for(spec.out);
  GgufWriteOptions options = spec.describe_for_gguf(source);
  options.type = spec.dtype;
  const GgufWritten written = write_gguf_model(spec.out, source, options);
  return {{spec.out.filename().string()}, written.tensors, written.bytes};
}

/// What is in `source`: a model, not the weights of one alone.
bool is_model(const ConvertSpec& spec) {
  std::error_code ignored;
  if (fs::is_directory(spec.source, ignored) || spec.source.extension() == ".gguf") return true;
  RIFT_REQUIRE(
      spec.to != WeightsFormat::kGguf, Code::kUnsupported,
      "{}: one file of weights, but a GGUF file also holds settings and tokenizer; name the directory that has "
      "config.json and the tokenizer beside them",
      spec.source.string());
  return false;
}

}  // namespace

ConvertResult convert_model(const ConvertSpec& spec) {
  check_forms(spec);
  check_places(spec);
  if (!is_model(spec)) return convert_file(spec);
  std::error_code ignored;
  RIFT_REQUIRE(!fs::exists(spec.source / "rift.json", ignored), Code::kUnsupported,
               "{}: is a package of rift, whose files belong together; rift export --format {}", spec.source.string(),
               spec.to == WeightsFormat::kGguf ? "gguf writes its decoder" : "hf gives its model first");
  const HfDirectory source = open_hf_directory(spec.source);
  if (spec.to == WeightsFormat::kGguf) return convert_to_gguf(spec, source);
  const auto archive = open_weights(source);
  TensorsToWrite tensors(*archive, spec.dtype);
  require_free_space(spec.out, tensors.total_bytes() + kHeadBytes, "name another place by --out");
  StagedDirectory stage(spec.out);
  const bool is_nested = source.encoder != source.root;
  const fs::path encoder = is_nested ? stage.path() / source.encoder.lexically_relative(source.root) : stage.path();
  copy_companions(source, stage.path());
  write_config(source, encoder, spec.dtype);
  write_what_gguf_says(spec, source, encoder);
  ConvertResult result{.weights = write_shards(encoder, spec, tensors),
                       .tensors = static_cast<int64_t>(tensors.specs().size()),
                       .bytes = tensors.total_bytes()};
  check_written(*open_archive(encoder / result.weights.front()), tensors.specs());
  stage.publish();
  return result;
}

}  // namespace rift::checkpoint
