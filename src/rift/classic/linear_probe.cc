#include "rift/classic/linear_probe.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <set>
#include <utility>

#include "rift/base/error.h"
#include "rift/base/log_odds.h"
#include "rift/classic/sparse_linear.h"
#include "rift/classic/task_linear.h"
#include "rift/data/split.h"
#include "rift/metrics/label_scale.h"

namespace rift::classic {
namespace {

using metrics::FeatureRows;

constexpr int64_t kFolds = 5;
constexpr uint64_t kFoldSeed = 1;
constexpr double kStrengths[] = {1.0, 10.0, 100.0, 1000.0};

/// Where each feature lies on the rows that it is fitted on.
struct Scale {
  std::vector<double> mean, factor;

  explicit Scale(const FeatureRows& rows)
      : mean(static_cast<size_t>(rows.width)), factor(static_cast<size_t>(rows.width)) {
    const auto n = static_cast<double>(rows.rows);
    for (int64_t i = 0; i < rows.rows; ++i) {
      for (size_t j = 0; j < mean.size(); ++j) mean[j] += rows.row(i)[j] / n;
    }
    for (int64_t i = 0; i < rows.rows; ++i) {
      for (size_t j = 0; j < mean.size(); ++j) factor[j] += std::pow(rows.row(i)[j] - mean[j], 2) / n;
    }
    for (size_t j = 0; j < mean.size(); ++j) {
      const double deviation = std::sqrt(factor[j]);
      const bool varies = deviation > 1e-6 * std::abs(mean[j]) && deviation > 0;
      factor[j] = varies ? 1.0 / (deviation * std::sqrt(static_cast<double>(rows.width))) : 0.0;
    }
  }

  SparseMatrix matrix(const FeatureRows& rows) const {
    SparseMatrix matrix(rows.width);
    std::vector<SparseEntry> entries;
    for (int64_t i = 0; i < rows.rows; ++i) {
      entries.clear();
      for (size_t j = 0; j < mean.size(); ++j) {
        if (factor[j] > 0)
          entries.push_back({static_cast<int32_t>(j), static_cast<float>((rows.row(i)[j] - mean[j]) * factor[j])});
      }
      matrix.append_row(entries);
    }
    return matrix;
  }
};

double log_sum(std::span<const double> outputs) {
  const double largest = *std::ranges::max_element(outputs);
  double sum = 0.0;
  for (const double output : outputs) sum += std::exp(output - largest);
  return std::log(sum) + largest;
}

double loss_of_row(std::span<const double> outputs, double label, int64_t classes) {
  if (classes == 0) return (outputs[0] - label) * (outputs[0] - label);
  if (classes == 2) return log1p_exp(outputs[0]) - label * outputs[0];
  return log_sum(outputs) - outputs[static_cast<size_t>(label)];
}

std::vector<double> fit_and_ask(const FeatureRows& known, std::span<const double> targets, const FeatureRows& asked,
                                const SparseLinearOptions& options) {
  const Scale scale(known);
  return predict_all(fit_sparse_linear(scale.matrix(known), targets, {}, options), scale.matrix(asked));
}

std::vector<double> amounts(const FeatureRows& known, std::span<const double> label, const FeatureRows& asked,
                            double c) {
  const metrics::LabelScale unit = metrics::label_scale(label).value_or(metrics::LabelScale{});
  std::vector<double> targets(label.begin(), label.end());
  for (double& target : targets) target = unit.scaled(target);
  std::vector<double> said = fit_and_ask(known, targets, asked, {.loss = LinearLoss::kSquared, .c = c});
  for (double& value : said) value = value * unit.deviation + unit.mean;
  return said;
}

/// Logits of several classes. Only those that occur are fitted: nothing would hold the intercept of another.
std::vector<double> logits(const FeatureRows& known, std::span<const double> label, const FeatureRows& asked,
                           const LinearProbeOptions& options) {
  const std::set<double> occurring(label.begin(), label.end());
  const std::vector<double> present(occurring.begin(), occurring.end());
  std::vector<double> targets;
  for (const double value : label)
    targets.push_back(static_cast<double>(std::ranges::lower_bound(present, value) - present.begin()));
  const auto fitted = static_cast<int64_t>(present.size());
  const std::vector<double> said =
      fit_and_ask(known, targets, asked, {.loss = LinearLoss::kMultinomial, .outputs = fitted, .c = options.c});
  std::vector<double> all(static_cast<size_t>(asked.rows * options.classes));
  for (int64_t row = 0; row < asked.rows; ++row) {
    const auto of_row = std::span(said).subspan(static_cast<size_t>(row * fitted), present.size());
    const double absent = log_sum(of_row) - std::log(2.0 * static_cast<double>(known.rows));
    const auto to = all.begin() + row * options.classes;
    std::fill_n(to, options.classes, absent);
    for (size_t k = 0; k < present.size(); ++k) to[static_cast<int64_t>(present[k])] = of_row[k];
  }
  return all;
}

/// A fifth of the rows is fold 0, of each class; a regression's rows are one class.
std::vector<int32_t> folds_of(std::span<const double> label, int64_t classes) {
  std::vector<uint64_t> rows(label.size());
  std::iota(rows.begin(), rows.end(), uint64_t{0});
  return data::folds(rows, classes > 0 ? label : std::span<const double>(), kFolds, kFoldSeed);
}

}  // namespace

std::vector<double> linear_probe(const FeatureRows& known, std::span<const double> label, const FeatureRows& asked,
                                 const LinearProbeOptions& options) {
  RIFT_CHECK(static_cast<int64_t>(label.size()) == known.rows && known.width == asked.width && options.classes != 1);
  if (options.classes == 0) return amounts(known, label, asked, options.c);
  if (options.classes == 2) return fit_and_ask(known, label, asked, {.c = options.c});
  return logits(known, label, asked, options);
}

double choose_probe_strength(const FeatureRows& known, std::span<const double> label, int64_t classes) {
  metrics::LabelledRows fitted{.width = known.width, .values = {}, .label = {}}, judging = fitted;
  const std::vector<int32_t> fold = folds_of(label, classes);
  for (int64_t i = 0; i < known.rows; ++i) {
    const auto at = static_cast<size_t>(i);
    (fold[at] == 0 ? judging : fitted).add(known.row(i), label[at]);
  }
  const bool has_two = std::set<double>(fitted.label.begin(), fitted.label.end()).size() > 1;
  if (judging.label.empty() || (classes > 0 && !has_two)) return kStrengths[0];
  double best = kStrengths[0], least = INFINITY;
  for (const double c : kStrengths) {
    const std::vector<double> said =
        linear_probe(fitted.features(), fitted.label, judging.features(), {.classes = classes, .c = c});
    const size_t outputs = said.size() / judging.label.size();
    double loss = 0.0;
    for (size_t i = 0; i < judging.label.size(); ++i)
      loss += loss_of_row(std::span(said).subspan(i * outputs, outputs), judging.label[i], classes);
    if (loss < least) {
      least = loss;
      best = c;
    }
  }
  return best;
}

}  // namespace rift::classic
