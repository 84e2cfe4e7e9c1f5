#pragma once

namespace rift {

/// 1 / (1 + exp(-z)), without overflow.
double sigmoid(double z);

/// log(p / (1 - p)), p cut to [1e-12, 1 - 1e-12].
double log_odds(double p);

/// log(1 + exp(z)), without overflow: log1p_exp(z) - y z is the log loss of a row with the log-odds z and the label y.
double log1p_exp(double z);

}  // namespace rift
