#include "rift/search/pareto.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "rift/base/error.h"

namespace rift::search {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

/// Distance of the neighbours along each objective, in shares of the front's extent, summed.
std::vector<double> crowding(const std::vector<std::vector<double>>& losses, const std::vector<size_t>& front) {
  std::vector<double> distance(front.size(), 0.0);
  std::vector<size_t> order(front.size());
  for (size_t k = 0; k < losses[front.front()].size(); ++k) {
    const auto loss = [&](size_t i) { return losses[front[i]][k]; };
    std::iota(order.begin(), order.end(), size_t{0});
    std::ranges::stable_sort(order, {}, loss);
    const double extent = loss(order.back()) - loss(order.front());
    distance[order.front()] = distance[order.back()] = kInfinity;
    if (!(extent > 0) || std::isinf(extent)) continue;
    for (size_t i = 1; i + 1 < order.size(); ++i) {
      distance[order[i]] += (loss(order[i + 1]) - loss(order[i - 1])) / extent;
    }
  }
  return distance;
}

}  // namespace

std::vector<double> losses_of(std::span<const double> values, const std::vector<Direction>& directions) {
  RIFT_CHECK(values.size() == directions.size());
  std::vector<double> losses;
  for (size_t k = 0; k < values.size(); ++k) {
    const double loss = as_loss(values[k], directions[k]);
    losses.push_back(std::isnan(loss) ? kInfinity : loss);
  }
  return losses;
}

bool dominates(std::span<const double> a, std::span<const double> b) {
  bool better = false;
  for (size_t k = 0; k < a.size(); ++k) {
    if (a[k] > b[k]) return false;
    better = better || a[k] < b[k];
  }
  return better;
}

std::vector<int64_t> fronts(const std::vector<std::vector<double>>& losses) {
  std::vector<int64_t> front(losses.size(), -1);
  size_t left = losses.size();
  for (int64_t level = 0; left > 0; ++level) {
    std::vector<size_t> found;
    for (size_t i = 0; i < losses.size(); ++i) {
      if (front[i] >= 0) continue;
      bool is_dominated = false;
      for (size_t j = 0; j < losses.size() && !is_dominated; ++j) {
        is_dominated = front[j] < 0 && dominates(losses[j], losses[i]);
      }
      if (!is_dominated) found.push_back(i);
    }
    for (const size_t i : found) front[i] = level;
    left -= found.size();
  }
  return front;
}

std::vector<size_t> best_first(const std::vector<std::vector<double>>& losses) {
  std::vector<size_t> order(losses.size());
  std::iota(order.begin(), order.end(), size_t{0});
  if (losses.empty()) return order;
  if (losses.front().size() == 1) {
    std::ranges::stable_sort(order, {}, [&](size_t i) { return losses[i].front(); });
    return order;
  }
  const std::vector<int64_t> front = fronts(losses);
  std::vector<double> distance(losses.size());
  for (int64_t level = 0; level <= *std::ranges::max_element(front); ++level) {
    std::vector<size_t> members;
    for (size_t i = 0; i < losses.size(); ++i) {
      if (front[i] == level) members.push_back(i);
    }
    const std::vector<double> of_members = crowding(losses, members);
    for (size_t i = 0; i < members.size(); ++i) distance[members[i]] = of_members[i];
  }
  std::ranges::stable_sort(order, {}, [&](size_t i) { return std::pair(front[i], -distance[i]); });
  return order;
}

std::vector<const Trial*> pareto_front(std::span<const Trial> trials, const std::vector<Direction>& directions) {
  std::vector<const Trial*> complete;
  std::vector<std::vector<double>> losses;
  for (const Trial& trial : trials) {
    if (trial.state != TrialState::kComplete || trial.values.size() != directions.size()) continue;
    complete.push_back(&trial);
    losses.push_back(losses_of(trial.values, directions));
  }
  const std::vector<int64_t> front = fronts(losses);
  std::vector<const Trial*> best;
  for (size_t i = 0; i < complete.size(); ++i) {
    if (front[i] == 0) best.push_back(complete[i]);
  }
  return best;
}

}  // namespace rift::search
