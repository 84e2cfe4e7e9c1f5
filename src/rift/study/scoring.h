#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "rift/data/dataset.h"
#include "rift/score/calibrator.h"
#include "rift/score/policy.h"
#include "rift/score/scorer.h"
#include "rift/validate/evaluation.h"

namespace rift::study {

/// Raw scores of some rows of a data set, in their order, scored batch by batch in bounded memory with a progress bar
/// (none when `progress_name` is empty). Throws kInterrupted between batches, and as require_finite().
score::RawScores score_rows(const score::Scorer& scorer, const data::Dataset& dataset, std::span<const int64_t> rows,
                            const std::string& progress_name = {});

/// Throws kData with the model and the row's number in its source for a raw score that is no finite number.
/// source_row [raw.rows], or empty: rows are counted then.
void require_finite(const score::Scorer& scorer, const score::RawScores& raw, std::span<const int64_t> source_row);

/// What was said of some rows and what came true: holds what validate::JudgedRows points to.
class Judged {
 public:
  Judged(const data::Dataset& dataset, std::span<const int64_t> rows, const score::RawScores& raw,
         const score::Calibrator& calibrator);
  validate::JudgedRows rows() const;

 private:
  data::Task task_;
  int64_t classes_;
  std::vector<double> label_, weight_, score_, probability_, quantiles_, levels_;
  std::optional<double> variance_power_;
};

/// Both limits set: what run.yaml leaves open is the bad rate of `rows` (the training rows), as any approval above it
/// would be worse than having no model.
score::PolicyOptions resolved_policy(const score::PolicyOptions& policy, const data::Dataset& dataset,
                                     std::span<const int64_t> rows);

std::vector<double> labels_of(const data::Dataset& dataset, std::span<const int64_t> rows);
std::vector<double> weights_of(const data::Dataset& dataset, std::span<const int64_t> rows);  // empty = all one
std::vector<std::string> ids_of(const data::Dataset& dataset, std::span<const int64_t> rows);

}  // namespace rift::study
