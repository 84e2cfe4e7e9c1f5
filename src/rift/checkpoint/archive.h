#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "rift/checkpoint/format/tensor_archive.h"
#include "rift/checkpoint/model_layout.h"

namespace rift::checkpoint {

/// Opens a file of tensors by its name's ending, which its first bytes must bear out: .safetensors; .bin, .pt, .pth and
/// .ckpt of torch.save; .gguf; .index.json, the index of shards beside it. Throws as the format's reader does, and
/// kArtefact when name and first bytes disagree, kUnsupported for another ending.
std::unique_ptr<const format::TensorArchive> open_archive(const std::filesystem::path& file);

/// The endings that open_archive() knows, and what has one of them as a name for people: "safetensors".
struct WeightsEnding {
  std::string_view ending;
  std::string_view kind;
};
std::vector<WeightsEnding> weights_endings();

/// The files that hold the tensors: the file itself, or an index and then its shards.
std::vector<std::filesystem::path> archive_files(const std::filesystem::path& file);

/// SHA-256 that names these weights: that of the file; of an index, that of the list which `sha256sum` prints for the
/// index and its shards, in the order of archive_files().
std::string archive_sha256(const std::filesystem::path& file);

/// Names and shapes of an opened file's tensors: what a model is recognised by.
std::vector<NamedShape> shapes_of(const format::TensorArchive& file);

}  // namespace rift::checkpoint
