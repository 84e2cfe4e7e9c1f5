#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "rift/base/options.h"
#include "rift/checkpoint/float_type.h"
#include "rift/checkpoint/gguf/write.h"
#include "rift/checkpoint/hf_directory.h"

/// A model's files in another form, as large as they are: one tensor at a time is in memory. Torch-free.
namespace rift::checkpoint {

enum class WeightsFormat { kSafetensors, kTorch, kGguf };
constexpr auto enum_names(WeightsFormat) {
  return std::to_array<EnumName<WeightsFormat>>(
      {{WeightsFormat::kSafetensors, "safetensors"}, {WeightsFormat::kTorch, "torch"}, {WeightsFormat::kGguf, "gguf"}});
}

struct ConvertSpec {
  std::filesystem::path source;  // a model (a directory or a .gguf file), or one file of weights
  std::filesystem::path out;  // a new directory; of a file of weights, and to GGUF, a new file with the ending of `to`
  WeightsFormat to = WeightsFormat::kSafetensors;
  std::optional<FloatType> dtype;          // of floating tensors; left out: as they are. Whole numbers stay
  std::optional<int64_t> max_shard_bytes;  // of tensors in a file of a directory; default 5 GB, as transformers has it
  /// Writes the files of a tokenizer that a GGUF file holds (package/model_tokenizer.h); needed for such models alone.
  std::function<void(const HfDirectory& model, const std::filesystem::path& target)> write_gguf_tokenizer;
  /// What a GGUF file says of a model beside weights and settings (package/gguf_export.h); needed to write one.
  std::function<GgufWriteOptions(const HfDirectory& model)> describe_for_gguf;
};

struct ConvertResult {
  std::vector<std::string> weights;  // files that were written, an index first
  int64_t tensors = 0;
  int64_t bytes = 0;  // of tensors
};

/// Writes `out` whole or not at all: of a model the weights of its model in another form (an index beside shards),
/// config.json with the type of the elements, and everything else that belongs to a model as it is. What was written
/// is opened again and its list of tensors compared. Tied weights are written out, each under its name. A GGUF
/// file becomes the Hugging Face directory that it was made from, quantised tensors f32 if not said otherwise; a
/// decoder becomes one as write_gguf_model() writes it. Throws kConfig (`out` is there or lies inside of `source`,
/// ending, a type or shards that `to` has not), kUnsupported (a package of rift; what GGUF cannot hold), kArtefact
/// (also for values that are NaN or infinite, or become so), kEnvironment, kInterrupted.
ConvertResult convert_model(const ConvertSpec& spec);

}  // namespace rift::checkpoint
