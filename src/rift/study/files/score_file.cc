#include "rift/study/files/score_file.h"

#include <vector>

#include "rift/base/error.h"
#include "rift/base/stopwatch.h"
#include "rift/data/row_stream.h"
#include "rift/data/table_writer.h"
#include "rift/package/loaders.h"
#include "rift/score/policy.h"
#include "rift/study/files/row_files.h"
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
  score::RawScores raw = package.scorer->no_scores();
  if (batch.table.rows > 0) raw = package.scorer->score(batch.table);
  require_finite(*package.scorer, raw, batch.table.source_row);
  return score::decision_table(package.schema, batch.id, raw, package.calibrator, package.policy);
}

}  // namespace

RowCounts score_file(const ScoreFileSpec& spec) {
  require_places(spec.out, spec.rejects);
  package::Package package = package::load_package(spec.package, package::all_loaders(spec.device));
  package::use_precision(package, spec.precision);
  const Stopwatch watch;
  data::RowStream stream(package.schema, spec.source);
  require_other_than_inputs({spec.out, spec.rejects}, spec.source, stream.files());
  data::TableWriter writer(spec.out, columns_of(decisions(package, {})));
  return convert_rows({[&](data::RowBatch& batch) { return stream.next(batch); },
                       [&](const data::RowBatch& batch) { return decisions(package, batch); }, spec.rejects, "scoring"},
                      writer, watch);
}

}  // namespace rift::study
