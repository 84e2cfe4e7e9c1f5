#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "rift/data/dataset.h"
#include "rift/data/options.h"

namespace rift::study {

/// Rows that a model is fitted on. Ascending, disjoint.
struct FitRows {
  std::vector<int64_t> train;
  std::vector<int64_t> validation;  // may be empty
  std::vector<int64_t> together() const;
  FitRows without(const std::vector<uint8_t>& left_out) const;  // left_out [N of the data set]
};

/// The rows of one split, by what they are for.
struct Parts {
  data::Split split;
  int64_t repeat = 0;  // which drawing of the folds; splits of one repeat test different rows
  FitRows fit;
  std::vector<int64_t> known;  // train and validation: what a chosen setting is refitted on
  std::vector<int64_t> calibration;
  std::vector<int64_t> test;
};

/// Throws kData when there is nothing to train on or to test with.
Parts parts_of(data::Split split);

/// The splits of a comparison: one, or for k_fold without a `fold` each fold of each repeat in turn.
std::vector<Parts> all_parts(const data::Dataset& dataset, const data::SplitOptions& options);

/// For work with one test part: of folds that `split` leaves open the first is taken, and the log says so.
void take_one_fold(data::SplitOptions& split);

/// The name of all of them: the digest of the one split, or the SHA-256 of the digests in their order.
std::string digest_of(const std::vector<Parts>& parts);

/// Rows (of the data set's N) as flags.
std::vector<uint8_t> marked(int64_t rows, const std::vector<int64_t>& which);

}  // namespace rift::study
