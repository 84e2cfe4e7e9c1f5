#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "rift/metrics/interval.h"

namespace rift::study {

/// What is known of a model that could be fine-tuned.
struct Candidate {
  std::string name;
  std::vector<double> folds;  // a linear probe's figure of each fold, higher is better; the same folds for every model
  double rows_per_second = 0.0;
  double unknown_share = 0.0;  // of its tokens of these rows
  double cut_share = 0.0;      // of the rows, which it reads the beginning of only
};

/// Which of several candidates to take: the best probe, unless one that is not worse by more than noise is much
/// cheaper.
struct Recommendation {
  size_t best = 0;  // by the mean of the folds; of equal ones the first
  size_t take =
      0;  // the fastest of `best` and those within noise, if it is 1.5 times as fast as the best, else the best
  struct Other {
    size_t candidate = 0;
    metrics::Estimate
        behind;  // of the best: paired over the folds, level .95 for all comparisons together (Bonferroni)
    bool within_noise = false;
    double times_as_fast = 1.0;
  };
  std::vector<Other> others;  // in the order of the candidates

  const Other* find(size_t candidate) const;
};
inline constexpr double kMuchFaster = 1.5;
inline constexpr double kSmallGap = 0.01;     // of AUC, accuracy or R2
inline constexpr double kManyUnknown = 0.05;  // tokens that a model which suits the texts hardly has
inline constexpr double kManyCut = 0.5;       // rows

/// nullopt without candidates.
std::optional<Recommendation> recommend(const std::vector<Candidate>& candidates);

/// In words and in the current language. `metric`: of the folds ("auc", "accuracy", "r2"); `chance`: what a model says
/// that knows nothing of the row. Says too where the texts do not suit the model that is taken.
std::string recommendation_text(const std::vector<Candidate>& candidates, const Recommendation& recommendation,
                                const std::string& metric, double chance);

}  // namespace rift::study
