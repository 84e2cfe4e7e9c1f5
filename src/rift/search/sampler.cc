#include "rift/search/sampler.h"

#include <algorithm>
#include <cmath>

#include "rift/base/error.h"
#include "rift/search/draws.h"
#include "rift/search/tpe.h"

namespace rift::search {
namespace {

double draw(const Distribution& distribution, Draws& draws) {
  if (distribution.is_categorical()) return static_cast<double>(draws.below(distribution.count()));
  // Each whole number of a logarithmic range has the share of the half-open stretch around it.
  const double half = distribution.is_discrete() ? 0.5 * distribution.step : 0.0;
  if (distribution.log) {
    const double low = std::log(distribution.low - half), high = std::log(distribution.high + half);
    return distribution.nearest(std::exp(std::lerp(low, high, draws.uniform())));
  }
  if (distribution.is_discrete()) return distribution.at_place(draws.below(distribution.count()));
  return distribution.nearest(std::lerp(distribution.low, distribution.high, draws.uniform()));
}

class RandomSampler final : public Sampler {
 public:
  explicit RandomSampler(const SamplerSpec& spec) : space_(spec.space), seed_(spec.seed) {}
  std::optional<Assignment> suggest(std::span<const Trial>, int64_t number) const override {
    return random_assignment(space_, seed_, number);
  }

 private:
  const Space& space_;
  uint64_t seed_;
};

void extend_grid(const Space& space, size_t at, Assignment& assignment, std::vector<Assignment>& all) {
  if (static_cast<int64_t>(all.size()) >= Space::kMostGrid) return;
  if (at == space.dimensions().size()) {
    all.push_back(assignment);
    return;
  }
  const Dimension& dimension = space.dimensions()[at];
  if (!space.is_active(dimension, assignment)) {
    extend_grid(space, at + 1, assignment, all);
    return;
  }
  for (const double value : dimension.grid) {
    assignment[dimension.name] = {value, dimension.distribution};
    extend_grid(space, at + 1, assignment, all);
  }
  assignment.erase(dimension.name);
}

class GridSampler final : public Sampler {
 public:
  explicit GridSampler(const SamplerSpec& spec) : grid_(grid_assignments(spec.space)) {}
  /// The first setting that no trial has, unless an interruption has left it open.
  std::optional<Assignment> suggest(std::span<const Trial> trials, int64_t) const override {
    for (const Assignment& assignment : grid_) {
      if (!was_tried(assignment, trials)) return assignment;
    }
    return std::nullopt;
  }

 private:
  std::vector<Assignment> grid_;
};

}  // namespace

bool was_tried(const Assignment& assignment, std::span<const Trial> trials) {
  const auto same = [](const auto& one, const auto& other) {
    return one.first == other.first && one.second.value == other.second.value;
  };
  return std::ranges::any_of(
      trials, [&](const Trial& trial) { return std::ranges::equal(trial.parameters, assignment, same); });
}

Assignment random_assignment(const Space& space, uint64_t seed, int64_t number) {
  Draws draws(seed, number);
  Assignment assignment;
  for (const Dimension& dimension : space.dimensions()) {
    if (!space.is_active(dimension, assignment)) continue;
    assignment[dimension.name] = {draw(dimension.distribution, draws), dimension.distribution};
  }
  return assignment;
}

std::vector<Assignment> grid_assignments(const Space& space) {
  Assignment assignment;
  std::vector<Assignment> all;
  extend_grid(space, 0, assignment, all);
  return all;
}

std::unique_ptr<Sampler> make_sampler(const SamplerOptions& options, const SamplerSpec& spec) {
  if (const auto* tpe = std::get_if<TpeOptions>(&options.kind)) return std::make_unique<TpeSampler>(*tpe, spec);
  if (std::holds_alternative<GridOptions>(options.kind)) return std::make_unique<GridSampler>(spec);
  return std::make_unique<RandomSampler>(spec);
}

std::optional<Assignment> with_fixed(const Sampler& sampler, const Space& space, const Json* fixed,
                                     std::span<const Trial> trials, int64_t number) {
  if (fixed == nullptr || !fixed->is_object()) return sampler.suggest(trials, number);
  std::optional<Assignment> suggested;
  Assignment assignment;
  for (const Dimension& dimension : space.dimensions()) {
    if (!space.is_active(dimension, assignment)) continue;
    const Distribution& distribution = dimension.distribution;
    if (const Json* value = fixed->find(dimension.name)) {
      const double taken = distribution.internal(*value);
      RIFT_REQUIRE(distribution.contains(taken), Code::kData,
                   "trial {} waits with a value of {} that is none of the space's; delete the trial or widen the space",
                   number, dimension.name);
      assignment[dimension.name] = {taken, distribution};
      continue;
    }
    if (!suggested) suggested = sampler.suggest(trials, number);
    if (!suggested) return std::nullopt;
    const auto found = suggested->find(dimension.name);
    Draws draws(0, number);  // for one that the suggestion has no use for
    assignment[dimension.name] =
        found != suggested->end() ? found->second : Parameter{draw(distribution, draws), distribution};
  }
  return assignment;
}

}  // namespace rift::search
