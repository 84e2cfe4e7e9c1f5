#include <numeric>

#include "rift/base/log.h"
#include "rift/base/sentences.h"
#include "rift/data/load_dataset.h"
#include "rift/package/loaders.h"
#include "rift/score/precision.h"
#include "rift/study/compare.h"
#include "rift/study/scoring.h"

namespace rift::study {

Json run_evaluate(const EvaluateSpec& spec) {
  package::Package package = package::load_package(spec.package, package::all_loaders(spec.device));
  const data::Dataset dataset = data::load_dataset(package.schema, spec.source, {}, /*need_label=*/true);
  const bool knows_rows = package::was_trained_on(package.training, dataset.source_sha256);
  if (knows_rows) log_warning(sentence("evaluate.same_source", fmt::arg("source", spec.source)));
  std::vector<int64_t> rows(static_cast<size_t>(dataset.rows()));
  std::iota(rows.begin(), rows.end(), int64_t{0});
  // This is a measurement, so it asks for none that stands in the package.
  package::compute_in(package, spec.precision);
  const score::RawScores raw = score_rows(*package.scorer, dataset, rows, "scoring");
  const Judged judged(dataset, rows, raw, package.calibrator);
  Json json{{"rows", dataset.rows()},
            {"model", package.scorer->name()},
            {"precision", name_of(spec.precision)},
            {"package", package.digest},
            {"source_sha256", dataset.source_sha256},
            {"trained_on_this_source", knows_rows},
            {"metrics", validate::to_json(validate::evaluate(judged.rows()))},
            {"curves", validate::curves(judged.rows())}};
  if (spec.precision != score::Precision::kF32) {
    package::compute_in(package, score::Precision::kF32);
    const score::RawScores f32 = score_rows(*package.scorer, dataset, rows, "scoring in f32 for comparison");
    const score::MeasuredRows measured{
        .task = dataset.schema.task, .rows_from = "evaluated", .label = dataset.label, .weight = dataset.weight};
    json["precision_change"] = score::to_json({score::measure_change(measured, f32, spec.precision, raw)}).at(0);
  }
  return json;
}

}  // namespace rift::study
