#include "rift/metrics/transferability.h"

#include <Eigen/Core>
#include <Eigen/Eigenvalues>
#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>
#include <numeric>

#include "rift/base/error.h"
#include "rift/metrics/label_scale.h"

namespace rift::metrics {
namespace {

using Matrix = Eigen::MatrixXd;
using Vector = Eigen::VectorXd;
using RowMajor = Eigen::Matrix<float, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;

constexpr int kMostSteps = 200;
constexpr double kSettled = 1e-9;  // relative change of alpha / beta

Matrix matrix_of(const FeatureRows& features) {
  RIFT_CHECK(static_cast<int64_t>(features.values.size()) == features.rows * features.width);
  return Eigen::Map<const RowMajor>(features.values.data(), features.rows, features.width).cast<double>();
}

/// F = U diag(sqrt(s)) V^T without the directions in which F has nothing.
struct Spectrum {
  Vector s;            // [r]
  Matrix projections;  // [r,T] U^T Y
};

Spectrum spectrum_of(const Matrix& f, const Matrix& y) {
  const bool tall = f.rows() >= f.cols();
  const Matrix gram = tall ? Matrix(f.transpose() * f) : Matrix(f * f.transpose());
  const Eigen::SelfAdjointEigenSolver<Matrix> eigen(gram);
  const Vector& all = eigen.eigenvalues();  // ascending
  const double largest = std::max(0.0, all[all.size() - 1]);
  const double least =
      largest * static_cast<double>(std::max(f.rows(), f.cols())) * std::numeric_limits<double>::epsilon();
  const auto rank =
      static_cast<Eigen::Index>(std::count_if(all.begin(), all.end(), [&](double s) { return s > least; }));
  Spectrum spectrum;
  spectrum.s = all.tail(rank);
  const Matrix vectors = eigen.eigenvectors().rightCols(rank);
  if (tall) {
    spectrum.projections =
        spectrum.s.cwiseSqrt().cwiseInverse().asDiagonal() * (vectors.transpose() * (f.transpose() * y));
  } else {
    spectrum.projections = vectors.transpose() * y;
  }
  return spectrum;
}

/// One column for each class that occurs, or the standardised label.
Matrix targets_of(std::span<const double> label, int64_t classes) {
  const auto n = static_cast<Eigen::Index>(label.size());
  if (classes == 0) {
    const LabelScale scale = label_scale(label).value_or(LabelScale{});
    Matrix y(n, 1);
    for (Eigen::Index i = 0; i < n; ++i) y(i, 0) = scale.scaled(label[static_cast<size_t>(i)]);
    return y;
  }
  Matrix y = Matrix::Zero(n, classes);
  for (Eigen::Index i = 0; i < n; ++i) {
    const double value = label[static_cast<size_t>(i)];
    RIFT_CHECK(value >= 0 && value < static_cast<double>(classes));
    y(i, static_cast<Eigen::Index>(value)) = 1.0;
  }
  std::vector<Eigen::Index> present;
  for (Eigen::Index c = 0; c < y.cols(); ++c) {
    if (y.col(c).any()) present.push_back(c);
  }
  return y(Eigen::all, present);
}

void require_rows(const FeatureRows& features, std::span<const double> label) {
  RIFT_CHECK(static_cast<int64_t>(label.size()) == features.rows && features.width > 0);
  RIFT_REQUIRE(features.rows > 0, Code::kData, "transferability: no rows; give labelled rows");
}

/// The evidence of one target, given x = (U^T y)^2 and what of |y|^2 lies outside of the features.
class Evidence {
 public:
  Evidence(const Vector& s, const Vector& x, double total, double rows)
      : s_(s), x_(x), outside_(std::max(0.0, total - x.sum())), least_(1e-12 * total), rows_(rows) {}

  double largest() {
    for (int step = 0; step < kMostSteps; ++step) {
      const double before = ratio();
      const double gamma = (s_.array() / (s_.array() + before)).sum();
      alpha_ = gamma / std::max(length(before), least_);
      beta_ = (rows_ - gamma) / std::max(misfit(before), least_);
      if (std::abs(ratio() - before) <= kSettled * before) break;
    }
    const double t = ratio();
    return 0.5 * (rows_ * std::log(beta_ / (2.0 * std::numbers::pi)) - beta_ * misfit(t) - alpha_ * length(t) -
                  (s_.array() / t).log1p().sum());
  }

