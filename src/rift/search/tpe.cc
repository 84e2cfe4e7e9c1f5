#include "rift/search/tpe.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "rift/search/pareto.h"
#include "rift/search/parzen.h"

namespace rift::search {
namespace {

constexpr double kGoodShare = 0.1;
constexpr int64_t kMostGood = 25;
constexpr int64_t kMostAttempts = 5;  // at a setting that was not tried yet

int64_t count_good(int64_t finished) {
  return std::min(kMostGood, static_cast<int64_t>(std::ceil(kGoodShare * static_cast<double>(finished))));
}

/// What TPE learns from, in two heaps.
struct Heaps {
  std::vector<const Trial*> good, rest;
};

Heaps split(std::span<const Trial> trials, const std::vector<Direction>& directions) {
  Heaps heaps;
  heaps.rest = ranked(trials, directions);
  const auto good = static_cast<std::ptrdiff_t>(count_good(static_cast<int64_t>(heaps.rest.size())));
  heaps.good.assign(heaps.rest.begin(), heaps.rest.begin() + good);
  heaps.rest.erase(heaps.rest.begin(), heaps.rest.begin() + good);
  for (const Trial& trial : trials) {
    if (trial.state == TrialState::kRunning) heaps.rest.push_back(&trial);
  }
  return heaps;
}

/// The values of those trials that have all parameters of the group, and within its ranges.
std::vector<std::vector<double>> values_of(std::span<const Trial* const> trials,
                                           const std::vector<const Dimension*>& group) {
  std::vector<std::vector<double>> all;
  for (const Trial* trial : trials) {
    std::vector<double> values;
    for (const Dimension* dimension : group) {
      const auto found = trial->parameters.find(dimension->name);
      if (found == trial->parameters.end()) break;
      if (!are_compatible(found->second.distribution, dimension->distribution)) break;
      if (!dimension->distribution.contains(found->second.value)) break;
      values.push_back(found->second.value);
    }
    if (values.size() == group.size()) all.push_back(std::move(values));
  }
  return all;
}

void put(const std::vector<double>& values, const std::vector<std::pair<std::string, Distribution>>& group,
         Assignment& assignment) {
  for (size_t d = 0; d < group.size(); ++d) assignment[group[d].first] = {values[d], group[d].second};
}

}  // namespace

std::vector<const Trial*> ranked(std::span<const Trial> trials, const std::vector<Direction>& directions) {
  std::vector<const Trial*> complete, pruned;
  for (const Trial& trial : trials) {
    if (trial.state == TrialState::kComplete && trial.values.size() == directions.size()) complete.push_back(&trial);
    if (trial.state == TrialState::kPruned) pruned.push_back(&trial);
  }
  std::vector<std::vector<double>> losses;
  for (const Trial* trial : complete) losses.push_back(losses_of(trial->values, directions));
  std::vector<const Trial*> order;
  for (const size_t i : best_first(losses)) order.push_back(complete[i]);
  const auto came_to = [&](const Trial* trial) {
    const std::optional<int64_t> step = trial->last_step();
    double loss = step ? as_loss(trial->intermediate.at(*step), directions.front()) : 0.0;
    if (std::isnan(loss)) loss = std::numeric_limits<double>::infinity();
    return std::pair(-step.value_or(-1), loss);
  };
  std::ranges::stable_sort(pruned, {}, came_to);
  order.insert(order.end(), pruned.begin(), pruned.end());
  return order;
}

TpeSampler::TpeSampler(const TpeOptions& options, const SamplerSpec& spec)
    : options_(options), space_(spec.space), directions_(spec.directions), seed_(spec.seed) {}

/// Parameters with the same conditions, in the order of the space; each group stands after those that it depends on.
std::vector<std::vector<const Dimension*>> TpeSampler::groups() const {
  std::vector<std::vector<const Dimension*>> all;
  for (const Dimension& dimension : space_.dimensions()) {
    const auto same =
        std::ranges::find_if(all, [&](const auto& group) { return group.front()->when == dimension.when; });
    if (same == all.end()) {
      all.push_back({&dimension});
    } else {
      same->push_back(&dimension);
    }
  }
  return all;
}

std::vector<std::vector<double>> TpeSampler::candidates(const std::vector<Distribution>& distributions,
                                                        const std::vector<std::vector<double>>& good,
                                                        const std::vector<std::vector<double>>& rest,
                                                        Draws& draws) const {
  const ParzenDensity promising(distributions, good), other(distributions, rest);
  std::vector<std::pair<double, std::vector<double>>> drawn;  // gain, values
  for (int64_t i = 0; i < options_.candidates; ++i) {
    std::vector<double> values = promising.draw(draws);
    const double gain = promising.log_density(values) - other.log_density(values);
    drawn.emplace_back(gain, std::move(values));
  }
  std::ranges::stable_sort(drawn, std::ranges::greater{}, [](const auto& one) { return one.first; });
  std::vector<std::vector<double>> best_first;
  for (auto& one : drawn) best_first.push_back(std::move(one.second));
  return best_first;
}

std::optional<Assignment> TpeSampler::suggest(std::span<const Trial> trials, int64_t number) const {
  const auto finished = std::ranges::count_if(trials, [](const Trial& trial) {
    return trial.state == TrialState::kComplete || trial.state == TrialState::kPruned;
  });
  if (finished < options_.startup_trials) return random_assignment(space_, seed_, number);
  const Heaps heaps = split(trials, directions_);
  Draws draws(seed_, number);
  Assignment assignment;
  for (int64_t attempt = 0; attempt < kMostAttempts; ++attempt) {
    assignment.clear();
    std::vector<std::vector<double>> last;  // what else the group that was chosen last might be, best first
    std::vector<std::pair<std::string, Distribution>> of_last;
    for (const auto& group : groups()) {
      if (!space_.is_active(*group.front(), assignment)) continue;
      std::vector<Distribution> distributions;
      of_last.clear();
      for (const Dimension* dimension : group) {
        distributions.push_back(dimension->distribution);
        of_last.emplace_back(dimension->name, dimension->distribution);
      }
      last = candidates(distributions, values_of(heaps.good, group), values_of(heaps.rest, group), draws);
      put(last.front(), of_last, assignment);
    }
    for (const std::vector<double>& values : last) {
      put(values, of_last, assignment);
      if (!was_tried(assignment, trials)) return assignment;
    }
  }
  return assignment;
}

}  // namespace rift::search
