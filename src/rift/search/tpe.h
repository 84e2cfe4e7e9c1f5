#pragma once

#include "rift/search/draws.h"
#include "rift/search/sampler.h"

namespace rift::search {

/// Tree-structured Parzen estimator over all parameters at once: the best tenth of the trials (at most 25) and the rest
/// each as a density l and g (parzen.h); of some settings drawn from l the one with the largest l / g is tried.
/// Parameters with the same condition make a group: the group without one first, then each that those chosen make
/// active, out of the trials that had it. Trials that were pruned come after the complete ones, those that came further
/// first; those that run now count as not good, so that processes side by side try different things. A setting that was
/// tried is passed over for the next best one: it would give the same result again.
/// Source: Bergstra et al. (NIPS 2011); multivariate and as tuned here: Watanabe, arXiv:2304.11127.
class TpeSampler final : public Sampler {
 public:
  TpeSampler(const TpeOptions& options, const SamplerSpec& spec);
  std::optional<Assignment> suggest(std::span<const Trial> trials, int64_t number) const override;

 private:
  std::vector<std::vector<const Dimension*>> groups() const;
  /// Values of one group drawn from the density of the good ones, best first.
  std::vector<std::vector<double>> candidates(const std::vector<Distribution>& distributions,
                                              const std::vector<std::vector<double>>& good,
                                              const std::vector<std::vector<double>>& rest, Draws& draws) const;

  TpeOptions options_;
  const Space& space_;
  std::vector<Direction> directions_;
  uint64_t seed_;
};

/// COMPLETE and PRUNED trials, best first. Several objectives: by front (pareto.h), within a front those in emptier
/// neighbourhoods first.
std::vector<const Trial*> ranked(std::span<const Trial> trials, const std::vector<Direction>& directions);

}  // namespace rift::search
