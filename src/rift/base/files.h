#pragma once

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>

#include "rift/base/json.h"

namespace rift {

/// Whole file as bytes. Throws kArtefact (missing, not a file, larger than max_bytes), kEnvironment (permission).
std::string read_file(const std::filesystem::path& path, int64_t max_bytes = int64_t{1} << 30);

/// The JSON of a whole file; limits.max_bytes is the file's too. Throws as read_file() and parse_json() do, with the
/// whole path.
Json read_json(const std::filesystem::path& path, const JsonLimits& limits = {});

/// Write to a temporary name beside `path`, fsync, rename, fsync the parent: readers see the old or the new file whole.
/// Throws kEnvironment naming the path and the system's reason (disk full, permission ...); nothing is left behind, and
/// what killed processes left behind for this path is removed.
void write_file_atomic(const std::filesystem::path& path, std::string_view bytes);
/// The same for a file in parts (one after the other), so that large ones need no copy in memory.
void write_file_atomic(const std::filesystem::path& path, std::span<const std::string_view> parts);

/// A directory that appears whole or not at all.
///   StagedDirectory stage("runs/demo/package");   write files under stage.path();   stage.publish();
/// publish(): fsync every file and directory, exchange the names of stage and target in one step (the target is there
/// at every moment, older or newer), fsync the parent, remove the older one. Where the file system cannot exchange, the
/// older target is set aside first. Without publish() the destructor removes the temporary directory. Left-overs of
/// killed runs (".<name>.tmp-*", ".<name>.old-*") beside the target are removed by the constructor once the process
/// that made them is gone; an older target that a killed publish() had set aside is put back.
class StagedDirectory {
 public:
  explicit StagedDirectory(std::filesystem::path target);  // throws kEnvironment when the parent is not writable
  StagedDirectory(const StagedDirectory&) = delete;
  StagedDirectory& operator=(const StagedDirectory&) = delete;
  ~StagedDirectory();
  const std::filesystem::path& path() const { return stage_; }
  const std::filesystem::path& target() const { return target_; }
  void publish();

 private:
  std::filesystem::path target_;
  std::filesystem::path stage_;
  int lock_ = -1;  // held as long as the stage is in use
  bool published_ = false;
};

/// Whether a file or directory of a model is there, links followed. Throws kArtefact where that cannot be told: a link
/// that leads back to itself or to nothing, a folder that may not be looked into.
bool is_there(const std::filesystem::path& path);

/// Whether `name`, a file's name as someone else states it ("1_Pooling/config.json"), leads to a place inside of the
/// directory that it is relative to.
bool stays_inside(const std::string& name);

/// Throws kEnvironment when `directory` cannot be created or written to; called before long work starts.
void require_writable_directory(const std::filesystem::path& directory);

/// Appends lines to a file such as log.jsonl; every line reaches the file before append() returns. A short write or a
/// full disk throws kEnvironment.
class LineWriter {
 public:
  /// keep_bytes >= 0 truncates to that length first (resume); -1 starts the file anew.
  explicit LineWriter(std::filesystem::path path, int64_t keep_bytes = -1);
  LineWriter(const LineWriter&) = delete;
  LineWriter& operator=(const LineWriter&) = delete;
  ~LineWriter();
  void append(std::string_view line);
  void append_bytes(std::string_view bytes);  // no line break added; whole or not at all
  int64_t size_bytes() const { return size_bytes_; }
  void sync();

 private:
  std::filesystem::path path_;
  int descriptor_ = -1;
  int64_t size_bytes_ = 0;
};

}  // namespace rift
