#include "rift/metrics/power_law.h"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <vector>

#include "rift/base/error.h"

namespace rift::metrics {
namespace {

constexpr int kGrid = 200;         // rates that are tried first, evenly in their logarithm
constexpr double kNarrow = 1e-10;  // of the logarithm of the rate, where the search ends

/// The best law of one rate, in a unit of n that keeps its powers near 1.
struct Candidate {
  double floor = 0.0, scale = 0.0, loss = 0.0;
};

class Problem {
 public:
  Problem(std::span<const double> labels, std::span<const double> error, std::span<const double> weight)
      : error_(error), weight_(weight) {
    double total = 0.0, log_sum = 0.0;
    for (size_t i = 0; i < labels.size(); ++i) {
      total += weight[i];
      log_sum += weight[i] * std::log(labels[i]);
    }
    unit_ = log_sum / total;
    for (const double n : labels) log_labels_.push_back(std::log(n) - unit_);
  }

  Candidate best_of(double rate) const {
    double w = 0.0, x = 0.0, xx = 0.0, y = 0.0, xy = 0.0;
    for (size_t i = 0; i < error_.size(); ++i) {
      const double power = std::exp(-rate * log_labels_[i]);
      w += weight_[i];
      x += weight_[i] * power;
      xx += weight_[i] * power * power;
      y += weight_[i] * error_[i];
      xy += weight_[i] * power * error_[i];
    }
    Candidate candidate;
    candidate.scale = (w * xy - x * y) / (w * xx - x * x);
    candidate.floor = (y - candidate.scale * x) / w;
    if (candidate.scale < 0.0) {
      candidate = {.floor = std::max(0.0, y / w), .scale = 0.0};
    } else if (candidate.floor < 0.0) {
      candidate = {.floor = 0.0, .scale = std::max(0.0, xy / xx)};
    }
    for (size_t i = 0; i < error_.size(); ++i) {
      const double left = error_[i] - candidate.floor - candidate.scale * std::exp(-rate * log_labels_[i]);
      candidate.loss += weight_[i] * left * left;
    }
    return candidate;
  }

  double loss(double log_rate) const { return best_of(std::exp(log_rate)).loss; }
  double unit() const { return unit_; }

 private:
  std::vector<double> log_labels_;  // of n in units of exp(unit_)
  std::span<const double> error_, weight_;
  double unit_ = 0.0;
};

/// The logarithm of the best rate.
double best_log_rate(const Problem& problem) {
  const double first = std::log(kSlowestRate), last = std::log(kFastestRate);
  const double step = (last - first) / (kGrid - 1);
  int best = 0;
  double least = problem.loss(first);
  for (int i = 1; i < kGrid; ++i) {
    const double loss = problem.loss(first + step * i);
    if (loss >= least) continue;
    least = loss;
    best = i;
  }
  double low = first + step * std::max(0, best - 1), high = first + step * std::min(kGrid - 1, best + 1);
  constexpr double kGolden = 1.0 / std::numbers::phi;
  while (high - low > kNarrow) {
    const double a = high - kGolden * (high - low), b = low + kGolden * (high - low);
    if (problem.loss(a) <= problem.loss(b)) {
      high = b;
    } else {
      low = a;
    }
  }
  return (low + high) / 2;
}

}  // namespace

double PowerLaw::at(double labels) const { return floor + scale * std::pow(labels, -rate); }

double PowerLaw::doubling(double labels) const { return scale * std::pow(labels, -rate) * (1.0 - std::exp2(-rate)); }

double PowerLaw::doubling_worth_from(double worth) const {
  RIFT_CHECK(worth > 0.0);
  const double of_one = doubling(1.0);
  return of_one > 0.0 ? std::pow(of_one / worth, 1.0 / rate) : 0.0;
}

std::optional<PowerLaw> fit_power_law(std::span<const double> labels, std::span<const double> error,
                                      std::span<const double> weight) {
  RIFT_CHECK(labels.size() == error.size() && labels.size() == weight.size());
  RIFT_CHECK(std::ranges::is_sorted(labels) && (labels.empty() || labels.front() > 0.0));
  int different = labels.empty() ? 0 : 1;
  for (size_t i = 1; i < labels.size(); ++i) different += labels[i] > labels[i - 1];
  if (different < kFewestSizesOfALaw) return std::nullopt;
  const Problem problem(labels, error, weight);
  const double rate = std::exp(best_log_rate(problem));
  const Candidate best = problem.best_of(rate);
  if (!(best.scale > 0.0)) return PowerLaw{.floor = best.floor};
  return PowerLaw{.floor = best.floor, .scale = best.scale * std::exp(rate * problem.unit()), .rate = rate};
}

}  // namespace rift::metrics
