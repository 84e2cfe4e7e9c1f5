#pragma once

#include <span>
#include <vector>

#include "rift/search/distribution.h"
#include "rift/search/draws.h"

namespace rift::search {

/// A density over several parameters at once: a mixture with one kernel an observation and one as wide as the space.
/// A kernel is a product over the parameters: a normal cut to the range (of the logarithm, where that is the scale; of
/// the cell around a value that is discrete, its probability), for a choice mostly the observed one.
///   observations [N][D], D = distributions, the values as trials hold them
/// Source: Bergstra et al., Algorithms for Hyper-Parameter Optimization (NIPS 2011), sec. 4; kernels over all
/// parameters at once and the least width: Watanabe, arXiv:2304.11127, sec. 3.
class ParzenDensity {
 public:
  ParzenDensity(std::span<const Distribution> distributions, std::span<const std::vector<double>> observations);

  std::vector<double> draw(Draws& draws) const;  // [D]
  double log_density(std::span<const double> values) const;

 private:
  struct Axis {
    Distribution distribution;
    double low = 0.0, high = 1.0;       // on the scale of the kernels, half a step beyond the ends of a discrete one
    std::vector<double> centre, width;  // [kernels]; empty for a choice
    std::vector<double> observed;       // [kernels - 1]; of a choice
  };
  double log_kernel(const Axis& axis, size_t kernel, double value) const;
  double draw_from(const Axis& axis, size_t kernel, Draws& draws) const;

  std::vector<Axis> axes_;
  size_t kernels_ = 1;
};

}  // namespace rift::search
