#include <numeric>

#include "rift/base/log.h"
#include "rift/base/sentences.h"
#include "rift/data/load_dataset.h"
#include "rift/package/loaders.h"
#include "rift/study/compare.h"
#include "rift/study/scoring.h"

namespace rift::study {

Json run_evaluate(const std::filesystem::path& package_directory, const std::string& source,
                  const std::string& device) {
  const package::Package package = package::load_package(package_directory, package::all_loaders(device));
  const data::Dataset dataset = data::load_dataset(package.schema, source, {}, /*need_label=*/true);
  const Json* trained_on = package.training.find("source_sha256");
  const bool knows_rows = trained_on != nullptr && *trained_on == Json(dataset.source_sha256);
  if (knows_rows) log_warning(sentence("evaluate.same_source", fmt::arg("source", source)));
  std::vector<int64_t> rows(static_cast<size_t>(dataset.rows()));
  std::iota(rows.begin(), rows.end(), int64_t{0});
  const score::RawScores raw = score_rows(*package.scorer, dataset, rows, "scoring");
  const Judged judged(dataset, rows, raw, package.calibrator);
  return Json{{"rows", dataset.rows()},
              {"model", package.scorer->name()},
              {"package", package.digest},
              {"source_sha256", dataset.source_sha256},
              {"trained_on_this_source", knows_rows},
              {"metrics", validate::to_json(validate::evaluate(judged.rows()))},
              {"curves", validate::curves(judged.rows())}};
}

}  // namespace rift::study
