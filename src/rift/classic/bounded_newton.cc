#include "rift/classic/bounded_newton.h"

#include <Eigen/Cholesky>
#include <optional>

#include "rift/base/error.h"
#include "rift/base/interrupt.h"

namespace rift::classic {
namespace {

Eigen::VectorXd allowed(Eigen::VectorXd at, int64_t bounded) {
  at.head(bounded) = at.head(bounded).cwiseMax(0.0);
  return at;
}

/// Unknowns that may move: all but those at the bound whose gradient points out of the allowed side.
std::vector<int64_t> free_unknowns(const Eigen::VectorXd& at, const Eigen::VectorXd& gradient, int64_t bounded) {
  std::vector<int64_t> free;
  for (int64_t j = 0; j < at.size(); ++j) {
    if (j >= bounded || at[j] > 0.0 || gradient[j] < 0.0) free.push_back(j);
  }
  return free;
}

Eigen::VectorXd newton_step(const Eigen::MatrixXd& hessian, const Eigen::VectorXd& slope,
                            const std::vector<int64_t>& free) {
  const Eigen::MatrixXd restricted = hessian(free, free);
  const Eigen::VectorXd solved = restricted.ldlt().solve(slope);
  Eigen::VectorXd step = Eigen::VectorXd::Zero(hessian.rows());
  step(free) = solved;
  return step;
}

Eigen::VectorXd diagonal_step(const Eigen::MatrixXd& hessian, const Eigen::VectorXd& slope,
                              const std::vector<int64_t>& free) {
  Eigen::VectorXd step = Eigen::VectorXd::Zero(hessian.rows());
  step(free) = slope.cwiseQuotient(hessian.diagonal()(free));
  return step;
}

struct Search {
  const Eigen::VectorXd& from;
  const Eigen::VectorXd& step;
  const Eigen::VectorXd& gradient;
  double value;
};

/// from - step, halved (and kept to the allowed side) until the value falls as the slope promises.
std::optional<Eigen::VectorXd> shorter_until_lower(const BoundedProblem& problem, const Search& search) {
  for (double length = 1.0; length > 1e-6; length *= 0.5) {
    const Eigen::VectorXd to = allowed(search.from - length * search.step, problem.bounded());
    if (problem.value(to) <= search.value - 1e-4 * search.gradient.dot(search.from - to)) return to;
  }
  return std::nullopt;
}

/// The whole step when it ends where the function is less steep.
std::optional<Eigen::VectorXd> whole_if_less_steep(const BoundedProblem& problem, const Search& search,
                                                   double steepest) {
  const Eigen::VectorXd to = allowed(search.from - search.step, problem.bounded());
  Eigen::VectorXd gradient;
  Eigen::MatrixXd hessian;
  problem.value(to, gradient, hessian);
  const double left = gradient(free_unknowns(to, gradient, problem.bounded())).cwiseAbs().maxCoeff();
  return left < steepest ? std::optional(to) : std::nullopt;
}

}  // namespace

BoundedMinimum minimise_bounded(const BoundedProblem& problem, Eigen::VectorXd start,
                                const BoundedNewtonOptions& options) {
  BoundedMinimum found{.at = std::move(start), .hessian = {}, .free = {}};
  Eigen::VectorXd gradient;
  for (;; ++found.steps) {
    throw_if_interrupted();
    const double value = problem.value(found.at, gradient, found.hessian);
    found.free = free_unknowns(found.at, gradient, problem.bounded());
    if (found.free.empty()) return found;
    const Eigen::VectorXd slope = gradient(found.free);
    const double steepest = slope.cwiseAbs().maxCoeff();
    const Eigen::VectorXd newton = newton_step(found.hessian, slope, found.free);
    std::optional<Eigen::VectorXd> to;
    if (steepest > options.tolerance) {
      RIFT_CHECK(found.steps < options.max_steps);
      to = shorter_until_lower(problem, {found.at, newton, gradient, value});
      // A projected Newton step need not descend.
      if (!to && problem.bounded() > 0) {
        const Eigen::VectorXd diagonal = diagonal_step(found.hessian, slope, found.free);
        to = shorter_until_lower(problem, {found.at, diagonal, gradient, value});
      }
    }
    if (!to) {  // rounding hides the rest of the decrease, but not of the slope
      found.at = whole_if_less_steep(problem, {found.at, newton, gradient, value}, steepest).value_or(found.at);
      return found;
    }
    found.at = *to;
  }
}

}  // namespace rift::classic
