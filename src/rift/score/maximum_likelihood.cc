#include "rift/score/maximum_likelihood.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>
#include <vector>

#include "rift/base/error.h"
#include "rift/base/log_odds.h"

namespace rift::score {
namespace {

constexpr int kMostSteps = 200;
constexpr double kColdest = 100.0;    // largest 1 / temperature
constexpr double kHottest = 0.01;     // smallest
constexpr double kTolerance = 1e-10;  // of a gradient per unit of weight

/// Negative log-likelihood of slope and intercept with its first and second derivatives.
struct PlattObjective {
  std::span<const double> log_odds;
  std::vector<double> targets;
  std::span<const double> weights;

  struct Derivatives {
    double slope = 0, intercept = 0, slope_slope = 0, slope_intercept = 0, intercept_intercept = 0;
  };
  double value(const PlattFit& at, Derivatives* out = nullptr) const {
    double sum = 0.0;
    for (size_t i = 0; i < log_odds.size(); ++i) {
      const double weight = weights.empty() ? 1.0 : weights[i];
      const double z = at.slope * log_odds[i] + at.intercept;
      sum += weight * (log1p_exp(z) - targets[i] * z);
      if (out == nullptr) continue;
      const double p = sigmoid(z);
      const double residual = weight * (p - targets[i]);
      const double curvature = weight * p * (1.0 - p);
      out->slope += residual * log_odds[i];
      out->intercept += residual;
      out->slope_slope += curvature * log_odds[i] * log_odds[i];
      out->slope_intercept += curvature * log_odds[i];
      out->intercept_intercept += curvature;
    }
    return sum;
  }
};

/// Platt's targets: of good and of bad rows.
struct SmoothedTargets {
  double good = 0, bad = 0;
};
SmoothedTargets smoothed_targets(std::span<const double> labels, std::span<const double> weights) {
  double of_class[2] = {0, 0};
  for (size_t i = 0; i < labels.size(); ++i) of_class[labels[i] > 0.5] += weights.empty() ? 1.0 : weights[i];
  return {1.0 / (of_class[0] + 2.0), (of_class[1] + 1.0) / (of_class[1] + 2.0)};
}

using Three = std::array<double, 3>;

/// Negative log-likelihood of sigmoid(theta . (log p, -log(1 - p), 1)).
struct BetaObjective {
  std::vector<Three> rows;
  std::vector<double> targets;
  std::span<const double> weights;

