#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "rift/base/files.h"
#include "rift/base/sha256.h"
#include "rift/checkpoint/format/byte_source.h"

namespace rift::train {

/// Where a row of tokens comes from.
struct RowOrigin {
  int64_t document = 0;  // 0-based, in the source
  uint64_t key = 0;      // identity of the row: dropout and masks depend on it
};

/// Appends rows of token ids to <folder>/<name>.ids (int32) and <name>.rows (where each begins). Both hold the
/// machine's byte order: they serve the run that writes them.
class TokenStoreWriter {
 public:
  TokenStoreWriter(const std::filesystem::path& folder, const std::string& name);
  void add(std::span<const int32_t> ids, const RowOrigin& origin);
  /// Everything reaches the disk; the SHA-256 of the rows. May be called once.
  std::string finish();
  int64_t rows() const { return rows_; }
  int64_t tokens() const { return tokens_; }

 private:
  void flush();
  LineWriter ids_file_;
  LineWriter rows_file_;
  std::string ids_, rows_bytes_;  // not yet written
  Sha256 digest_;
  int64_t rows_ = 0;
  int64_t tokens_ = 0;
};

/// Rows of token ids on disk, read one by one: memory holds none of them. Safe from several threads.
class TokenStore {
 public:
  /// Throws kArtefact when the files are missing or do not belong together, kEnvironment.
  TokenStore(const std::filesystem::path& folder, const std::string& name);

  int64_t rows() const { return rows_; }
  int64_t tokens() const;
  RowOrigin origin(int64_t row) const;
  int64_t length(int64_t row) const;
  void read(int64_t row, std::vector<int32_t>& ids) const;

 private:
  struct Record {
    int64_t begin = 0;
    int64_t length = 0;
    RowOrigin origin;
  };
  friend class TokenStoreWriter;
  Record record(int64_t row) const;

  checkpoint::format::FileBytes ids_;
  checkpoint::format::FileBytes table_;
  int64_t rows_ = 0;
};

}  // namespace rift::train
