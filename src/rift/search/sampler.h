#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "rift/search/options.h"
#include "rift/search/space.h"
#include "rift/search/trial.h"

namespace rift::search {

/// What a sampler chooses by.
struct SamplerSpec {
  const Space& space;
  std::vector<Direction> directions;
  uint64_t seed = 1;
};

/// Chooses the settings of trials. What it chooses follows from seed, the trial's number and the trials that there are:
/// several processes on one study draw different numbers, and a study that goes on draws what it would have drawn.
class Sampler {
 public:
  virtual ~Sampler() = default;
  /// A value for every active parameter; nullopt when there is nothing left to try (grid).
  virtual std::optional<Assignment> suggest(std::span<const Trial> trials, int64_t number) const = 0;
};

std::unique_ptr<Sampler> make_sampler(const SamplerOptions& options, const SamplerSpec& spec);

/// A value for every active parameter, `fixed` where it names one (Optuna's enqueue_trial(), a retried trial); the rest
/// as the sampler suggests. Throws kData where a fixed value is none of the parameter's.
std::optional<Assignment> with_fixed(const Sampler& sampler, const Space& space, const Json* fixed,
                                     std::span<const Trial> trials, int64_t number);

/// Whether some trial, in whatever state, has these parameters with these values and no others.
bool was_tried(const Assignment& assignment, std::span<const Trial> trials);

/// Uniform in each parameter, or in its logarithm.
Assignment random_assignment(const Space& space, uint64_t seed, int64_t number);

/// All settings of the grid in the order of the space, the last parameter fastest; at most Space::kMostGrid.
std::vector<Assignment> grid_assignments(const Space& space);

}  // namespace rift::search
