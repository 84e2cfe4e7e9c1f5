#pragma once

#include <cstdint>
#include <limits>

#include "rift/nn/parameters.h"

namespace rift::nn {

/// Fresh values of a parameter. They depend on seed, name and index alone, so that a new head is the same whatever else
/// the model holds. The store must be sealed.
void fill_normal(ParameterStore& store, const Parameter& parameter, double standard_deviation, uint64_t seed);
/// A normal distribution of mean 0.
struct NormalValues {
  double standard_deviation = 0.02;
  double cutoff = std::numeric_limits<double>::infinity();  // in deviations; what falls beyond it is drawn again
  int64_t zero_row = -1;                                    // of a matrix, -1 = none
};
void fill_normal(ParameterStore& store, const Parameter& parameter, const NormalValues& values, uint64_t seed);
void fill_uniform(ParameterStore& store, const Parameter& parameter, double bound,
                  uint64_t seed);  // in [-bound, bound)
void fill_zero(ParameterStore& store, const Parameter& parameter);
void fill_one(ParameterStore& store, const Parameter& parameter);

}  // namespace rift::nn
