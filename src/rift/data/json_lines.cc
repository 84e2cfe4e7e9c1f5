#include "rift/data/json_lines.h"

#include "rift/base/error.h"
#include "rift/data/source_error.h"

namespace rift::data {

namespace {

std::string objects_of(const std::string& files) {
  return fmt::format("read_ndjson_objects({}, ignore_errors = true)", files);
}

/// The line that DuckDB 1.5.5's own message names is not always the one.
std::vector<int64_t> broken_lines(DuckSession& session, const std::string& file, const std::string& name) {
  DuckStream stream =
      session.stream("SELECT coalesce(json_type(json) <> 'OBJECT', true) FROM " + objects_of(sql_file(file)));
  std::vector<int64_t> broken;
  int64_t record = 0;
  while (const DuckChunk chunk = stream.next()) {
    const auto* is_broken = static_cast<const bool*>(duckdb_vector_get_data(chunk.vector(0)));
    for (int64_t row = 0; row < chunk.rows(); ++row, ++record) {
      if (is_broken[row]) broken.push_back(record);
    }
  }
  require_read(name, stream.failure());
  return broken;
}

}  // namespace

JsonLines find_json_lines(DuckSession& session, std::span<const std::string> files, const std::string& name) {
  JsonLines lines{
      .relation = fmt::format("read_json({}, format = 'newline_delimited', sample_size = -1)", sql_files(files)),
      .broken_file = {},
      .broken = {}};
  DuckSession::Rows rows;
  const auto failure = session.fetch("DESCRIBE SELECT * FROM " + lines.relation, rows);
  if (!failure || failure->message.find("Malformed JSON") == std::string::npos) {
    require_read(name, failure);
    return lines;
  }
  for (size_t i = 0; i < files.size() && lines.broken.empty(); ++i) {
    lines.broken_file = files[i];
    lines.broken = broken_lines(session, files[i], name);
  }
  if (lines.broken.empty()) require_read(name, failure);
  // DuckDB 1.5.5's read_json(ignore_errors) also loses the row behind a line that is cut short; this does not.
  const std::string objects = objects_of(sql_files(files));
  rows.clear();
  require_read(name, session.fetch("SELECT CAST(json_group_structure(json) AS VARCHAR) FROM " + objects +
                                       " WHERE json_type(json) = 'OBJECT'",
                                   rows));
  RIFT_REQUIRE(rows.size() == 1 && rows[0][0].has_value(), Code::kData, "{}: no line of it is an object of JSON", name);
  lines.relation = fmt::format("(SELECT r.* FROM (SELECT json_transform(json, {}) AS r FROM {}))",
                               sql_text(rows[0][0].value()), objects);
  return lines;
}

std::string broken_json_line(int64_t record) {
  return fmt::format("line {} (blank lines do not count) is not JSON", record + 1);
}

}  // namespace rift::data
