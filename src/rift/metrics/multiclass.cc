#include "rift/metrics/multiclass.h"

#include "rift/base/error.h"
#include "rift/metrics/auc.h"
#include "rift/metrics/classification.h"

namespace rift::metrics {
namespace {

void check_multiclass(std::span<const double> label, std::span<const double> probability, int64_t classes) {
  RIFT_CHECK(classes > 0 && probability.size() == label.size() * static_cast<size_t>(classes));
  check_classes(label, classes, "label");
  check_probability(probability, "probability", classes);
}

}  // namespace

std::vector<ScoreOrder> class_orders(std::span<const double> label, std::span<const double> probability,
                                     int64_t classes) {
  check_multiclass(label, probability, classes);
  std::vector<ScoreOrder> orders;
  std::vector<double> is_class(label.size());
  std::vector<double> score(label.size());
  for (int64_t k = 0; k < classes; ++k) {
    for (size_t row = 0; row < label.size(); ++row) {
      is_class[row] = label[row] == static_cast<double>(k) ? 1.0 : 0.0;
      score[row] = probability[row * static_cast<size_t>(classes) + static_cast<size_t>(k)];
    }
    orders.emplace_back(is_class, score);
  }
  return orders;
}

std::optional<double> macro_auc(std::span<const ScoreOrder> orders, std::span<const double> weight) {
  double sum = 0.0;
  int64_t classes = 0;
  for (const ScoreOrder& order : orders) {
    const std::optional<double> of_class = auc(order.counts(weight));
    if (!of_class) continue;
    sum += *of_class;
    ++classes;
  }
  if (classes == 0) return std::nullopt;
  return sum / static_cast<double>(classes);
}

std::optional<double> macro_auc(std::span<const double> label, std::span<const double> probability, int64_t classes,
                                std::span<const double> weight) {
  check_rows(label, label, weight);
  return macro_auc(class_orders(label, probability, classes), weight);
}

std::optional<double> brier_score(std::span<const double> label, std::span<const double> probability, int64_t classes,
                                  std::span<const double> weight) {
  check_multiclass(label, probability, classes);
  check_rows(label, label, weight);
  double sum = 0.0;
  double total = 0.0;
  for (size_t row = 0; row < label.size(); ++row) {
    const double w = weight_of(weight, row);
    total += w;
    for (int64_t k = 0; k < classes; ++k) {
      const double outcome = label[row] == static_cast<double>(k) ? 1.0 : 0.0;
      const double miss = probability[row * static_cast<size_t>(classes) + static_cast<size_t>(k)] - outcome;
      sum += w * miss * miss;
    }
  }
  if (!(total > 0.0)) return std::nullopt;
  return sum / total;
}

TopLabel top_label(std::span<const double> label, std::span<const double> probability, int64_t classes) {
  check_multiclass(label, probability, classes);
  const std::vector<double> called = most_likely_class(probability, classes);
  TopLabel top{.confidence = std::vector<double>(label.size()), .correct = std::vector<double>(label.size())};
  for (size_t row = 0; row < label.size(); ++row) {
    top.confidence[row] = probability[row * static_cast<size_t>(classes) + static_cast<size_t>(called[row])];
    top.correct[row] = called[row] == label[row] ? 1.0 : 0.0;
  }
  return top;
}

}  // namespace rift::metrics
