#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "rift/objective/options.h"

namespace rift::objective {

/// A stretch of flat parameter storage that an anchor holds.
struct AnchoredSlice {
  int64_t offset = 0;
  int64_t size = 0;
};

/// lambda * L_pretrain(theta_f, theta_p) with L_pretrain = 1/2 * sum of rates * (theta - centre)^2 over the slices. Its
/// gradient, lambda * rates * (theta - centre), is added by the optimizer in its own pass (optim::Pull).
///   l2_sp: centre = theta_p (arXiv:1802.01483, eq. 2);  l2: centre = 0
///   ewc: centre = theta_p, rates = the diagonal Fisher information (arXiv:1612.00796, eq. 3)
template <class T>
struct Anchor {
  double lambda = 0;
  std::vector<AnchoredSlice> slices;
  std::vector<T> centre;  // slice after slice
  std::vector<T> rates;   // of each element, as centre; empty = all 1
};

/// The anchor that `options` asks for, with theta_p = `pretrained` copied at the slices; nullopt when there is none,
/// when it is of another kind than these, when lambda is 0 or nothing is held, so that it costs nothing.
/// `rates`: of ewc. T = float or double.
template <class T>
std::optional<Anchor<T>> make_anchor(const AnchorOptions& options, std::span<const T> pretrained,
                                     std::vector<AnchoredSlice> slices, std::vector<T> rates = {});

}  // namespace rift::objective
