#include "rift/metrics/classification.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "rift/base/error.h"

namespace rift::metrics {
namespace {

struct Margins {
  std::vector<double> truth;   // [C]
  std::vector<double> called;  // [C]
  double correct = 0.0;
};

Margins margins(const ConfusionMatrix& matrix) {
  const auto classes = static_cast<size_t>(matrix.classes);
  Margins sums{.truth = std::vector<double>(classes), .called = std::vector<double>(classes)};
  for (size_t i = 0; i < classes; ++i) {
    for (size_t j = 0; j < classes; ++j) {
      sums.truth[i] += matrix.weights[i * classes + j];
      sums.called[j] += matrix.weights[i * classes + j];
    }
    sums.correct += matrix.weights[i * classes + i];
  }
  return sums;
}

double dot(const std::vector<double>& a, const std::vector<double>& b) {
  return std::inner_product(a.begin(), a.end(), b.begin(), 0.0);
}

}  // namespace

double ConfusionMatrix::total() const { return std::accumulate(weights.begin(), weights.end(), 0.0); }

ConfusionMatrix confusion_matrix(std::span<const double> label, std::span<const double> predicted, int64_t classes,
                                 std::span<const double> weight) {
  RIFT_CHECK(classes > 0);
  check_rows(label, predicted, weight);
  check_classes(label, classes, "label");
  check_classes(predicted, classes, "predicted class");
  ConfusionMatrix matrix{.classes = classes, .weights = std::vector<double>(static_cast<size_t>(classes * classes))};
  for (size_t row = 0; row < label.size(); ++row) {
    const int64_t cell = static_cast<int64_t>(label[row]) * classes + static_cast<int64_t>(predicted[row]);
    matrix.weights[static_cast<size_t>(cell)] += weight_of(weight, row);
  }
  return matrix;
}

std::vector<double> called_bad(std::span<const double> pd, double cutoff) {
  std::vector<double> called(pd.size());
  std::transform(pd.begin(), pd.end(), called.begin(), [cutoff](double p) { return p >= cutoff ? 1.0 : 0.0; });
  return called;
}

std::vector<double> most_likely_class(std::span<const double> values, int64_t classes) {
  RIFT_CHECK(classes > 0 && values.size() % static_cast<size_t>(classes) == 0);
  std::vector<double> best(values.size() / static_cast<size_t>(classes));
  for (size_t row = 0; row < best.size(); ++row) {
    const auto of_row = values.subspan(row * static_cast<size_t>(classes), static_cast<size_t>(classes));
    best[row] = static_cast<double>(std::max_element(of_row.begin(), of_row.end()) - of_row.begin());
  }
  return best;
}

std::optional<double> accuracy(const ConfusionMatrix& matrix) {
  const double total = matrix.total();
  if (!(total > 0.0)) return std::nullopt;
  return margins(matrix).correct / total;
}

std::optional<double> f1(const ConfusionMatrix& matrix, int64_t of_class) {
  const Margins sums = margins(matrix);
  const auto k = static_cast<size_t>(of_class);
  const double named = sums.truth[k] + sums.called[k];
  if (!(named > 0.0)) return std::nullopt;
  return 2.0 * matrix.at(of_class, of_class) / named;
}

std::optional<double> macro_f1(const ConfusionMatrix& matrix) {
  double sum = 0.0;
  int64_t classes = 0;
  for (int64_t k = 0; k < matrix.classes; ++k) {
    const std::optional<double> of_class = f1(matrix, k);
    if (!of_class) continue;
    sum += *of_class;
    ++classes;
  }
  if (classes == 0) return std::nullopt;
  return sum / static_cast<double>(classes);
}

std::optional<double> mcc(const ConfusionMatrix& matrix) {
  const double total = matrix.total();
  if (!(total > 0.0)) return std::nullopt;
  const Margins sums = margins(matrix);
  const double covariance = sums.correct * total - dot(sums.truth, sums.called);
  const double truth_spread = total * total - dot(sums.truth, sums.truth);
  const double called_spread = total * total - dot(sums.called, sums.called);
  // Fractional weights leave rounding dust where one class holds everything.
  const double dust = 1e-14 * total * total;
  if (truth_spread <= dust || called_spread <= dust) return 0.0;
  return covariance / std::sqrt(truth_spread * called_spread);
}

}  // namespace rift::metrics
