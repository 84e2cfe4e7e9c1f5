#include "rift/study/files/row_files.h"

#include <algorithm>
#include <filesystem>
#include <system_error>
#include <utility>

#include "rift/base/error.h"
#include "rift/base/interrupt.h"
#include "rift/base/progress.h"
#include "rift/data/options.h"
#include "rift/package/format/manifest.h"

namespace rift::study {
namespace {

/// Two names of one file.
bool same_file(const std::filesystem::path& a, const std::filesystem::path& b) {
  std::error_code ignored;
  return std::filesystem::absolute(a).lexically_normal() == std::filesystem::absolute(b).lexically_normal() ||
         std::filesystem::equivalent(a, b, ignored);
}

}  // namespace

Rejects::Rejects(const std::string& path) {
  if (path.empty()) return;
  writer_ = std::make_unique<data::TableWriter>(
      path, std::vector<data::TableWriter::ColumnSpec>{
                {.name = "row", .storage = data::Storage::kNumber, .whole_number = true},
                {.name = "reason", .storage = data::Storage::kText, .whole_number = false}});
}

void Rejects::append(const std::vector<data::RejectedRow>& rejected) {
  if (rejected.empty()) return;
  RIFT_REQUIRE(writer_ != nullptr, Code::kData,
               "row {} cannot be read: {}; give --rejects FILE to go on without such rows", rejected.front().source_row,
               rejected.front().why);
  data::Numbers rows;
  data::Texts reasons;
  data::Table table;
  table.rows = static_cast<int64_t>(rejected.size());
  for (const data::RejectedRow& row : rejected) {
    count_ += row.rows;
    quoted_ += row.rows - 1;
    rows.values.push_back(static_cast<double>(row.source_row));
    reasons.append(row.why);
  }
  table.add({.name = "row", .values = std::move(rows)});
  table.add({.name = "reason", .values = std::move(reasons)});
  writer_->append(table);
}

void Rejects::finish() {
  if (writer_ != nullptr) writer_->finish();
}

RowCounts convert_rows(const RowConversion& conversion, data::TableWriter& writer, const Stopwatch& watch) {
  RowCounts counts;
  Rejects rejects(conversion.rejects);
  Progress progress(std::string(conversion.progress_name), 0, "rows");
  data::RowBatch batch;
  while (conversion.next(batch)) {
    throw_if_interrupted();
    const int64_t before = rejects.count();
    rejects.append(batch.rejected);
    if (batch.table.rows > 0) writer.append(conversion.convert(batch));
    counts.rows += batch.table.rows;
    progress.advance(batch.table.rows + rejects.count() - before);
  }
  rejects.finish();  // first, so that a result never stands there without the rows that it lacks
  writer.finish();
  counts.rejected = rejects.count();
  counts.quoted = rejects.quoted();
  counts.seconds = watch.seconds();
  return counts;
}

void require_places(const std::string& out, const std::string& rejects) {
  package::require_outside_of_packages(out, "--out");
  if (!rejects.empty()) package::require_outside_of_packages(rejects, "--rejects");
  RIFT_REQUIRE(rejects.empty() || !same_file(out, rejects), Code::kConfig,
               "--rejects {}: the result goes there already; name another file", rejects);
}

void require_other_than_inputs(const std::vector<std::string>& outputs, const std::string& source,
                               const std::vector<std::string>& inputs) {
  for (const std::string& out : outputs) {
    if (out.empty()) continue;
    const bool in_query = data::is_query(source) && source.find("'" + out + "'") != std::string::npos;
    const bool is_input = in_query || std::any_of(inputs.begin(), inputs.end(),
                                                  [&](const std::string& input) { return same_file(out, input); });
    RIFT_REQUIRE(!is_input, Code::kConfig, "{}: the rows are read from this file; name another one for the result",
                 out);
  }
}

}  // namespace rift::study
