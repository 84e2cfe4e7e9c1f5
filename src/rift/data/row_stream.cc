#include "rift/data/row_stream.h"

#include <utility>

#include "rift/base/error.h"
#include "rift/base/interrupt.h"
#include "rift/base/sentences.h"
#include "rift/data/convert_column.h"
#include "rift/data/numbered_rows.h"
#include "rift/data/source.h"

namespace rift::data {

namespace {

std::vector<NumberedRows::Wanted> wanted_columns(const Schema& schema) {
  std::vector<NumberedRows::Wanted> wanted;
  for (const Field* field : schema.features())
    wanted.push_back({.name = field->name, .as_text = storage_of(field->kind) == Storage::kText});
  const Field* id = schema.with_role(Role::kId);
  // Last, so that features keep their places.
  if (id != nullptr) wanted.push_back({.name = id->name, .as_text = true, .optional = true});
  return wanted;
}

SourceOptions source_options(const Schema& schema, const RowStreamOptions& options) {
  SourceOptions source{.base_directory = options.base_directory, .memory_limit = options.memory_limit};
  for (const Field& field : schema.fields) source.known_names.push_back(field.name);
  return source;
}

}  // namespace

struct RowStream::Impl {
  Impl(const Schema& schema, const std::string& source, const RowStreamOptions& stream_options)
      : options(stream_options),
        rows(source, source_options(schema, stream_options), wanted_columns(schema), stream_options.asked_by) {
    RIFT_CHECK(options.batch_rows > 0);
    for (const Field* field : schema.features()) fields.push_back(*field);
    if (const Field* id = schema.with_role(Role::kId)) id_name = id->name;
  }

  bool has_id() const { return !id_name.empty() && rows.has(fields.size()); }

  /// Converts the next chunk; false at the end.
  bool refill() {
    taken = 0;
    table = {};
    if (!rows.next(chunk)) {
      chunk.rows.clear();
      return false;
    }
    std::vector<std::string> why(static_cast<size_t>(chunk.columns.front().rows()));
    table.rows = chunk.columns.front().rows();
    if (has_id()) name_rows(why);
    for (size_t i = 0; i < fields.size(); ++i) {
      Column& raw = chunk.columns[rows.place(i)];
      raw.name = fields[i].name;
      ConvertedColumn converted = convert_column(std::move(raw), fields[i].kind, style_of(fields[i]));
      for (const BadCell& cell : converted.bad) {
        std::string& reason = why[static_cast<size_t>(cell.row)];
        if (reason.empty()) {
          reason = sentence(fields[i].kind == Kind::kDate ? "reject.not_a_date" : "reject.not_a_number",
                            fmt::arg("column", shorten(fields[i].name)));
        }
      }
      table.columns.push_back(std::move(converted.column));
    }
    for (NumberedRow& row : chunk.rows) {
      if (row.chunk_row >= 0) row.why = std::move(why[static_cast<size_t>(row.chunk_row)]);
    }
    return true;
  }

  void name_rows(std::vector<std::string>& why) {
    ids = std::get<Texts>(std::move(chunk.columns[rows.place(fields.size())].values));
    for (size_t row = 0; row < why.size(); ++row) {
      if (!ids.present[row]) why[row] = sentence("reject.no_id", fmt::arg("column", shorten(id_name)));
    }
  }

  void append(RowBatch& batch, const std::vector<int64_t>& good, const std::vector<int64_t>& source_rows) {
    Table more = take(table, good);
    more.source_row = source_rows;
    for (size_t i = 0; i < good.size(); ++i)
      batch.id.push_back(has_id() ? std::string(*ids.get(good[i])) : std::to_string(source_rows[i]));
    append_rows(batch.table, std::move(more));
  }

  bool next(RowBatch& batch) {
    batch = {};
    while (batch.table.rows < options.batch_rows) {
      if (taken == chunk.rows.size() && !refill()) break;
      std::vector<int64_t> good;
      std::vector<int64_t> source_rows;
      while (taken < chunk.rows.size() && batch.table.rows + static_cast<int64_t>(good.size()) < options.batch_rows) {
        NumberedRow& row = chunk.rows[taken++];
        if (row.why.empty()) {
          good.push_back(row.chunk_row);
          source_rows.push_back(row.source_row);
        } else {
          batch.rejected.push_back({.source_row = row.source_row, .rows = row.rows, .why = std::move(row.why)});
        }
      }
      append(batch, good, source_rows);
      throw_if_interrupted();
    }
    return batch.table.rows > 0 || !batch.rejected.empty();
  }

  RowStreamOptions options;
  NumberedRows rows;
  std::vector<Field> fields;
  std::string id_name;
  NumberedChunk chunk;
  size_t taken = 0;  // rows of the chunk that have gone into a batch
  Table table;       // the chunk's rows as the schema asks
  Texts ids;
};

RowStream::RowStream(const Schema& schema, const std::string& source, const RowStreamOptions& options)
    : impl_(std::make_unique<Impl>(schema, source, options)) {}

RowStream::~RowStream() = default;

bool RowStream::next(RowBatch& batch) { return impl_->next(batch); }

const std::vector<std::string>& RowStream::files() const { return impl_->rows.files(); }

std::vector<std::string> column_names(const std::string& source) { return Source(source, {}).column_names(); }

void require_column(const std::string& source, const std::string& name, const std::string& asked_by) {
  const Source opened(source, {.known_names = {name}});
  if (!opened.find(name)) fail_without(opened, name, asked_by, opened.column_names());
}

}  // namespace rift::data
