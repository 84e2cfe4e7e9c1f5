#include "rift/data/table_writer.h"

#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cmath>
#include <condition_variable>
#include <cstdio>
#include <cstring>
#include <mutex>
#include <optional>
#include <thread>
#include <utility>

#include "rift/base/error.h"
#include "rift/base/posix_file.h"
#include "rift/base/temporary.h"
#include "rift/data/cells.h"
#include "rift/data/duckdb_session.h"

namespace rift::data {

namespace fs = std::filesystem;

namespace {

/// Batches on their way to the file; append() waits while there are more.
constexpr size_t kWaitingBatches = 4;

std::string copy_format(const fs::path& target) {
  const std::string name = lower_case(target.filename().string());
  if (name.ends_with(".parquet")) return "FORMAT parquet, COMPRESSION zstd";
  if (name.ends_with(".csv.gz")) return "FORMAT csv, HEADER true, COMPRESSION gzip";
  if (name.ends_with(".csv")) return "FORMAT csv, HEADER true, COMPRESSION none";
  if (name.ends_with(".jsonl")) return "FORMAT json, COMPRESSION none";
  RIFT_FAIL(Code::kConfig, "{}: rows are written to .parquet, .csv, .csv.gz or .jsonl; give the file such an ending",
            target.string());
}

duckdb_type type_of(const TableWriter::ColumnSpec& column) {
  if (column.storage == Storage::kText) return DUCKDB_TYPE_VARCHAR;
  if (column.storage == Storage::kTime) return DUCKDB_TYPE_TIMESTAMP;
  if (column.single) return DUCKDB_TYPE_FLOAT;
  return column.whole_number ? DUCKDB_TYPE_BIGINT : DUCKDB_TYPE_DOUBLE;
}

/// Hands batches from the writing thread of the caller to the one on which DuckDB writes the file.
class BatchQueue {
 public:
  /// False when the reader has given up.
  bool push(Table batch) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return closed_ || batches_.size() < kWaitingBatches; });
    if (closed_) return false;
    batches_.push_back(std::move(batch));
    changed_.notify_all();
    return true;
  }
  void end() {
    const std::lock_guard lock(mutex_);
    ended_ = true;
    changed_.notify_all();
  }
  void abandon() {
    const std::lock_guard lock(mutex_);
    abandoned_ = true;
    ended_ = true;
    changed_.notify_all();
  }
  void close() {
    const std::lock_guard lock(mutex_);
    closed_ = true;
    changed_.notify_all();
  }
  bool abandoned() {
    const std::lock_guard lock(mutex_);
    return abandoned_;
  }
  std::optional<Table> pop() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return ended_ || !batches_.empty(); });
    if (batches_.empty() || abandoned_) return std::nullopt;
    Table batch = std::move(batches_.front());
    batches_.erase(batches_.begin());
    changed_.notify_all();
    return batch;
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<Table> batches_;
  bool ended_ = false;      // no batch comes any more
  bool abandoned_ = false;  // and what has come is not wanted
  bool closed_ = false;     // nobody takes batches any more
};

/// What DuckDB's table function reads: the queue, cut into its vectors.
struct QueueReader {
  BatchQueue* queue = nullptr;
  const std::vector<TableWriter::ColumnSpec>* columns = nullptr;
  Table batch;
  int64_t next = 0;
};

void set_missing(duckdb_vector vector, idx_t row) {
  duckdb_vector_ensure_validity_writable(vector);
  duckdb_validity_set_row_invalid(duckdb_vector_get_validity(vector), row);
}

