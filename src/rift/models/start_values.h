#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "rift/nn/parameters.h"

namespace rift::models {

/// How an architecture's parameters begin that nobody has pretrained, by their names: what transformers 4.57 does in
/// the architecture's own _init_weights.
struct StartValues {
  struct Matrices {
    std::string ending;  // of their names
    double standard_deviation = 0.02;
  };
  double standard_deviation = 0.02;    // of matrices: normal, mean 0
  std::vector<Matrices> others;        // that begin narrower or wider
  std::optional<double> cutoff;        // in deviations; what falls beyond it is drawn again
  bool norms_count_from_one = false;   // a norm's weight begins at 0, else at 1
  std::vector<std::string> padded;     // tables whose row of padding is zero ...
  std::optional<int64_t> padding_row;  // ... this one
};

/// Fills one parameter: a bias with zeros, a norm's weight (one number a feature) and a matrix as `values` say. Throws
/// kArtefact when the row of padding lies outside its table.
void fill_start_values(nn::ParameterStore& store, const nn::Parameter& parameter, const StartValues& values,
                       uint64_t seed);

}  // namespace rift::models