 private:
  double ratio() const { return alpha_ / beta_; }
  double length(double t) const { return (s_.array() * x_.array() / (s_.array() + t).square()).sum(); }  // |m|^2
  double misfit(double t) const {                                                                        // |F m - y|^2
    return (x_.array() * (t / (s_.array() + t)).square()).sum() + outside_;
  }

  const Vector& s_;
  const Vector& x_;
  double outside_;
  double least_;
  double rows_;
  double alpha_ = 1.0;
  double beta_ = 1.0;
};

/// a of Ledoit and Wolf for rows that are centred; `spread`: eigenvalues of their covariance.
double ledoit_wolf(const Matrix& centred, const Vector& spread) {
  const auto n = static_cast<double>(centred.rows());
  const auto p = static_cast<double>(centred.cols());
  const double mean = spread.sum() / p;
  const double square = spread.squaredNorm();
  const double distance = square - p * mean * mean;
  const double noise = (centred.rowwise().squaredNorm().squaredNorm() - n * square) / (n * n);
  return distance > 0.0 ? std::clamp(noise / distance, 0.0, 1.0) : 0.0;
}

RowMajor unit_rows(const FeatureRows& features) {
  RowMajor rows = Eigen::Map<const RowMajor>(features.values.data(), features.rows, features.width);
  for (Eigen::Index i = 0; i < rows.rows(); ++i) {
    const float norm = rows.row(i).norm();
    if (norm > 0) rows.row(i) /= norm;
  }
  return rows;
}

}  // namespace

double log_me(const FeatureRows& features, std::span<const double> label, int64_t classes) {
  require_rows(features, label);
  const Matrix y = targets_of(label, classes);
  const Spectrum spectrum = spectrum_of(matrix_of(features), y);
  double sum = 0.0;
  for (Eigen::Index c = 0; c < y.cols(); ++c) {
    const Vector x = spectrum.projections.col(c).cwiseAbs2();
    sum += Evidence(spectrum.s, x, y.col(c).squaredNorm(), static_cast<double>(features.rows)).largest();
  }
  return sum / static_cast<double>(y.cols() * features.rows);
}

HScore h_score(const FeatureRows& features, std::span<const double> label, int64_t classes) {
  require_rows(features, label);
  RIFT_CHECK(classes > 0);
  Matrix f = matrix_of(features);
  f.rowwise() -= f.colwise().mean().eval();
  const Matrix y = targets_of(label, classes);
  const Spectrum spectrum = spectrum_of(f, y);
  // Of each direction of the features: the share of its spread that lies between the class means.
  const Vector between = spectrum.projections.cwiseAbs2() * y.colwise().sum().cwiseInverse().transpose();
  const Vector spread = spectrum.s / static_cast<double>(features.rows);
  HScore score{.plain = between.sum(), .shrunk = 0.0, .shrinkage = ledoit_wolf(f, spread)};
  const double mean = spread.sum() / static_cast<double>(features.width);
  const Vector kept = (1.0 - score.shrinkage) * spread;
  if (spread.size() > 0)
    score.shrunk = (between.array() * kept.array() / (kept.array() + score.shrinkage * mean)).sum();
  return score;
}

std::vector<double> nearest_neighbours(const FeatureRows& known, std::span<const double> label, int64_t classes,
                                       const FeatureRows& asked, int64_t k) {
  require_rows(known, label);
  RIFT_CHECK(k > 0 && asked.width == known.width);
  k = std::min(k, known.rows);
  const RowMajor from = unit_rows(known);
  const RowMajor to = unit_rows(asked);
  const int64_t outputs = std::max<int64_t>(classes, 1);
  std::vector<double> said(static_cast<size_t>(asked.rows * outputs));
  std::vector<int64_t> order(static_cast<size_t>(known.rows));
  for (int64_t i = 0; i < asked.rows; ++i) {
    const Eigen::VectorXf near = from * to.row(i).transpose();
    std::iota(order.begin(), order.end(), 0);
    std::partial_sort(order.begin(), order.begin() + k, order.end(),
                      [&](int64_t a, int64_t b) { return near[a] != near[b] ? near[a] > near[b] : a < b; });
    for (int64_t j = 0; j < k; ++j) {
      const double value = label[static_cast<size_t>(order[static_cast<size_t>(j)])];
      const auto at = static_cast<size_t>(i * outputs + (classes > 0 ? static_cast<int64_t>(value) : 0));
      said[at] += (classes > 0 ? 1.0 : value) / static_cast<double>(k);
    }
  }
  return said;
}

}  // namespace rift::metrics
