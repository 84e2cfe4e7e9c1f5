#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <vector>

#include "rift/checkpoint/format/byte_source.h"
#include "rift/checkpoint/format/tensor_archive.h"
#include "rift/checkpoint/format/torch_pickle.h"
#include "rift/checkpoint/format/torch_zip.h"

namespace rift::checkpoint::format {

struct TorchFileLimits {
  ZipLimits zip;
  PickleLimits pickle;
  /// Tensors may share storage (tied weights), repeat elements (stride 0) and lie apart in it (of which the stretch
  /// between is read too), so they may need more memory than the file has: this many times the file and this many bytes
  /// more, together.
  int64_t max_expansion = 4;
  int64_t max_extra_bytes = int64_t{64} << 20;
};

/// A file that torch.save (1.6 or later) wrote: a ZIP of stored records, <root>/data.pkl and <root>/data/<key>, one
/// for each storage. begin and end of its tensors are the part of the file that they look at.
class TorchFile final : public TensorArchive {
 public:
  /// Reads and checks directory and pickle. Throws kArtefact, kUnsupported (TorchScript, whole modules, torch before
  /// 1.6, compressed records, big-endian data), kEnvironment. A record's CRC-32 is checked before it is read first.
  explicit TorchFile(std::unique_ptr<const ByteSource> source, const TorchFileLimits& limits = {});
  static TorchFile open(const std::filesystem::path& path, const TorchFileLimits& limits = {});

  const std::string& file_name() const override { return source_->name(); }
  void read(const TensorInfo& tensor, std::span<std::byte> out) const override;

 private:
  /// How a tensor of tensors() lies in its storage, in the same order.
  struct View {
    size_t record = 0;  // in records_
    std::vector<int64_t> strides;
  };
  void check_record(size_t record) const;

  std::unique_ptr<const ByteSource> source_;
  std::vector<ZipRecord> records_;
  std::vector<View> views_;
  std::unique_ptr<std::once_flag[]> checked_;  // one for each record
};

}  // namespace rift::checkpoint::format
