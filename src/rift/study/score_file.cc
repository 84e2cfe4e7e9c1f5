#include "rift/study/score_file.h"

#include <algorithm>
#include <filesystem>
#include <memory>
#include <vector>

#include "rift/base/error.h"
#include "rift/base/interrupt.h"
#include "rift/base/progress.h"
#include "rift/base/stopwatch.h"
#include "rift/data/row_stream.h"
#include "rift/data/table_writer.h"
#include "rift/package/loaders.h"
#include "rift/score/policy.h"
#include "rift/study/scoring.h"

namespace rift::study {
namespace {

std::vector<data::TableWriter::ColumnSpec> columns_of(const data::Table& table) {
  std::vector<data::TableWriter::ColumnSpec> columns;
  for (const data::Column& column : table.columns)
    columns.push_back({.name = column.name, .storage = column.storage(), .whole_number = column.name == "points"});
  return columns;
}

data::Table decisions(const package::Package& package, const data::RowBatch& batch) {
  score::RawScores raw;
  raw.outputs = package.schema.outputs();
  if (batch.table.rows > 0) raw = package.scorer->score(batch.table);
  require_finite(*package.scorer, raw, batch.table.source_row);
  return score::decision_table(package.schema, batch.id, raw, package.calibrator, package.policy);
}

/// The rows that could not be scored: their number in the source and why.
class Rejects {
 public:
  explicit Rejects(const std::string& path) {
    if (path.empty()) return;
    writer_ = std::make_unique<data::TableWriter>(
        path, std::vector<data::TableWriter::ColumnSpec>{
                  {.name = "row", .storage = data::Storage::kNumber, .whole_number = true},
                  {.name = "reason", .storage = data::Storage::kText, .whole_number = false}});
  }
  void append(const std::vector<data::RejectedRow>& rejected) {
    if (rejected.empty()) return;
    RIFT_REQUIRE(writer_ != nullptr, Code::kData,
                 "row {} cannot be scored: {}; give --rejects FILE to go on without such rows",
                 rejected.front().source_row, rejected.front().why);
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
  void finish() {
    if (writer_ != nullptr) writer_->finish();
  }
  int64_t count() const { return count_; }
  int64_t quoted() const { return quoted_; }

 private:
  std::unique_ptr<data::TableWriter> writer_;
  int64_t count_ = 0;
  int64_t quoted_ = 0;
};

/// Two names of one file.
bool same_file(const std::filesystem::path& a, const std::filesystem::path& b) {
  std::error_code ignored;
  return std::filesystem::absolute(a).lexically_normal() == std::filesystem::absolute(b).lexically_normal() ||
         std::filesystem::equivalent(a, b, ignored);
}

/// The later of two outputs would take the place of the other.
void require_two_files(const std::string& out, const std::string& rejects) {
  RIFT_REQUIRE(rejects.empty() || !same_file(out, rejects), Code::kConfig,
               "--rejects {}: the scores go there already; name another file", rejects);
}

/// The rows must outlive the scores: no output takes the place of what is read.
void require_other_than_inputs(const ScoreFileSpec& spec, const std::vector<std::string>& inputs) {
  for (const std::string& out : {spec.out, spec.rejects}) {
    if (out.empty()) continue;
    const bool in_query = spec.source.starts_with("sql:") && spec.source.find("'" + out + "'") != std::string::npos;
    const bool is_input = in_query || std::any_of(inputs.begin(), inputs.end(),
                                                  [&](const std::string& input) { return same_file(out, input); });
    RIFT_REQUIRE(!is_input, Code::kConfig, "{}: the rows are read from this file; name another one for the result",
                 out);
  }
}

}  // namespace

ScoreFileResult score_file(const ScoreFileSpec& spec) {
  require_two_files(spec.out, spec.rejects);
  package::Package package = package::load_package(spec.package, package::all_loaders(spec.device));
  package::use_precision(package, spec.precision);
  const Stopwatch watch;
  data::RowStream stream(package.schema, spec.source);
  require_other_than_inputs(spec, stream.files());
  data::TableWriter writer(spec.out, columns_of(decisions(package, {})));
  Rejects rejects(spec.rejects);
  Progress progress("scoring", 0, "rows");
  ScoreFileResult result;
  data::RowBatch batch;
  while (stream.next(batch)) {
    throw_if_interrupted();
    const int64_t before = result.rows + rejects.count();
    rejects.append(batch.rejected);
    if (batch.table.rows > 0) writer.append(decisions(package, batch));
    result.rows += batch.table.rows;
    progress.advance(result.rows + rejects.count() - before);
  }
  writer.finish();
  rejects.finish();
  result.rejected = rejects.count();
  result.quoted = rejects.quoted();
  result.seconds = watch.seconds();
  return result;
}

}  // namespace rift::study
