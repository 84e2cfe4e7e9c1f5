#pragma once

#include <optional>
#include <span>

#include "rift/data/dataset.h"

namespace rift::study {

/// Population stability index of a feature, `actual` rows against `expected` ones (metrics/stability_index.h): numbers
/// and dates in ten bins of equally many expected rows, categories by name, the 20 most frequent in the expected rows
/// apart and all others together, missing values by themselves. Nothing for texts and columns that are not features,
/// and when either side has no rows.
std::optional<double> feature_stability(const data::Field& field, const data::Table& table,
                                        std::span<const int64_t> expected, std::span<const int64_t> actual);

}  // namespace rift::study
