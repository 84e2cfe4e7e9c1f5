#include "rift/metrics/multilabel.h"

#include "rift/base/error.h"
#include "rift/metrics/probability.h"
#include "rift/metrics/rows.h"

namespace rift::metrics {
namespace {

size_t rows_of(std::span<const double> label, std::span<const double> probability, int64_t labels,
               std::span<const double> weight) {
  RIFT_CHECK(labels > 0 && label.size() % static_cast<size_t>(labels) == 0 && probability.size() == label.size());
  const size_t rows = label.size() / static_cast<size_t>(labels);
  RIFT_CHECK(weight.empty() || weight.size() == rows);
  check_binary(label);
  check_rows(weight, weight, weight);
  return rows;
}

double f1_of(double right, double wrong) { return right > 0.0 ? 2.0 * right / (2.0 * right + wrong) : 0.0; }

}  // namespace

std::optional<double> label_log_loss(std::span<const double> label, std::span<const double> probability, int64_t labels,
                                     std::span<const double> weight) {
  const size_t rows = rows_of(label, probability, labels, weight);
  const auto width = static_cast<size_t>(labels);
  return weighted_mean(rows, weight, [&](size_t row) {
    double sum = 0.0;
    for (size_t at = row * width; at < (row + 1) * width; ++at)
      sum += log_loss_of(label[at] == 1.0 ? probability[at] : 1.0 - probability[at]);
    return sum / static_cast<double>(width);
  });
}

std::vector<ScoreOrder> label_orders(std::span<const double> label, std::span<const double> probability,
                                     int64_t labels) {
  const size_t rows = rows_of(label, probability, labels, {});
  const auto width = static_cast<size_t>(labels);
  std::vector<ScoreOrder> orders;
  for (size_t l = 0; l < width; ++l) {
    std::vector<double> holds, score;
    for (size_t row = 0; row < rows; ++row) {
      holds.push_back(label[row * width + l]);
      score.push_back(probability[row * width + l]);
    }
    orders.emplace_back(holds, score);
  }
  return orders;
}

std::optional<LabelCalls> label_calls(std::span<const double> label, std::span<const double> probability,
                                      int64_t labels, std::span<const double> weight) {
  const size_t rows = rows_of(label, probability, labels, weight);
  const auto width = static_cast<size_t>(labels);
  std::vector<double> right(width), wrong(width);
  double total = 0.0, exact = 0.0;
  for (size_t row = 0; row < rows; ++row) {
    const double w = weight_of(weight, row);
    bool is_exact = true;
    for (size_t l = 0; l < width; ++l) {
      const bool holds = label[row * width + l] == 1.0;
      const bool called = probability[row * width + l] >= 0.5;
      if (holds && called) right[l] += w;
      if (holds != called) wrong[l] += w;
      is_exact = is_exact && holds == called;
    }
    exact += is_exact ? w : 0.0;
    total += w;
  }
  if (!(total > 0.0)) return std::nullopt;
  LabelCalls calls{.exact_match = exact / total};
  double all_right = 0.0, all_wrong = 0.0;
  for (size_t l = 0; l < width; ++l) {
    calls.macro_f1 += f1_of(right[l], wrong[l]) / static_cast<double>(width);
    all_right += right[l];
    all_wrong += wrong[l];
  }
  calls.micro_f1 = f1_of(all_right, all_wrong);
  return calls;
}

}  // namespace rift::metrics
