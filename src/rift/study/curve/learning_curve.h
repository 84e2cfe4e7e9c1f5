#pragma once

#include <string>

#include "rift/base/json.h"
#include "rift/study/compare.h"

namespace rift::study {

/// Trains run.yaml's `learning_curve.models` on nested samples of the labelled rows, judges each on the same test rows
/// and says how many labels are enough; writes the directory of a curve with its report.html. Returns curve.json, see
/// curve/result.h. Of folds that the split leaves open the first is tested. A model that the data has no use for stands
/// under "skipped". Throws kConfig for sizes that there are not rows for and metrics that the task lacks, kData for
/// samples of one class and test rows that do not define the metric.
Json run_learning_curve(const StudySpec& spec);

/// curve.json as people read it on a terminal.
std::string learning_curve_text(const Json& curve);

}  // namespace rift::study
