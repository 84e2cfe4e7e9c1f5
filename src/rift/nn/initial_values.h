#pragma once

#include <cstdint>

#include "rift/nn/parameters.h"

namespace rift::nn {

/// Fresh values of a parameter. They depend on seed, name and index alone, so that a new head is the same whatever else
/// the model holds. The store must be sealed.
void fill_normal(ParameterStore& store, const Parameter& parameter, double standard_deviation, uint64_t seed);
void fill_uniform(ParameterStore& store, const Parameter& parameter, double bound,
                  uint64_t seed);  // in [-bound, bound)
void fill_zero(ParameterStore& store, const Parameter& parameter);
void fill_one(ParameterStore& store, const Parameter& parameter);

}  // namespace rift::nn
