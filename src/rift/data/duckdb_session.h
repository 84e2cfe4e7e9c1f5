#pragma once

#include <duckdb.h>

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

/// The one place that owns DuckDB's handles. Its messages may quote a customer's row, so they come as DuckFailure and
/// never reach a user as they are; source_error.h says what may be told.
namespace rift::data {

struct DuckFailure {
  duckdb_error_type type = DUCKDB_ERROR_INVALID;
  std::string message;
};

/// A chunk of up to duckdb_vector_size() rows.
class DuckChunk {
 public:
  explicit DuckChunk(duckdb_data_chunk chunk = nullptr) : chunk_(chunk) {}
  DuckChunk(DuckChunk&& other) noexcept : chunk_(std::exchange(other.chunk_, nullptr)) {}
  DuckChunk& operator=(DuckChunk&& other) noexcept {
    std::swap(chunk_, other.chunk_);
    return *this;
  }
  ~DuckChunk() {
    if (chunk_ != nullptr) duckdb_destroy_data_chunk(&chunk_);
  }
  explicit operator bool() const { return chunk_ != nullptr; }
  int64_t rows() const { return static_cast<int64_t>(duckdb_data_chunk_get_size(chunk_)); }
  duckdb_vector vector(size_t column) const { return duckdb_data_chunk_get_vector(chunk_, column); }

 private:
  duckdb_data_chunk chunk_;
};

/// The rows of one statement, fetched chunk by chunk and never held as a whole.
class DuckStream {
 public:
  DuckStream() = default;
  DuckStream(DuckStream&&) noexcept;
  DuckStream& operator=(DuckStream&&) noexcept;
  ~DuckStream();
  /// Empty at the end of the rows and at a failure: ask failure() then.
  DuckChunk next();
  const std::optional<DuckFailure>& failure() const { return failure_; }

 private:
  friend class DuckSession;
  std::unique_ptr<duckdb_result> result_;
  std::optional<DuckFailure> failure_;
  bool ended_ = false;
};

struct DuckOptions {
  std::string memory_limit = "2GB";
  int64_t threads = 0;                   // 0 = rift::threads()
  std::filesystem::path base_directory;  // relative files are looked for here; empty = the working directory
};

/// An in-memory database and one connection: no extension is fetched, rows keep the order of their source.
class DuckSession {
 public:
  explicit DuckSession(const DuckOptions& options);  // throws kConfig for options it cannot take

  DuckStream stream(const std::string& sql);
  std::optional<DuckFailure> run(const std::string& sql);
  /// A small result as texts, SQL's NULL as nullopt.
  using Rows = std::vector<std::vector<std::optional<std::string>>>;
  std::optional<DuckFailure> fetch(const std::string& sql, Rows& rows);
  duckdb_connection connection() const { return handles_.connection; }

 private:
  struct Handles {
    duckdb_database database = nullptr;
    duckdb_connection connection = nullptr;
    Handles() = default;
    Handles(const Handles&) = delete;
    Handles& operator=(const Handles&) = delete;
    ~Handles();
  };
  Handles handles_;
};

std::string sql_text(std::string_view text);       // 'it''s'
std::string sql_name(std::string_view name);       // "a ""b"""
std::string plain_pattern(std::string_view path);  // a glob of this one path, whatever * ? [ its name holds
inline std::string sql_file(std::string_view path) { return sql_text(plain_pattern(path)); }
std::string sql_files(std::span<const std::string> paths);  // a list of them

}  // namespace rift::data