void fill(const Column& column, duckdb_type type, int64_t begin, int64_t rows, duckdb_vector vector) {
  for (int64_t i = 0; i < rows; ++i) {
    const int64_t row = begin + i;
    const auto to = static_cast<idx_t>(i);
    if (column.missing(row)) {
      set_missing(vector, to);
    } else if (column.storage() == Storage::kText) {
      const std::string_view value = *column.texts().get(row);
      duckdb_vector_assign_string_element_len(vector, to, value.data(), value.size());
    } else if (column.storage() == Storage::kTime) {
      static_cast<int64_t*>(duckdb_vector_get_data(vector))[i] = column.times()[static_cast<size_t>(row)];
    } else if (type == DUCKDB_TYPE_FLOAT) {
      static_cast<float*>(duckdb_vector_get_data(vector))[i] =
          static_cast<float>(column.numbers()[static_cast<size_t>(row)]);
    } else if (type == DUCKDB_TYPE_BIGINT) {
      static_cast<int64_t*>(duckdb_vector_get_data(vector))[i] =
          static_cast<int64_t>(column.numbers()[static_cast<size_t>(row)]);
    } else {
      static_cast<double*>(duckdb_vector_get_data(vector))[i] = column.numbers()[static_cast<size_t>(row)];
    }
  }
}

void bind_queue(duckdb_bind_info info) {
  const auto* reader = static_cast<QueueReader*>(duckdb_bind_get_extra_info(info));
  for (const auto& column : *reader->columns) {
    duckdb_logical_type type = duckdb_create_logical_type(type_of(column));
    duckdb_bind_add_result_column(info, column.name.c_str(), type);
    duckdb_destroy_logical_type(&type);
  }
}

void init_queue(duckdb_init_info info) { duckdb_init_set_max_threads(info, 1); }

void read_queue(duckdb_function_info info, duckdb_data_chunk chunk) {
  auto* reader = static_cast<QueueReader*>(duckdb_function_get_extra_info(info));
  while (reader->next == reader->batch.rows) {
    auto batch = reader->queue->pop();
    if (!batch) {
      if (reader->queue->abandoned()) duckdb_function_set_error(info, "abandoned");
      duckdb_data_chunk_set_size(chunk, 0);
      return;
    }
    reader->batch = std::move(*batch);
    reader->next = 0;
  }
  const int64_t rows = std::min<int64_t>(reader->batch.rows - reader->next, static_cast<int64_t>(duckdb_vector_size()));
  for (size_t i = 0; i < reader->columns->size(); ++i)
    fill(reader->batch.columns[i], type_of((*reader->columns)[i]), reader->next, rows,
         duckdb_data_chunk_get_vector(chunk, i));
  reader->next += rows;
  duckdb_data_chunk_set_size(chunk, static_cast<idx_t>(rows));
}

void register_queue(DuckSession& session, QueueReader& reader) {
  duckdb_table_function function = duckdb_create_table_function();
  duckdb_table_function_set_name(function, "batches");
  duckdb_table_function_set_extra_info(function, &reader, nullptr);
  duckdb_table_function_set_bind(function, bind_queue);
  duckdb_table_function_set_init(function, init_queue);
  duckdb_table_function_set_function(function, read_queue);
  const auto registered = duckdb_register_table_function(session.connection(), function);
  duckdb_destroy_table_function(&function);
  RIFT_CHECK(registered == DuckDBSuccess);
}

[[noreturn]] void throw_write_error(const fs::path& target, const DuckFailure& failure) {
  const auto holds = [&](std::string_view piece) { return failure.message.find(piece) != std::string::npos; };
  const std::string_view why = holds("No space left") ? "the disk is full; free some space or choose another directory"
                               : holds("File too large")    ? "the file size limit of this process is too small"
                               : holds("Permission denied") ? "permission denied; choose a directory you may write to"
                               : holds("Quota") || holds("quota") ? "the disk quota is used up"
                                                                  : "writing failed";
  RIFT_FAIL(Code::kEnvironment, "{}: {}", target.string(), why);
}

/// A process that may not write larger files gets an error from the write, not a signal that ends it.
void ignore_file_size_signal() {
  struct sigaction present {};
  if (::sigaction(SIGXFSZ, nullptr, &present) == 0 && present.sa_handler == SIG_DFL) ::signal(SIGXFSZ, SIG_IGN);
}

