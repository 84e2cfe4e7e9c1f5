#include "rift/data/source.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <array>

#include "rift/base/error.h"
#include "rift/base/sentences.h"
#include "rift/base/sha256.h"
#include "rift/data/cells.h"
#include "rift/data/gzip_check.h"
#include "rift/data/options.h"
#include "rift/data/query_files.h"
#include "rift/data/source_error.h"

namespace rift::data {

namespace fs = std::filesystem;

namespace {

enum class Format { kCsv, kParquet, kJsonLines, kJson };

/// By the ending, a .gz behind it passed over. What has no known ending is tried as CSV.
Format format_of(const std::string& file) {
  std::string name = lower_case(fs::path(file).filename().string());
  if (name.ends_with(".gz")) name.resize(name.size() - 3);
  if (name.ends_with(".parquet")) return Format::kParquet;
  if (name.ends_with(".jsonl") || name.ends_with(".ndjson")) return Format::kJsonLines;
  if (name.ends_with(".json")) return Format::kJson;
  return Format::kCsv;
}

bool is_compressed(std::string_view file) { return lower_case(file).ends_with(".gz"); }

void require_whole(const std::string& file) {
  std::error_code ignored;
  if (is_compressed(file) && fs::is_regular_file(file, ignored) && fs::file_size(file, ignored) > 0)
    require_whole_gzip(file);
}

/// The query behind "sql:" without the semicolon that people end it with.
std::string query_of(const std::string& source) {
  std::string query = source.substr(kQuery.size());
  const size_t end = query.find_last_not_of(" \t\r\n;");
  query.resize(end == std::string::npos ? 0 : end + 1);
  RIFT_REQUIRE(!query.empty(), Code::kConfig, "data.source: expected 'sql: SELECT ...', the query is empty");
  return query;
}

struct TypeRule {
  Storage stored = Storage::kText;
  std::string expression;
  std::string text_expression;
};

TypeRule rule_of(const std::string& name, const std::string& type) {
  const std::string text = fmt::format("CAST({} AS VARCHAR)", name);
  if (type == "VARCHAR") return {Storage::kText, name, name};
  if (type == "DOUBLE" || type == "FLOAT") {
    // As text 1.0 is "1", as in a file of whole numbers.
    return {Storage::kNumber, fmt::format("CAST({} AS DOUBLE)", name),
            fmt::format("CASE WHEN {0} = trunc({0}) AND abs({0}) < 9e15 THEN CAST(CAST({0} AS BIGINT) AS VARCHAR) "
                        "WHEN isfinite({0}) THEN CAST({0} AS VARCHAR) END",
                        name)};
  }
  static constexpr std::array<std::string_view, 11> kWhole = {"BOOLEAN",  "TINYINT", "SMALLINT", "INTEGER",
                                                              "BIGINT",   "HUGEINT", "UTINYINT", "USMALLINT",
                                                              "UINTEGER", "UBIGINT", "UHUGEINT"};
  const bool whole = std::find(kWhole.begin(), kWhole.end(), type) != kWhole.end();
  const bool plain = !type.ends_with(']');
  if (whole || (plain && type.starts_with("DECIMAL")))
    return {Storage::kNumber, fmt::format("CAST({} AS DOUBLE)", name), text};
  if (plain && (type == "DATE" || type.starts_with("TIMESTAMP"))) {
    return {Storage::kTime, fmt::format("CASE WHEN isfinite({0}) THEN CAST({0} AS TIMESTAMP) END", name), text};
  }
  return {Storage::kText, text, text};
}

/// A missing one is empty.
std::string_view text_at(duckdb_vector vector, int64_t row) {
  auto* values = static_cast<duckdb_string_t*>(duckdb_vector_get_data(vector)) + row;
  uint64_t* validity = duckdb_vector_get_validity(vector);
  if (validity != nullptr && !duckdb_validity_row_is_valid(validity, static_cast<idx_t>(row))) return {};
  return {duckdb_string_t_data(values), duckdb_string_t_length(*values)};
}

void append_texts(duckdb_vector vector, int64_t rows, Texts& out) {
  for (int64_t row = 0; row < rows; ++row) {
    const std::string_view cell = text_at(vector, row);
    // A cell of nothing but spaces is a missing one, whatever the format.
    if (trim(cell).empty()) {
      out.append_missing();
    } else {
      out.append(cell);
    }
  }
}

template <class Raw, class Value>
void append_plain(duckdb_vector vector, int64_t rows, Value missing, std::vector<Value>& out) {
  const auto* values = static_cast<const Raw*>(duckdb_vector_get_data(vector));
  uint64_t* validity = duckdb_vector_get_validity(vector);
  for (int64_t row = 0; row < rows; ++row) {
    const bool valid = validity == nullptr || duckdb_validity_row_is_valid(validity, static_cast<idx_t>(row));
    out.push_back(valid ? static_cast<Value>(values[row]) : missing);
  }
}

/// What DuckDB calls `error_type` of the record in `span`.
Source::BrokenLine broken_line(const LineSpan& span, const std::string& error_type) {
  const bool quote = error_type == "UNQUOTED VALUE";
  if (!quote && error_type != "LINE SIZE OVER MAXIMUM")
    return {.why = sentence("reject.columns", fmt::arg("line", span.first_line),
                            fmt::arg("error", lower_case(error_type)))};
  if (span.first_line == span.last_line)
    return {.why = quote ? sentence("reject.quote", fmt::arg("line", span.first_line))
                         : fmt::format("line {} {}", span.first_line, kLineTooLong)};
  return {.rows = span.rows,
          .why = sentence(span.quote_open ? "reject.quote_to_end" : "reject.quote_lines",
                          fmt::arg("first", span.first_line), fmt::arg("last", span.last_line),
                          fmt::arg("count", span.last_line - span.first_line + 1))};
}

}  // namespace

RowReader::RowReader(const std::string& source, DuckStream stream, std::vector<Storage> storages)
    : source_(source), stream_(std::move(stream)), storages_(std::move(storages)) {}

std::vector<Column> RowReader::empty_columns() const {
  std::vector<Column> columns(storages_.size());
  for (size_t i = 0; i < storages_.size(); ++i) {
    if (storages_[i] == Storage::kText) columns[i].values.emplace<Texts>();
    if (storages_[i] == Storage::kTime) columns[i].values.emplace<Times>();
  }
  return columns;
}

bool RowReader::try_append_next(std::vector<Column>& columns, int64_t& appended) {
  appended = 0;
  const DuckChunk chunk = stream_.next();
  if (!chunk) {
    const auto& failure = stream_.failure();
    if (failure && failure->message.find("CSV Error on Line") != std::string::npos) return false;
    require_read(source_, failure);
    return true;
  }
  appended = chunk.rows();
  for (size_t i = 0; i < columns.size(); ++i) {
    const duckdb_vector vector = chunk.vector(i);
    if (storages_[i] == Storage::kText) {
      append_texts(vector, appended, std::get<Texts>(columns[i].values));
    } else if (storages_[i] == Storage::kTime) {
      append_plain<int64_t>(vector, appended, kMissingTime, std::get<Times>(columns[i].values).values);
    } else {
      append_plain<double>(vector, appended, std::numeric_limits<double>::quiet_NaN(),
                           std::get<Numbers>(columns[i].values).values);
    }
  }
  return true;
}

int64_t RowReader::append_next(std::vector<Column>& columns) {
  int64_t appended = 0;
  if (!try_append_next(columns, appended)) require_read(source_, stream_.failure());
  return appended;
}

Source::Source(const std::string& source, const SourceOptions& options) {
  const bool query = is_query(source);
  // The order of a query's rows depends on the number of threads, and with it everything that is learnt from them.
  session_ = std::make_unique<DuckSession>(DuckOptions{.memory_limit = options.memory_limit,
                                                       .threads = query ? 1 : 0,
                                                       .base_directory = query ? options.base_directory : fs::path()});
  if (query) {
    name_ = kQueryName;
    require_files_in(options.base_directory, source);
    require_whole_files_of_query(source, options.base_directory);
    relation_ = "(" + query_of(source) + ")";
    describe(relation_);
    return;
  }
  name_ = source;
  find_files(source, options.base_directory);
  if (!options.known_whole) {
    for (const auto& file : files_) require_whole(file);
  }
  const Format format = format_of(files_.front());
  for (const auto& file : files_)
    RIFT_REQUIRE(format_of(file) == format, Code::kConfig, "{}: '{}' is of another format than '{}'", source, file,
                 files_.front());
  if (format == Format::kCsv) {
    describe_csv(options);
    return;
  }
  for (const auto& file : files_) RIFT_REQUIRE(fs::file_size(file) > 0, Code::kData, "{}: the file is empty", file);
  if (format == Format::kJsonLines) {
    json_lines_ = find_json_lines(*session_, files_, name_);
    relation_ = json_lines_.relation;
    describe(relation_);
    return;
  }
  relation_ = format == Format::kParquet
                  ? fmt::format("read_parquet({})", sql_files(files_))
                  : fmt::format("read_json({}, format = 'auto', sample_size = -1)", sql_files(files_));
  describe(relation_);
}

void Source::find_files(const std::string& source, const fs::path& base_directory) {
  RIFT_REQUIRE(!source.empty(), Code::kConfig, "data.source is not given: name a file, or 'sql: SELECT ...'");
  const fs::path path =
      fs::path(source).is_absolute() || base_directory.empty() ? fs::path(source) : base_directory / source;
  std::error_code error;
  if (fs::exists(path, error)) {
    RIFT_REQUIRE(!fs::is_directory(path), Code::kArtefact,
                 "{}: expected a file, it is a directory; for all its files write {}/*.csv", path.string(), source);
    files_ = {path.string()};
    return;
  }
  RIFT_REQUIRE(error.value() != EACCES, Code::kEnvironment, "{}: permission denied", path.string());
  RIFT_REQUIRE(source.find_first_of("*?[") != std::string::npos, Code::kArtefact, "{}: no such file", path.string());
  DuckSession::Rows rows;
  const fs::path pattern = path == fs::path(source) ? path : fs::path(plain_pattern(base_directory.string())) / source;
  require_read(name_, session_->fetch("SELECT file FROM glob(" + sql_text(pattern.string()) + ") ORDER BY file", rows));
  RIFT_REQUIRE(!rows.empty(), Code::kArtefact, "{}: no file has a name like that", path.string());
  for (const auto& row : rows) files_.push_back(row[0].value());
  // One file is found by its pattern as well; its rows then keep their numbers.
}

void Source::require_whole_files_of_query(const std::string& query, const fs::path& base_directory) {
  for (const std::string& name : text_literals(query)) {
    if (!is_compressed(name)) continue;
    const std::string pattern =
        fs::path(name).is_absolute() ? name : (fs::path(plain_pattern(base_directory.string())) / name).string();
    DuckSession::Rows rows;
    // What cannot be listed, such as an address, is left to the query.
    if (session_->fetch("SELECT file FROM glob(" + sql_text(pattern) + ") ORDER BY file", rows)) continue;
    for (const auto& row : rows) require_whole(row[0].value());
  }
}

void Source::describe(const std::string& relation) {
  DuckSession::Rows rows;
  require_read(name_, session_->fetch("DESCRIBE SELECT * FROM " + relation, rows));
  for (const auto& row : rows) {
    TypeRule rule = rule_of(sql_name(row[0].value()), row[1].value());
    columns_.push_back({.name = row[0].value(),
                        .stored = rule.stored,
                        .expression = std::move(rule.expression),
                        .text_expression = std::move(rule.text_expression)});
  }
}

void Source::describe_csv(const SourceOptions& options) {
  dialect_ = find_csv_dialect(*session_, files_.front(), options.known_names);
  for (size_t i = 1; i < files_.size(); ++i) {
    const CsvDialect other = find_csv_dialect(*session_, files_[i], options.known_names);
    RIFT_REQUIRE(other.names == dialect_->names && other.delimiter == dialect_->delimiter, Code::kData,
                 "{}: its columns are not those of {}", files_[i], files_.front());
  }
  for (size_t i = 0; i < dialect_->names.size(); ++i) {
    const std::string expression = fmt::format("c{}", i);
    columns_.push_back({.name = dialect_->names[i],
                        .stored = Storage::kText,
                        .expression = expression,
                        .text_expression = expression});
  }
  relation_ = csv_relation(files_, *dialect_, {});
}

std::optional<size_t> Source::find(std::string_view name) const {
  for (size_t i = 0; i < columns_.size(); ++i) {
    if (columns_[i].name == name) return i;
  }
  return std::nullopt;
}

std::vector<std::string> Source::column_names() const {
  std::vector<std::string> names;
  for (const auto& column : columns_) names.push_back(column.name);
  return names;
}

bool Source::first_line_is_a_row() const {
  if (!dialect_) return false;
  if (!dialect_->named) return true;
  const auto numbers = std::count_if(dialect_->names.begin(), dialect_->names.end(), [](const std::string& name) {
    return parse_number(name).state == NumberCell::State::kNumber;
  });
  return numbers * 2 >= static_cast<std::ptrdiff_t>(dialect_->names.size());
}

std::string Source::hint_for(const std::string& missing, const std::vector<std::string>& candidates) const {
  if (dialect_ && dialect_->spaced) {
    return fmt::format(
        "; it was taken for one column, because only , ; | and tabs separate cells; where spaces do, write a query: "
        "sql: SELECT row_number() OVER () AS id, * FROM read_csv('{}', delim = ' ', header = false)",
        files_.front());
  }
  if (first_line_is_a_row()) {
    // Its cells are values then, and none of them may be told.
    return fmt::format(
        "; its first line looks like a row: without a line of names, name all columns in a query: sql: SELECT "
        "row_number() OVER () AS id, * FROM read_csv('{}', header = false, names = ['...', '{}'])",
        files_.front(), shorten(missing));
  }
  const std::string near = nearest_name(missing, candidates);
  if (!near.empty()) return fmt::format("; did you mean '{}'?", shorten(near));
  constexpr size_t kMost = 8;
  std::vector<std::string> some;
  for (size_t i = 0; i < std::min(kMost, candidates.size()); ++i) some.push_back(shorten(candidates[i]));
  if (some.empty()) return "";
  return fmt::format(": {}{}", fmt::join(some, ", "), candidates.size() > kMost ? ", ..." : "");
}

std::string Source::sha256_of_file() const {
  RIFT_CHECK(is_single_file());
  return sha256_file(files_.front());
}

std::string Source::select(std::span<const ColumnRequest> requests, const std::string& relation) const {
  std::string list;
  for (const ColumnRequest& request : requests) {
    const SourceColumn& column = columns_[request.column];
    list += (list.empty() ? "" : ", ") + (request.as_text ? column.text_expression : column.expression);
  }
  return fmt::format("SELECT {} FROM {}", list, relation);
}

std::vector<Storage> Source::storages(std::span<const ColumnRequest> requests) const {
  std::vector<Storage> storages;
  for (const ColumnRequest& request : requests)
    storages.push_back(request.as_text ? Storage::kText : columns_[request.column].stored);
  return storages;
}

RowReader Source::open(std::span<const ColumnRequest> requests) {
  const auto& broken = json_lines_.broken;
  RIFT_REQUIRE(broken.empty(), Code::kData, "{}: {}; mend the line or take it out ({} such in the file)",
               json_lines_.broken_file, broken_json_line(broken.front()), broken.size());
  DuckStream stream = session_->stream(select(requests, relation_));
  if (stream.failure() && stream.failure()->message.find("CSV Error on Line") == std::string::npos)
    require_read(name_, stream.failure());
  return RowReader(name_, std::move(stream), storages(requests));
}

LineSpans Source::line_spans(std::span<const int64_t> numbers) const {
  // As latin-1 any bytes are read.
  const std::string lines = csv_lines_relation(files_.front(), "encoding = 'latin-1'");
  DuckStream stream = session_->stream("SELECT * FROM " + lines);
  DuckChunk chunk;
  int64_t row = 0;
  const auto next = [&]() -> std::optional<std::string_view> {
    if (!chunk || row == chunk.rows()) {
      chunk = stream.next();
      if (!chunk) return std::nullopt;
      row = 0;
    }
    return text_at(chunk.vector(0), row++);
  };
  const LineRules rules{.delimiter = dialect_->delimiter.front(),
                        .lines_before_rows = dialect_->lines_before_rows(),
                        .blank_is_row = dialect_->names.size() == 1};
  return find_line_spans(next, rules, numbers);
}

RowReader Source::open_forgiving(std::span<const ColumnRequest> requests, std::vector<BrokenLine>& rejected) {
  RIFT_CHECK(is_single_file());
  if (has_broken_json()) {
    for (const int64_t record : json_lines_.broken)
      rejected.push_back({.row = record, .why = broken_json_line(record), .is_read = true});
    return RowReader(name_, session_->stream(select(requests, relation_)), storages(requests));
  }
  RIFT_CHECK(dialect_.has_value());
  // Which lines are passed over is known at the end of a pass only, so one pass goes ahead for that alone.
  const std::string query = select(requests, csv_relation(files_, *dialect_, {.pass_over_broken = true}));
  DuckStream ahead = session_->stream(query);
  int64_t good = 0;
  while (const DuckChunk chunk = ahead.next()) good += chunk.rows();
  require_read(name_, ahead.failure());
  DuckSession::Rows rows;
  require_read(name_, session_->fetch("SELECT line, max(CAST(error_type AS VARCHAR)) FROM reject_errors GROUP BY line "
                                      "ORDER BY line",
                                      rows));
  RIFT_CHECK(!session_->run("DROP TABLE reject_errors; DROP TABLE reject_scans"));
  if (rows.empty()) return RowReader(name_, session_->stream(query), storages(requests));
  std::vector<int64_t> numbers;
  for (const auto& row : rows) numbers.push_back(std::stoll(row[0].value()));
  const LineSpans spans = line_spans(numbers);
  int64_t taken_along = 0;
  for (size_t i = 0; i < numbers.size(); ++i) {
    const LineSpan span =
        i < spans.of_numbers.size() ? spans.of_numbers[i] : LineSpan{.first_line = numbers[i], .last_line = numbers[i]};
    BrokenLine broken = broken_line(span, rows[i][1].value());
    // DuckDB cuts a file into stretches; it loses its place when an open quote reaches from one into the next.
    RIFT_REQUIRE(broken.rows == 1 || good + static_cast<int64_t>(numbers.size()) == spans.records, Code::kData,
                 "{}: {}; the rows behind it cannot be told apart", name_, broken.why);
    broken.row = numbers[i] - 1 - dialect_->lines_before_rows() - span.blank_before + taken_along;
    taken_along += broken.rows - 1;
    rejected.push_back(std::move(broken));
  }
  return RowReader(name_, session_->stream(query), storages(requests));
}

void fail_without(const Source& source, const std::string& column, const std::string& asked_by,
                  const std::vector<std::string>& candidates) {
  RIFT_FAIL(Code::kConfig, "{}: {} has no column '{}' among its {} columns{}", asked_by, source.name(), shorten(column),
            source.columns().size(), source.hint_for(column, candidates));
}

}  // namespace rift::data
