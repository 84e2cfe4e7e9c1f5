#pragma once

#include <cstdint>
#include <span>

namespace rift::score {

struct PlattFit {
  double slope = 1.0;
  double intercept = 0.0;
};

/// pd = sigmoid(slope * log_odds + intercept) of the largest weighted likelihood with targets (B + 1) / (B + 2) for bad
/// rows and 1 / (G + 2) for good ones, B and G the weights of the classes. Newton's method with step halving. A score
/// that ranks the wrong way round gets slope 0: every row the same pd. scikit-learn's _SigmoidCalibration has
/// a = -slope, b = -intercept. Source: Platt (1999); Lin, Lin, Weng, Machine Learning 68 (2007).
PlattFit fit_platt(std::span<const double> log_odds, std::span<const double> labels, std::span<const double> weights);

/// 1 / temperature of the largest weighted likelihood of softmax(logits / temperature), kept in [0.01, 100]: rows that
/// are classified no better than by chance have no finite optimum. As in Platt's scaling a row of class c counts as one
/// only to (N_c + 1) / (N_c + 2), N_c the weight of the class, and the rest is spread over the other classes: a few
/// rows that are all classified rightly are no proof of certainty. logits [N*C]. Source: Guo et al., ICML 2017,
/// sec. 4.2; the targets are Platt's (1999).
double fit_inverse_temperature(std::span<const double> logits, int64_t classes, std::span<const double> labels,
                               std::span<const double> weights);

struct BetaFit {
  double a = 1.0;
  double b = 1.0;
  double c = 0.0;
  /// Calibrated log-odds of a row: a log p - b log(1 - p) + c with p = sigmoid(log_odds).
  double log_odds(double log_odds) const;
};

/// Beta calibration of the largest weighted likelihood, with Platt's targets as fit_platt(). a or b below 0 would turn
/// a part of the ranking round: it is held at 0 and the others are fitted again. Source: Kull, Silva Filho, Flach,
/// AISTATS 2017, sec. 3 and the remark on negative parameters in sec. 4; their targets are 0 and 1.
BetaFit fit_beta(std::span<const double> log_odds, std::span<const double> labels, std::span<const double> weights);

}  // namespace rift::score
