#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "rift/base/json.h"
#include "rift/checkpoint/format/gguf.h"
#include "rift/checkpoint/gguf/tensor_names.h"
#include "rift/checkpoint/stored_matrix.h"

namespace rift::checkpoint {

/// A GGUF file seen as the Hugging Face checkpoint that it was made from: its tensors have that checkpoint's names,
/// shapes and values (see GgufChange), and its metadata give the config.json.
class GgufModel final : public format::TensorArchive {
 public:
  /// Throws as gguf_config() does; kUnsupported naming a tensor that the architecture does not have, kArtefact when a
  /// projection does not have the rows of its heads.
  explicit GgufModel(format::Gguf file);
  static GgufModel open(const std::filesystem::path& path);

  const std::string& file_name() const override { return file_.file_name(); }
  void read(const format::TensorInfo& tensor, std::span<std::byte> out) const override;

  /// The blocks of a matrix with the checkpoint's rows in their order, or (`transposed`) those of its transpose, which
  /// the file holds of GPT-2's maps; nothing where the file holds plain numbers or the other one of the two.
  std::optional<StoredMatrix> stored(const format::TensorInfo& tensor, bool transposed) const;

  const Json& config() const { return config_; }
  const format::Gguf& file() const { return file_; }
  const GgufArchitecture& architecture() const { return *architecture_; }
  std::string pooling() const { return gguf_pooling_; }  // "" = not stated

 private:
  struct Source {
    const format::TensorInfo* tensor = nullptr;  // of file_
    GgufChange change = GgufChange::kNone;
  };
  int64_t heads_of(const std::string& name) const;
  void add(const format::TensorInfo& tensor, std::vector<format::TensorInfo>& tensors);

  format::Gguf file_;
  const GgufArchitecture* architecture_ = nullptr;
  Json config_;
  std::string gguf_pooling_;
  std::vector<Source> sources_;  // of tensors(), in the same order
};

}  // namespace rift::checkpoint
