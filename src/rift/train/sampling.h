#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "rift/base/json.h"
#include "rift/data/dataset.h"

namespace rift::train {

/// The training rows that a fine-tuning sees, and what that does to the log-odds it learns.
struct Sample {
  std::vector<int64_t> rows;  // of the data set, in their order; every bad one
  double base_rate = 0.0;     // share of the bad rows by weight, before the draw
  double sampled_rate = 0.0;  // and after it
  /// What is added to log-odds that were learned on the sample: good rows left out raise the odds alike everywhere, and
  /// that alone. Source: King and Zeng, Political Analysis 9 (2001), eq. 7 (prior correction).
  double shift() const;
};

/// Keeps every bad row of a binary task and as many good ones as `good_per_bad` times the bad ones; which, follows from
/// `seed` and the row's number. Throws kConfig when there are not that many good rows to choose from (the option would
/// have no effect), kData when there is no bad row, or no weight in the sample's bad or good ones.
Sample sample_rows(const data::Dataset& dataset, std::span<const int64_t> rows, double good_per_bad, uint64_t seed);

Json to_json(const Sample& sample);  // {"rows", "base_rate", "sampled_rate", "shift"}

}  // namespace rift::train
