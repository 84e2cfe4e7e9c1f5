#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "rift/base/enum_names.h"
#include "rift/base/json.h"
#include "rift/objective/loss_table.h"

namespace rift::objective {

constexpr auto enum_names(Form) {
  return std::to_array<EnumName<Form>>({{Form::kAsItIs, "as_it_is"},
                                        {Form::kPositive, "exp"},
                                        {Form::kQuantiles, "quantiles"},
                                        {Form::kConditional, "conditional"}});
}

/// From a head's outputs x to what the model says of a row.
///   kAsItIs       x
///   kPositive     scale * exp(x)
///   kQuantiles    shift + scale * (x_0, x_0 + softplus(x_1), x_0 + softplus(x_1) + softplus(x_2), ...)
///   kConditional  x_k the log-odds of y > k among y >= k: the log-probabilities of all C classes from C - 1 outputs,
///                 log p_k = sum over j < k of log sigmoid(x_j) + log sigmoid(-x_k), the last without its own step
/// scale and shift: of the training labels, so that a head learns numbers around 0 and 1 in any unit.
struct Link {
  Form form = Form::kAsItIs;
  double shift = 0.0;
  double scale = 1.0;
  std::vector<double> levels;            // kQuantiles
  std::optional<double> variance_power;  // kPositive: of the family whose mean it is

  /// Outputs of the head when the model says `said` numbers of a row.
  int64_t head_outputs(int64_t said) const;
  /// [N*head] -> [N*said]
  std::vector<double> apply(std::span<const double> outputs, int64_t head) const;
};

/// The link that a loss is learned with; shift 0 and scale 1.
Link link_of(const LossOptions& loss);

Json to_json(const Link& link);
Link link_from_json(const Json& json);  // throws kArtefact

}  // namespace rift::objective
