#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string>

namespace rift::checkpoint::format {

/// Bytes of a model file at any offset. `name()` says whose bytes they are in every error.
class ByteSource {
 public:
  virtual ~ByteSource() = default;
  virtual const std::string& name() const = 0;
  virtual int64_t size_bytes() const = 0;  // fixed when the source was opened
  /// Fills `out` from `offset`. Throws kArtefact when fewer bytes are there (the file shrank since it was opened),
  /// kEnvironment when the system cannot read them. Safe from several threads.
  virtual void read(int64_t offset, std::span<std::byte> out) const = 0;
};

/// A regular file read with pread(2), never mapped: a file that is cut while it is mapped kills the process (SIGBUS).
class FileBytes final : public ByteSource {
 public:
  explicit FileBytes(const std::filesystem::path& path);  // throws kArtefact (missing, not a file), kEnvironment
  FileBytes(const FileBytes&) = delete;
  FileBytes& operator=(const FileBytes&) = delete;
  ~FileBytes() override;
  const std::string& name() const override { return name_; }
  int64_t size_bytes() const override { return size_bytes_; }
  void read(int64_t offset, std::span<std::byte> out) const override;

 private:
  std::string name_;
  int descriptor_ = -1;
  int64_t size_bytes_ = 0;
};

/// Bytes in memory that the caller keeps alive.
class MemoryBytes final : public ByteSource {
 public:
  MemoryBytes(std::span<const std::byte> bytes, std::string name) : bytes_(bytes), name_(std::move(name)) {}
  const std::string& name() const override { return name_; }
  int64_t size_bytes() const override { return static_cast<int64_t>(bytes_.size()); }
  void read(int64_t offset, std::span<std::byte> out) const override;

 private:
  std::span<const std::byte> bytes_;
  std::string name_;
};

}  // namespace rift::checkpoint::format
