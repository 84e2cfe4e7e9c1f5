#pragma once

#include <span>
#include <vector>

namespace rift::objective {

/// log of the softmax of a row's logits [C].
std::vector<double> log_softmax(std::span<const double> logits);

/// The class that a target names; kBug for another than 0 .. classes-1.
size_t class_of(double target, size_t classes);

}  // namespace rift::objective
