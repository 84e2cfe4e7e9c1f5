#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "rift/metrics/rows.h"

namespace rift::metrics {

/// weight(i, j) = weight of the rows of true class i that were called class j.
struct ConfusionMatrix {
  int64_t classes = 0;
  std::vector<double> weights;  // [C*C] row-major
  double at(int64_t truth, int64_t called) const { return weights[static_cast<size_t>(truth * classes + called)]; }
  double total() const;
};

/// label and predicted are class numbers 0 .. classes-1.
ConfusionMatrix confusion_matrix(std::span<const double> label, std::span<const double> predicted, int64_t classes,
                                 std::span<const double> weight = {});

/// Class 1 where pd >= cutoff.
std::vector<double> called_bad(std::span<const double> pd, double cutoff = 0.5);
/// The class of the largest value in each row of [N*C]; of equal ones the first.
std::vector<double> most_likely_class(std::span<const double> values, int64_t classes);

/// Share of weight on the diagonal. nullopt without weight.
std::optional<double> accuracy(const ConfusionMatrix& matrix);
/// F1 = 2 TP / (2 TP + FP + FN) of a class; 0 when it was never called rightly. nullopt when it is absent from truth
/// and calls alike.
std::optional<double> f1(const ConfusionMatrix& matrix, int64_t of_class);
/// Mean F1 over the classes that occur in truth or calls, scikit-learn's f1_score(average="macro"). nullopt without
/// weight.
std::optional<double> macro_f1(const ConfusionMatrix& matrix);
/// Matthews' correlation, in its form for several classes (Gorodkin 2004); 0 when truth or calls hold one class only,
/// as in scikit-learn. nullopt without weight.
std::optional<double> mcc(const ConfusionMatrix& matrix);

}  // namespace rift::metrics
