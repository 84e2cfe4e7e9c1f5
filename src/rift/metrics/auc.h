#pragma once

#include <optional>
#include <span>
#include <vector>

#include "rift/metrics/interval.h"
#include "rift/metrics/score_counts.h"

namespace rift::metrics {

/// P(score of a bad row > score of a good row) + 1/2 P(equal), over pairs of a bad and a good row, each pair weighing
/// the product of its rows' weights. Equals scikit-learn's roc_auc_score. nullopt without rows of both classes.
std::optional<double> auc(const ScoreCounts& counts);
std::optional<double> auc(std::span<const double> label, std::span<const double> score,
                          std::span<const double> weight = {});

/// Gini = 2 AUC - 1, also called accuracy ratio or Somers' D.
inline double gini_of_auc(double auc) { return 2.0 * auc - 1.0; }

/// An AUC with what each row adds to its error: Var(AUC) = sum of influence^2, and the covariance of two models that
/// scored the same rows is the sum of the products of their influences.
///   bad row i:  influence = sqrt(m / (m-1)) * w_i / W_bad  * (V10_i - AUC),  V10_i = share of good weight below it
///   good row j: influence = sqrt(n / (n-1)) * w_j / W_good * (V01_j - AUC),  V01_j = share of bad weight above it
/// m, n: bad and good rows with weight; ties count half. With unit weights this is S10/m + S01/n of DeLong et al.;
/// other weights take its sandwich form. O(N log N).
/// Source: DeLong, DeLong, Clarke-Pearson, Biometrics 44 (1988) eq. 2-5; fast placement values as in Sun & Xu, IEEE
/// Signal Processing Letters 21 (2014).
struct DeLong {
  double auc = 0.0;
  std::vector<double> influence;  // [N]
  double variance() const;
};

/// nullopt when a class has fewer than two rows with weight: one row shows no spread.
std::optional<DeLong> delong(std::span<const double> label, std::span<const double> score,
                             std::span<const double> weight = {});

/// AUC +- z * standard error, cut to [0, 1] (as pROC). A perfect ranking gets the interval [1, 1].
Estimate auc_interval(const DeLong& model, double level = 0.95);
/// The same for Gini, cut to [-1, 1].
Estimate gini_interval(const DeLong& model, double level = 0.95);

/// Paired test of two models on the same rows. difference = AUC of a - AUC of b, interval by the normal distribution.
/// When the two rank every pair alike (standard error 0), p is 1 for a difference of 0 and 0 otherwise.
struct AucDifference {
  double difference = 0.0;
  double standard_error = 0.0;
  double low = 0.0;
  double high = 0.0;
  double z = 0.0;
  double p = 1.0;  // two-sided
};
AucDifference compare_auc(const DeLong& a, const DeLong& b, double level = 0.95);

}  // namespace rift::metrics
