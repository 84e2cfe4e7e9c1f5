#pragma once

#include <cstdint>
#include <vector>

#include "rift/data/dataset.h"
#include "rift/study/parts.h"

namespace rift::study {

/// Nested samples of the rows that a split does not test with.
class LabelSamples {
 public:
  /// One order for each of `seeds` (data::sampling_order, by key(row, 100 + seed)).
  LabelSamples(const data::Dataset& dataset, const Parts& parts, const std::vector<int64_t>& seeds);
  int64_t most() const { return most_; }
  /// The first rows of the order of seeds[seed], `labels` of them, as parts with the same test rows; where groups come
  /// whole, those that fit, at least one. Throws kData when its training rows are all of one class.
  Parts sample(int64_t labels, size_t seed) const;
  /// Every row that a sample of `labels` holds, or that is tested with, each once.
  std::vector<int64_t> rows_of_all(int64_t labels) const;

 private:
  std::vector<int64_t> rows_of(int64_t labels, size_t seed) const;

  const data::Dataset& dataset_;
  const Parts& parts_;
  std::vector<int64_t> seeds_;
  std::vector<std::vector<std::vector<int64_t>>> orders_;
  int64_t most_ = 0;
};

/// Rows of a sample whose label is used: all but the test rows. Where groups come whole it may be fewer than were asked
/// for, and another number for each seed.
int64_t labels_in(const Parts& sample);

/// The sizes in rising order, each once; without any `most` and halves of it, at most five and none below 50. Throws
/// kConfig for a size above `most`.
std::vector<int64_t> curve_sizes(std::vector<int64_t> asked, int64_t most);

}  // namespace rift::study
