#pragma once

#include <span>
#include <string>
#include <vector>

#include "rift/validate/evaluation.h"

namespace rift::validate {

/// What each row adds to the loss by which models are compared, [N]: log loss of its class, or the squared error.
std::vector<double> row_losses(const JudgedRows& rows);
std::string loss_name(data::Task task);  // "log_loss" or "mse"

/// Weighted mean of `gain` [N] (weight empty = 1) with its percentile interval and p from one bootstrap of the rows.
PairedDifference difference_of_means(std::span<const double> gain, std::span<const double> weight, std::string metric,
                                     const EvaluationOptions& options);

}  // namespace rift::validate
