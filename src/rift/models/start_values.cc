#include "rift/models/start_values.h"

#include <algorithm>

#include "rift/base/error.h"
#include "rift/nn/initial_values.h"

namespace rift::models {
namespace {

nn::NormalValues normal_values(const nn::Parameter& parameter, const StartValues& values) {
  nn::NormalValues normal{.standard_deviation = values.standard_deviation};
  for (const StartValues::Matrices& other : values.others) {
    if (parameter.name.ends_with(other.ending)) normal.standard_deviation = other.standard_deviation;
  }
  if (values.cutoff) normal.cutoff = *values.cutoff;
  if (!values.padding_row || std::ranges::find(values.padded, parameter.name) == values.padded.end()) return normal;
  RIFT_REQUIRE(*values.padding_row >= 0 && *values.padding_row < parameter.shape[0], Code::kArtefact,
               "pad_token_id: {} is outside the {} rows of {}", *values.padding_row, parameter.shape[0],
               shorten(parameter.name));
  normal.zero_row = *values.padding_row;
  return normal;
}

}  // namespace

void fill_start_values(nn::ParameterStore& store, const nn::Parameter& parameter, const StartValues& values,
                       uint64_t seed) {
  if (parameter.name.ends_with("bias")) {
    nn::fill_zero(store, parameter);
  } else if (parameter.shape.size() == 1) {  // a norm's weight
    values.norms_count_from_one ? nn::fill_zero(store, parameter) : nn::fill_one(store, parameter);
  } else {
    nn::fill_normal(store, parameter, normal_values(parameter, values), seed);
  }
}

}  // namespace rift::models
