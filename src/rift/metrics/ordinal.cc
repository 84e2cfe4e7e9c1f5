#include "rift/metrics/ordinal.h"

#include <vector>

#include "rift/base/error.h"
#include "rift/metrics/rows.h"

namespace rift::metrics {

std::optional<double> quadratic_kappa(const ConfusionMatrix& matrix) {
  const double total = matrix.total();
  if (!(total > 0.0)) return std::nullopt;
  const auto classes = static_cast<size_t>(matrix.classes);
  std::vector<double> truth(classes), called(classes);
  for (size_t i = 0; i < classes; ++i) {
    for (size_t j = 0; j < classes; ++j) {
      truth[i] += matrix.weights[i * classes + j];
      called[j] += matrix.weights[i * classes + j];
    }
  }
  double seen = 0.0, expected = 0.0;
  for (size_t i = 0; i < classes; ++i) {
    for (size_t j = 0; j < classes; ++j) {
      const double distance = static_cast<double>(i) - static_cast<double>(j);
      seen += distance * distance * matrix.weights[i * classes + j];
      expected += distance * distance * truth[i] * called[j] / total;
    }
  }
  if (!(expected > 0.0)) return std::nullopt;
  return 1.0 - seen / expected;
}

double ranked_probability_of(std::span<const double> probability, int64_t label) {
  RIFT_CHECK(probability.size() > 1);
  double cumulative = 0.0, sum = 0.0;
  for (size_t k = 0; k + 1 < probability.size(); ++k) {
    cumulative += probability[k];
    const double miss = cumulative - (label <= static_cast<int64_t>(k) ? 1.0 : 0.0);
    sum += miss * miss;
  }
  return sum / static_cast<double>(probability.size() - 1);
}

std::optional<double> ranked_probability_score(std::span<const double> label, std::span<const double> probability,
                                               int64_t classes, std::span<const double> weight) {
  check_rows(label, label, weight);
  check_classes(label, classes, "label");
  check_probability(probability, "probability", classes);
  const auto width = static_cast<size_t>(classes);
  return weighted_mean(label.size(), weight, [&](size_t row) {
    return ranked_probability_of(probability.subspan(row * width, width), static_cast<int64_t>(label[row]));
  });
}

}  // namespace rift::metrics
