#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "rift/objective/options.h"

namespace rift::objective {

/// A stretch of flat parameter storage that had a pretrained value.
struct AnchoredSlice {
  int64_t offset = 0;
  int64_t size = 0;
};

/// lambda * L_pretrain(theta_f, theta_p): keeps what the pretrained model knew. T = float or double.
template <class T>
class Anchor {
 public:
  virtual ~Anchor() = default;
  /// gradient += lambda * dL_pretrain/dtheta; returns L_pretrain, without lambda.
  virtual double add_gradient(std::span<const T> theta, std::span<T> gradient) const = 0;
  virtual double lambda() const = 0;
};

/// The anchor that `options` asks for, with theta_p = `pretrained` copied at the slices; nullptr when there is none or
/// lambda is 0, so that it costs nothing. Slices: parameters that move and were loaded (a new head has no theta_p);
/// kConfig when there are none to hold.
template <class T>
std::unique_ptr<Anchor<T>> make_anchor(const AnchorOptions& options, std::span<const T> pretrained,
                                       std::vector<AnchoredSlice> slices);

}  // namespace rift::objective