/// The file that is being written, beside its target; gone with this unless it took the target's name.
struct Unfinished {
  temporary::Owned file;
  bool published = false;
  ~Unfinished() {
    if (!published && !file.path.empty()) ::unlink(file.path.c_str());
  }
};

}  // namespace

void require_table_ending(const fs::path& target) { copy_format(target); }

struct TableWriter::Impl {
  Impl(fs::path to, std::vector<ColumnSpec> specs)
      : target(std::move(to)), columns(std::move(specs)), format(copy_format(target)) {
    RIFT_CHECK(!columns.empty());
    ignore_file_size_signal();
    temporary::tidy_up(target);
    unfinished.file = temporary::create_file(target);
    reader.queue = &queue;
    reader.columns = &columns;
    register_queue(session, reader);
    // DuckDB asks for rows where we are given them, so it writes on a thread of its own, which sleeps until some come.
    writer = std::thread([this] {
      failure = session.run(fmt::format("COPY (SELECT * FROM batches()) TO {} ({}, USE_TMP_FILE false)",
                                        sql_text(unfinished.file.path.string()), format));
      queue.close();
    });
  }

  ~Impl() {
    queue.abandon();
    if (writer.joinable()) writer.join();
  }

  void require_fits(const Table& batch) const {
    RIFT_CHECK(batch.columns.size() == columns.size());
    for (size_t i = 0; i < columns.size(); ++i)
      RIFT_CHECK(batch.columns[i].name == columns[i].name && batch.columns[i].storage() == columns[i].storage &&
                 batch.columns[i].rows() == batch.rows);
  }

  void require_whole_numbers(const Table& batch) const {
    constexpr double kLargest = 9007199254740992.0;  // 2^53: every whole number up to it is a double
    for (size_t i = 0; i < columns.size(); ++i) {
      if (!columns[i].whole_number) continue;
      const std::vector<double>& values = batch.columns[i].numbers();
      for (size_t row = 0; row < values.size(); ++row) {
        const bool fits =
            std::isnan(values[row]) || (std::abs(values[row]) <= kLargest && values[row] == std::trunc(values[row]));
        RIFT_REQUIRE(fits, Code::kBug,
                     "column '{}': row {} of the batch is to be written as a whole number and is none",
                     shorten(columns[i].name), row);
      }
    }
  }

  void append(const Table& batch) {
    RIFT_CHECK(!finished);
    require_fits(batch);
    require_whole_numbers(batch);
    if (batch.rows == 0) return;
    if (!queue.push(batch)) fail();
  }

  [[noreturn]] void fail() {
    if (writer.joinable()) writer.join();
    throw_write_error(target, failure.value_or(DuckFailure{}));
  }

  void finish() {
    RIFT_CHECK(!finished);
    finished = true;
    queue.end();
    writer.join();
    if (failure) fail();
    posix::sync(unfinished.file.path);
    if (::rename(unfinished.file.path.c_str(), target.c_str()) != 0) posix::fail(target, "rename into place");
    unfinished.published = true;
    posix::sync(posix::parent_of(target));
  }

  fs::path target;
  std::vector<ColumnSpec> columns;
  std::string format;
  Unfinished unfinished;
  BatchQueue queue;
  QueueReader reader;
  DuckSession session{{.memory_limit = "512MB", .threads = 1, .base_directory = {}}};
  std::optional<DuckFailure> failure;
  std::thread writer;
  bool finished = false;
};

TableWriter::TableWriter(fs::path target, std::vector<ColumnSpec> columns)
    : impl_(std::make_unique<Impl>(std::move(target), std::move(columns))) {}

TableWriter::~TableWriter() = default;

void TableWriter::append(const Table& batch) { impl_->append(batch); }

void TableWriter::finish() { impl_->finish(); }

}  // namespace rift::data
