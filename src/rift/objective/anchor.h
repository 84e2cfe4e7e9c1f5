#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "rift/objective/options.h"

namespace rift::objective {

/// A stretch of flat parameter storage that had a pretrained value.
struct AnchoredSlice {
  int64_t offset = 0;
  int64_t size = 0;
};

/// lambda * L_pretrain(theta_f, theta_p) with L_pretrain = 1/2 * sum (theta - theta_p)^2 over the slices: keeps what
/// the pretrained model knew. Its gradient, lambda * (theta - theta_p), is added by the optimizer in its own pass
/// (optim::Pull). Source: L2-SP, arXiv:1802.01483, eq. 2.
template <class T>
struct Anchor {
  double lambda = 0;
  std::vector<AnchoredSlice> slices;
  std::vector<T> centre;  // theta_p, slice after slice
};

/// The anchor that `options` asks for, with theta_p = `pretrained` copied at the slices; nullopt when there is none or
/// lambda is 0, so that it costs nothing. Slices: parameters that move and were loaded (a new head has no theta_p);
/// kConfig when there are none to hold. T = float or double.
template <class T>
std::optional<Anchor<T>> make_anchor(const AnchorOptions& options, std::span<const T> pretrained,
                                     std::vector<AnchoredSlice> slices);

}  // namespace rift::objective
