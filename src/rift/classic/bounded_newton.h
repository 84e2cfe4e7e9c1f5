#pragma once

#include <Eigen/Core>
#include <cstdint>
#include <vector>

namespace rift::classic {

/// A convex function of a handful of unknowns, the first `bounded` of which must be >= 0.
class BoundedProblem {
 public:
  virtual ~BoundedProblem() = default;
  virtual int64_t bounded() const = 0;
  virtual double value(const Eigen::VectorXd& at) const = 0;
  /// The value; also fills gradient [U] and the full Hessian [U,U], whose diagonal is positive.
  virtual double value(const Eigen::VectorXd& at, Eigen::VectorXd& gradient, Eigen::MatrixXd& hessian) const = 0;
};

struct BoundedMinimum {
  Eigen::VectorXd at;
  Eigen::MatrixXd hessian;    // where the last step began
  std::vector<int64_t> free;  // unknowns that are not held at their bound there
  int64_t steps = 0;
};

struct BoundedNewtonOptions {
  double tolerance = 0.0;  // steepest slope of a free unknown at which the search ends
  int64_t max_steps = 100;
};

/// Projected Newton steps, halved until they descend; where the Newton step does not, one scaled by the diagonal, which
/// always does (Bertsekas 1982, prop. 1). Throws kBug when max_steps do not suffice, kInterrupted.
BoundedMinimum minimise_bounded(const BoundedProblem& problem, Eigen::VectorXd start,
                                const BoundedNewtonOptions& options);

}  // namespace rift::classic
