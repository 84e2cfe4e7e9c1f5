#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "rift/checkpoint/format/tensor_archive.h"

/// Weights in several files with an index beside them, as transformers writes them: model.safetensors.index.json and
/// pytorch_model.bin.index.json, {"metadata": {...}, "weight_map": {"<tensor>": "<file>", ...}}.
namespace rift::checkpoint::format {

/// Bounds on files that nobody vouches for; every breach is an Error(kArtefact) naming the file and the limit.
struct ShardIndexLimits {
  int64_t max_bytes = int64_t{32} << 20;
  int64_t max_tensors = 100'000;
  int64_t max_shards = 1'000;
};

struct ShardIndex {
  std::vector<std::string> files;                          // in the order in which the index names them first
  std::vector<std::pair<std::string, size_t>> weight_map;  // tensor, place of its file in `files`
};

/// `source` names the index in errors. Throws kArtefact; also for a file that is not a bare name (a path, "..").
ShardIndex parse_shard_index(std::string_view json, const std::string& source, const ShardIndexLimits& limits = {});

/// The tensors of all shards as one archive, in the order of the shards. `shards` are the opened files of the index.
/// Throws kArtefact unless every tensor of the weight map is in the file that it says and no file holds another one.
class ShardedArchive final : public TensorArchive {
 public:
  ShardedArchive(std::string index_name, const ShardIndex& index,
                 std::vector<std::unique_ptr<const TensorArchive>> shards);
  const std::string& file_name() const override { return index_name_; }
  void read(const TensorInfo& tensor, std::span<std::byte> out) const override;

 private:
  struct Place {
    size_t shard = 0;
    const TensorInfo* tensor = nullptr;  // in that shard
  };
  std::string index_name_;
  std::vector<std::unique_ptr<const TensorArchive>> shards_;
  std::vector<Place> places_;  // of tensors(), in the same order
};

}  // namespace rift::checkpoint::format
