#pragma once

#include <cstdint>
#include <span>
#include <vector>

/// How much of a label frozen features of a pretrained model tell, without training anything: which model is worth
/// fine-tuning. label: class numbers 0 .. classes-1, or, with classes = 0, the amounts of a regression.
namespace rift::metrics {

/// What a frozen model says of N rows: [rows, width] row-major.
struct FeatureRows {
  std::span<const float> values;
  int64_t rows = 0;
  int64_t width = 0;
  std::span<const float> row(int64_t i) const {
    return values.subspan(static_cast<size_t>(i * width), static_cast<size_t>(width));
  }
};

/// Copies of some of them with their labels.
struct LabelledRows {
  int64_t width = 0;
  std::vector<float> values;
  std::vector<double> label;

  void add(std::span<const float> row, double of_row) {
    values.insert(values.end(), row.begin(), row.end());
    label.push_back(of_row);
  }
  FeatureRows features() const {
    return {.values = values, .rows = static_cast<int64_t>(label.size()), .width = width};
  }
};

/// LogME, the logarithm of the evidence of a Bayesian linear model from features F to a target y, per row:
///   p(y|F) = integral of N(y | F w, I/beta) N(w | 0, I/alpha) dw   at the alpha and beta that make it largest,
/// found by the fixed point alpha = gamma / |m|^2, beta = (N - gamma) / |F m - y|^2 with m the posterior mean and
/// gamma = sum of beta s / (alpha + beta s) over the eigenvalues s of F^T F. Of classes: the mean over the classes that
/// occur of the evidence of "this class or not" (0/1); of a regression: of the label at mean 0 and deviation 1, so that
/// its unit does not count. Higher is better; comparable between models on the same rows only. O(N D min(N,D)).
/// Throws kData without rows, kBug when sizes disagree.
/// Source: You et al., ICML 2021 (arXiv:2102.11005), eq. 2; fixed point: You et al., JMLR 23 (arXiv:2110.10545),
/// alg. 3.
double log_me(const FeatureRows& features, std::span<const double> label, int64_t classes);

/// H-score, trace of cov(f)^-1 cov(E[f|y]): in [0, classes - 1], how far the class means lie apart in units of the
/// features' own spread (pseudo-inverse where cov(f) has none). With many features and few rows any label looks
/// explained; `shrunk` therefore takes Ledoit and Wolf's covariance (1-a) cov(f) + a m I and (1-a) cov(E[f|y]).
/// Source: Bao et al., ICIP 2019 (arXiv:2212.10082), def. 2; shrunk: Ibrahim et al. 2021 (arXiv:2110.06893), eq. 5;
/// a: Ledoit & Wolf, J. Multivariate Analysis 88 (2004), as scikit-learn's LedoitWolf.
struct HScore {
  double plain = 0.0;
  double shrunk = 0.0;
  double shrinkage = 0.0;  // a, in [0, 1]
};
/// Classes only. Throws as log_me().
HScore h_score(const FeatureRows& features, std::span<const double> label, int64_t classes);

/// What the k nearest of `known` by cosine say of each row of `asked`: the shares of the classes, [asked.rows *
/// classes], or for classes = 0 the mean label, [asked.rows]. Equally near: the earlier row. A row of zeros is as near
/// to all. k is cut at the rows that there are. As scikit-learn's KNeighborsClassifier(metric="cosine").
std::vector<double> nearest_neighbours(const FeatureRows& known, std::span<const double> label, int64_t classes,
                                       const FeatureRows& asked, int64_t k);

}  // namespace rift::metrics
