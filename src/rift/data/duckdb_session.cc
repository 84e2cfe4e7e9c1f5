#include "rift/data/duckdb_session.h"

#include <unistd.h>

#include <atomic>
#include <utility>

#include "rift/base/error.h"
#include "rift/base/threads.h"

namespace rift::data {

namespace {

std::string quoted(std::string_view text, char quote) {
  std::string out(1, quote);
  for (const char c : text) {
    if (c == quote) out.push_back(quote);
    out.push_back(c);
  }
  out.push_back(quote);
  return out;
}

DuckFailure failure_of(duckdb_result& result) {
  const char* message = duckdb_result_error(&result);
  return {duckdb_result_error_type(&result), message == nullptr ? "" : message};
}

/// Where DuckDB puts what does not fit into memory; it is made on first use and removed with the session.
std::string spill_directory() {
  static std::atomic<int64_t> count{0};
  std::error_code ignored;
  const auto base = std::filesystem::temp_directory_path(ignored);
  return (base / fmt::format("rift-spill-{}-{}", ::getpid(), count++)).string();
}

/// As DuckDB takes it: a list, whose commas cannot be escaped.
std::string search_path(const std::filesystem::path& directory) {
  if (directory.string().find(',') == std::string::npos) return directory.string();
  std::error_code ignored;
  const std::string from_here = std::filesystem::relative(directory, ignored).string();
  RIFT_REQUIRE(
      !from_here.empty() && from_here.find(',') == std::string::npos, Code::kConfig,
      "{}: a query cannot find files relative to a folder with a comma in its name; rename the folder, run the "
      "command within it, or name another one in data.folder",
      directory.string());
  return from_here;
}

class Config {
 public:
  Config() { RIFT_CHECK(duckdb_create_config(&config_) == DuckDBSuccess); }
  Config(const Config&) = delete;
  Config& operator=(const Config&) = delete;
  ~Config() { duckdb_destroy_config(&config_); }
  void set(const char* name, const std::string& value) {
    RIFT_CHECK(duckdb_set_config(config_, name, value.c_str()) == DuckDBSuccess);
  }
  duckdb_config get() const { return config_; }

 private:
  duckdb_config config_ = nullptr;
};

}  // namespace

std::string sql_text(std::string_view text) { return quoted(text, '\''); }

std::string plain_pattern(std::string_view path) {
  std::string pattern;
  for (const char c : path) {
    const bool special = c == '*' || c == '?' || c == '[';
    pattern += special ? fmt::format("[{}]", c) : std::string(1, c);
  }
  return pattern;
}

std::string sql_files(std::span<const std::string> paths) {
  std::string list;
  for (const auto& path : paths) list += (list.empty() ? "[" : ", ") + sql_file(path);
  return list + "]";
}

std::string sql_name(std::string_view name) { return quoted(name, '"'); }

DuckStream::DuckStream(DuckStream&&) noexcept = default;

DuckStream& DuckStream::operator=(DuckStream&& other) noexcept {
  std::swap(result_, other.result_);
  std::swap(failure_, other.failure_);
  std::swap(ended_, other.ended_);
  return *this;
}

DuckStream::~DuckStream() {
  if (result_) duckdb_destroy_result(result_.get());
}

DuckChunk DuckStream::next() {
  if (!result_ || failure_ || ended_) return DuckChunk();
  DuckChunk chunk(duckdb_fetch_chunk(*result_));
  if (!chunk) {
    ended_ = true;
    // No chunk means the end or an error; only the result knows which.
    const char* message = duckdb_result_error(result_.get());
    if (message != nullptr && *message != '\0') failure_ = failure_of(*result_);
  }
  return chunk;
}

DuckSession::DuckSession(const DuckOptions& options) {
  Config config;
  config.set("threads", std::to_string(options.threads > 0 ? options.threads : rift::threads()));
  config.set("temp_directory", spill_directory());
  config.set("autoinstall_known_extensions", "false");
  config.set("autoload_known_extensions", "false");
  config.set("preserve_insertion_order", "true");
  char* message = nullptr;
  const auto opened = duckdb_open_ext(nullptr, &handles_.database, config.get(), &message);
  const std::string why = message == nullptr ? "" : message;
  duckdb_free(message);
  RIFT_REQUIRE(opened == DuckDBSuccess, Code::kEnvironment, "the reader could not be started: {}", why);
  RIFT_CHECK(duckdb_connect(handles_.database, &handles_.connection) == DuckDBSuccess);
  const auto refused = run("SET memory_limit = " + sql_text(options.memory_limit));
  RIFT_REQUIRE(!refused, Code::kConfig, "data.memory_limit: expected a size such as 2GB or 512MB, got '{}'",
               shorten(options.memory_limit));
  RIFT_CHECK(!run("SET TimeZone = 'UTC'"));
  if (!options.base_directory.empty())
    RIFT_CHECK(!run("SET file_search_path = " + sql_text(search_path(options.base_directory))));
}

DuckSession::Handles::~Handles() {
  if (connection != nullptr) duckdb_disconnect(&connection);
  if (database != nullptr) duckdb_close(&database);
}

DuckStream DuckSession::stream(const std::string& sql) {
  DuckStream stream;
  duckdb_prepared_statement statement = nullptr;
  duckdb_pending_result pending = nullptr;
  if (duckdb_prepare(handles_.connection, sql.c_str(), &statement) != DuckDBSuccess) {
    const char* message = duckdb_prepare_error(statement);
    stream.failure_ = DuckFailure{DUCKDB_ERROR_BINDER, message == nullptr ? "" : message};
  } else if (duckdb_pending_prepared_streaming(statement, &pending) != DuckDBSuccess) {
    const char* message = duckdb_pending_error(pending);
    stream.failure_ = DuckFailure{DUCKDB_ERROR_EXECUTOR, message == nullptr ? "" : message};
  } else {
    stream.result_ = std::make_unique<duckdb_result>();
    if (duckdb_execute_pending(pending, stream.result_.get()) != DuckDBSuccess)
      stream.failure_ = failure_of(*stream.result_);
  }
  duckdb_destroy_pending(&pending);
  duckdb_destroy_prepare(&statement);
  return stream;
}

std::optional<DuckFailure> DuckSession::run(const std::string& sql) {
  duckdb_result result;
  std::optional<DuckFailure> failure;
  if (duckdb_query(handles_.connection, sql.c_str(), &result) != DuckDBSuccess) failure = failure_of(result);
  duckdb_destroy_result(&result);
  return failure;
}

std::optional<DuckFailure> DuckSession::fetch(const std::string& sql, Rows& rows) {
  duckdb_result result;
  std::optional<DuckFailure> failure;
  if (duckdb_query(handles_.connection, sql.c_str(), &result) != DuckDBSuccess) {
    failure = failure_of(result);
  } else {
    const idx_t columns = duckdb_column_count(&result);
    for (idx_t row = 0; row < duckdb_row_count(&result); ++row) {
      auto& out = rows.emplace_back();
      for (idx_t column = 0; column < columns; ++column) {
        if (duckdb_value_is_null(&result, column, row)) {
          out.emplace_back();
          continue;
        }
        const duckdb_string value = duckdb_value_string(&result, column, row);
        out.emplace_back(std::string(value.data, value.size));
        duckdb_free(value.data);
      }
    }
  }
  duckdb_destroy_result(&result);
  return failure;
}

}  // namespace rift::data
