#pragma once

#include <string>
#include <vector>

#include "rift/base/json.h"
#include "rift/data/schema.h"
#include "rift/score/scorer.h"

/// Whether a package scores here as it did where it was made: same bytes are promised for one kind of machine and one
/// set of libraries only.
namespace rift::package {

/// How far `score` (binary: sigmoid of the log-odds, several classes: softmax, regression: relative to 1 +
/// |prediction|) may be from what it was where the package was made (docs/architecture.md, "Same bytes").
inline constexpr double kScoreTolerance = 1e-5;

/// The largest difference of `score` between two sets of raw scores [N*outputs] of the same rows; infinite when they
/// are not of one size.
double largest_score_difference(data::Task task, const std::vector<double>& published, const score::RawScores& here);

/// "lightgbm 4.6.0 there and 4.7.0 here, cpu_features ..." out of describe_environment() there and here; empty when
/// both are alike. The number of threads does not count.
std::string environment_differences(const Json& there, const Json& here);

}  // namespace rift::package
