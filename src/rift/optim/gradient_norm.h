#pragma once

#include <span>

#include "rift/optim/optimizer.h"

namespace rift::optim {

/// Euclidean norm over the slices of all groups, summed in f64 in an order that does not depend on the number of
/// threads.
template <class T>
double gradient_norm(std::span<const T> gradient, std::span<const ParameterGroup> groups);

/// Factor that brings `norm` down to `largest`: min(1, largest / (norm + 1e-6)) as torch.nn.utils.clip_grad_norm_;
/// 1 when largest is 0 (no clipping).
double clip_factor(double norm, double largest);

}  // namespace rift::optim
