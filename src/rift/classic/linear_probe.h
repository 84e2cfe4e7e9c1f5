#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "rift/metrics/transferability.h"

namespace rift::classic {

struct LinearProbeOptions {
  int64_t classes = 2;  // 2: one output, log-odds; more: logits; 0: a regression, the value
  double c = 1.0;       // as SparseLinearOptions
};

/// What a linear model says of `asked` that was fitted on the frozen features `known`: [asked.rows * outputs]. Each
/// feature is brought to mean 0 on `known` and to deviation 1/sqrt(D), so that a row is about as long whatever the
/// model's width and `c` means the same for all of them; a feature that does not vary is left out. A regression's label
/// is standardised meanwhile. Of several classes one without rows in `known` counts as half a row's worth of
/// probability. Throws kData when the rows of `known` have one class.
std::vector<double> linear_probe(const metrics::FeatureRows& known, std::span<const double> label,
                                 const metrics::FeatureRows& asked, const LinearProbeOptions& options);

/// The strength among 1, 10, 100 and 1,000 that loses least on a fifth of `known`, of each class alike, when fitted on
/// the others (log loss, squared error); 1 when those hold one class. Which fifth: fold 0 of data::folds() of the rows'
/// places and seed 1.
double choose_probe_strength(const metrics::FeatureRows& known, std::span<const double> label, int64_t classes);

}  // namespace rift::classic