  double value(const Three& theta, Three* slope = nullptr, std::array<Three, 3>* curvature = nullptr) const {
    double sum = 0.0;
    if (slope != nullptr) *slope = {};
    if (curvature != nullptr) *curvature = {};
    for (size_t i = 0; i < rows.size(); ++i) {
      const double weight = weights.empty() ? 1.0 : weights[i];
      double z = 0.0;
      for (size_t k = 0; k < 3; ++k) z += theta[k] * rows[i][k];
      sum += weight * (log1p_exp(z) - targets[i] * z);
      if (slope == nullptr) continue;
      const double p = sigmoid(z);
      for (size_t k = 0; k < 3; ++k) {
        (*slope)[k] += weight * (p - targets[i]) * rows[i][k];
        for (size_t j = 0; j < 3; ++j) (*curvature)[k][j] += weight * p * (1.0 - p) * rows[i][k] * rows[i][j];
      }
    }
    return sum;
  }
};

/// The solution of (m + ridge) x = -v over the unknowns that are `free`; 0 for the others. Gaussian elimination with
/// pivots; m is positive semi-definite.
Three newton_step(std::array<Three, 3> m, Three v, const std::array<bool, 3>& free) {
  const double ridge = 1e-12 * (m[0][0] + m[1][1] + m[2][2]);
  for (size_t k = 0; k < 3; ++k) {
    v[k] = free[k] ? -v[k] : 0.0;
    for (size_t j = 0; j < 3; ++j)
      if (!free[k] || !free[j]) m[k][j] = 0.0;
    m[k][k] = free[k] ? m[k][k] + ridge : 1.0;
  }
  for (size_t k = 0; k < 3; ++k) {
    size_t pivot = k;
    for (size_t j = k + 1; j < 3; ++j)
      if (std::abs(m[j][k]) > std::abs(m[pivot][k])) pivot = j;
    std::swap(m[k], m[pivot]);
    std::swap(v[k], v[pivot]);
    for (size_t j = k + 1; j < 3; ++j) {
      const double share = m[j][k] / m[k][k];
      for (size_t l = k; l < 3; ++l) m[j][l] -= share * m[k][l];
      v[j] -= share * v[k];
    }
  }
  Three x{};
  for (size_t k = 3; k-- > 0;) {
    x[k] = v[k];
    for (size_t j = k + 1; j < 3; ++j) x[k] -= m[k][j] * x[j];
    x[k] /= m[k][k];
  }
  return x;
}

/// Newton's method with step halving over the unknowns that are `free`.
Three fit_free(const BetaObjective& objective, Three at, const std::array<bool, 3>& free, double total) {
  Three slope{};
  std::array<Three, 3> curvature{};
  double value = objective.value(at, &slope, &curvature);
  for (int step = 0; step < kMostSteps; ++step) {
    const Three by = newton_step(curvature, slope, free);
    double expected = 0.0, largest = 0.0;
    for (size_t k = 0; k < 3; ++k) {
      expected += by[k] * slope[k];
      if (free[k]) largest = std::max(largest, std::abs(slope[k]));
    }
    if (largest < kTolerance * total) break;
    Three next = at;
    double next_value = value;
    for (double share = 1.0; share > 1e-12; share *= 0.5) {
      for (size_t k = 0; k < 3; ++k) next[k] = at[k] + share * by[k];
      next_value = objective.value(next);
      if (next_value <= value + 1e-4 * share * expected) break;
    }
    if (!(next_value < value)) break;  // as good as the arithmetic allows
    at = next;
    value = objective.value(at, &slope, &curvature);
  }
  return at;
}

double total_weight(size_t rows, std::span<const double> weights) {
  double total = 0.0;
  for (size_t i = 0; i < rows; ++i) total += weights.empty() ? 1.0 : weights[i];
  return total;
}

}  // namespace

PlattFit fit_platt(std::span<const double> log_odds, std::span<const double> labels, std::span<const double> weights) {
  RIFT_CHECK(labels.size() == log_odds.size() && (weights.empty() || weights.size() == labels.size()));
  double bad = 0.0;
  for (size_t i = 0; i < labels.size(); ++i)
    if (labels[i] > 0.5) bad += weights.empty() ? 1.0 : weights[i];
  const double total = total_weight(labels.size(), weights);
  const auto [good_target, bad_target] = smoothed_targets(labels, weights);
  PlattObjective objective{log_odds, {}, weights};
  for (double label : labels) objective.targets.push_back(label > 0.5 ? bad_target : good_target);

  const double mean_target = (bad * bad_target + (total - bad) * good_target) / total;
  const PlattFit flat{0.0, std::log(mean_target / (1.0 - mean_target))};
  PlattFit at = flat;
  PlattObjective::Derivatives d;
  double value = objective.value(at, &d);
  if (d.slope >= 0.0) return flat;  // convex: no positive slope is better than none
  for (int step = 0; step < kMostSteps; ++step) {
    const double ridge = 1e-12 * (d.slope_slope + d.intercept_intercept);
    const double a = d.slope_slope + ridge, b = d.slope_intercept, c = d.intercept_intercept + ridge;
    const double determinant = a * c - b * b;
    const double slope_step = (b * d.intercept - c * d.slope) / determinant;
    const double intercept_step = (b * d.slope - a * d.intercept) / determinant;
    double share = 1.0;
    PlattFit next = at;
    double next_value = value;
    for (; share > 1e-12; share *= 0.5) {
      next = {at.slope + share * slope_step, at.intercept + share * intercept_step};
      next_value = objective.value(next);
      if (next_value <= value + 1e-4 * share * (slope_step * d.slope + intercept_step * d.intercept)) break;
    }
    if (!(next_value < value)) break;  // as good as the arithmetic allows
    at = next;
    d = {};
    value = objective.value(at, &d);
    if (std::max(std::abs(d.slope), std::abs(d.intercept)) < kTolerance * total) break;
  }
  return {std::max(at.slope, 0.0), at.intercept};
}

double fit_inverse_temperature(std::span<const double> logits, int64_t classes, std::span<const double> labels,
                               std::span<const double> weights) {
  const auto c = static_cast<size_t>(classes);
  RIFT_CHECK(c > 1 && logits.size() == labels.size() * c);
  std::vector<double> target(c);  // of a row's own class
  for (size_t i = 0; i < labels.size(); ++i)
    target[static_cast<size_t>(labels[i])] += weights.empty() ? 1.0 : weights[i];
  for (double& of_class : target) of_class = (of_class + 1.0) / (of_class + 2.0);
  // First derivative of the negative log-likelihood in 1/T: sum of w * (mean logit under softmax - mean logit under the
  // targets); it rises, so its zero is found by bisection, which needs no safeguard.
  const auto derivative = [&](double inverse) {
    double sum = 0.0;
    for (size_t i = 0; i < labels.size(); ++i) {
      const auto row = logits.subspan(i * c, c);
      const double largest = *std::max_element(row.begin(), row.end());
      double total = 0.0, mean = 0.0, all = 0.0;
      for (double logit : row) {
        const double share = std::exp(inverse * (logit - largest));
        total += share;
        mean += share * (logit - largest);
        all += logit - largest;
      }
      const auto label = static_cast<size_t>(labels[i]);
      const double own = row[label] - largest;
      const double others = (all - own) / static_cast<double>(c - 1);
      const double wanted = target[label] * own + (1.0 - target[label]) * others;
      sum += (weights.empty() ? 1.0 : weights[i]) * (mean / total - wanted);
    }
    return sum;
  };
  double low = std::log(kHottest), high = std::log(kColdest);
  if (derivative(kHottest) >= 0.0) return kHottest;
  if (derivative(kColdest) <= 0.0) return kColdest;
  for (int step = 0; step < 60; ++step) {
    const double middle = 0.5 * (low + high);
    (derivative(std::exp(middle)) < 0.0 ? low : high) = middle;
  }
  return std::exp(0.5 * (low + high));
}

double BetaFit::log_odds(double log_odds) const { return b * log1p_exp(log_odds) - a * log1p_exp(-log_odds) + c; }

BetaFit fit_beta(std::span<const double> log_odds, std::span<const double> labels, std::span<const double> weights) {
  RIFT_CHECK(labels.size() == log_odds.size() && (weights.empty() || weights.size() == labels.size()));
  const SmoothedTargets targets = smoothed_targets(labels, weights);
  BetaObjective objective{.rows = {}, .targets = {}, .weights = weights};
  for (size_t i = 0; i < labels.size(); ++i) {
    objective.rows.push_back({-log1p_exp(-log_odds[i]), log1p_exp(log_odds[i]), 1.0});
    objective.targets.push_back(labels[i] > 0.5 ? targets.bad : targets.good);
  }
  const double total = total_weight(labels.size(), weights);
  std::array<bool, 3> free = {true, true, true};
  Three at = {1.0, 1.0, 0.0};
  for (;;) {
    at = fit_free(objective, at, free, total);
    const size_t lower = at[0] < at[1] ? 0 : 1;
    if (at[lower] >= 0.0) break;
    free[lower] = false;
    at[lower] = 0.0;
  }
  return {at[0], at[1], at[2]};
}

}  // namespace rift::score
