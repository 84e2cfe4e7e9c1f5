#include "rift/objective/row_anchor.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "rift/base/error.h"
#include "rift/base/log_odds.h"
#include "rift/objective/losses/cross_entropy.h"

namespace rift::objective {
namespace {

template <class T>
int64_t rows_of(const RowPairs<T>& rows, std::span<T> gradient) {
  const auto count = static_cast<int64_t>(rows.weights.size());
  RIFT_CHECK(static_cast<int64_t>(rows.tuned.size()) == count * rows.width);
  RIFT_CHECK(rows.pretrained.size() == rows.tuned.size() && gradient.size() == rows.tuned.size());
  return count;
}

/// `loss_of(tuned, pretrained, weight, gradient)` of each row, without the weight.
template <class T, class Loss>
LossSum sum_over(const RowPairs<T>& rows, std::span<T> gradient, const Loss& loss_of) {
  const int64_t count = rows_of(rows, gradient);
  const auto width = static_cast<size_t>(rows.width);
  LossSum total;
  for (int64_t row = 0; row < count; ++row) {
    const size_t at = static_cast<size_t>(row) * width;
    const double weight = rows.weights[static_cast<size_t>(row)];
    total.sum += weight * loss_of(rows.tuned.subspan(at, width), rows.pretrained.subspan(at, width), weight,
                                  gradient.subspan(at, width));
    total.weight += weight;
  }
  return total;
}

/// Of the classes of a softmax, or of both classes of one logit.
template <class T>
std::vector<double> log_probabilities(std::span<const T> logits, double temperature) {
  std::vector<double> values;
  for (const T logit : logits) values.push_back(static_cast<double>(logit) / temperature);
  if (values.size() > 1) return log_softmax(values);
  const double logit = values.front();
  return {-log1p_exp(logit), -log1p_exp(-logit)};  // of the other class, of this one
}

template <class T>
double divergence_of_row(std::span<const T> tuned, std::span<const T> pretrained, double temperature, double weight,
                         std::span<T> slope) {
  const std::vector<double> said = log_probabilities(tuned, temperature);
  const std::vector<double> wanted = log_probabilities(pretrained, temperature);
  double sum = 0;
  for (size_t c = 0; c < said.size(); ++c) {
    const double probability = std::exp(wanted[c]);
    sum += probability * (wanted[c] - said[c]);
    if (tuned.size() == 1 && c == 0) continue;  // one logit stands for the difference of both
    slope[tuned.size() == 1 ? 0 : c] = static_cast<T>(weight * temperature * (std::exp(said[c]) - probability));
  }
  return temperature * temperature * sum;
}

/// Rows with the mean of each column taken off: [N,width] in f64.
template <class T>
std::vector<double> centred(std::span<const T> values, int64_t rows) {
  const size_t count = static_cast<size_t>(rows), width = values.size() / count;
  std::vector<double> mean(width);
  for (size_t i = 0; i < values.size(); ++i) mean[i % width] += static_cast<double>(values[i]);
  for (double& value : mean) value /= static_cast<double>(count);
  std::vector<double> result(values.size());
  for (size_t i = 0; i < values.size(); ++i) result[i] = static_cast<double>(values[i]) - mean[i % width];
  return result;
}

/// [N,N] of [N,width].
std::vector<double> gram(const std::vector<double>& rows, size_t count) {
  const size_t width = rows.size() / count;
  std::vector<double> products(count * count);
  for (size_t i = 0; i < count; ++i) {
    for (size_t j = 0; j <= i; ++j) {
      constexpr size_t kSums = 8;  // side by side, so that the compiler may take them together
      double sums[kSums] = {};
      const double *a = &rows[i * width], *b = &rows[j * width];
      size_t k = 0;
      for (; k + kSums <= width; k += kSums) {
        for (size_t lane = 0; lane < kSums; ++lane) sums[lane] += a[k + lane] * b[k + lane];
      }
      for (; k < width; ++k) sums[0] += a[k] * b[k];
      double sum = 0;
      for (const double part : sums) sum += part;
      products[i * count + j] = products[j * count + i] = sum;
    }
  }
  return products;
}

double product(const std::vector<double>& a, const std::vector<double>& b) {
  double sum = 0;
  for (size_t i = 0; i < a.size(); ++i) sum += a[i] * b[i];
  return sum;
}

/// Gram matrices of two models' rows and what CKA makes of them.
struct Compared {
  std::vector<double> k, l;
  double together = 0, norm_k = 0, norm_l = 0;
  bool defined() const { return norm_k > 0 && norm_l > 0; }
  double cka() const { return together / (norm_k * norm_l); }
};

Compared compare(const std::vector<double>& a, const std::vector<double>& b, size_t count) {
  Compared c{.k = gram(a, count), .l = gram(b, count)};
  c.together = product(c.k, c.l);
  c.norm_k = std::sqrt(product(c.k, c.k));
  c.norm_l = std::sqrt(product(c.l, c.l));
  return c;
}

}  // namespace

template <class T>
LossSum squared_difference(const RowPairs<T>& rows, std::span<T> gradient) {
  return sum_over(rows, gradient, [](auto tuned, auto pretrained, double weight, auto slope) {
    const auto width = static_cast<double>(tuned.size());
    double sum = 0;
    for (size_t i = 0; i < tuned.size(); ++i) {
      const double difference = static_cast<double>(tuned[i]) - static_cast<double>(pretrained[i]);
      sum += difference * difference;
      slope[i] = static_cast<T>(weight * 2 * difference / width);
    }
    return sum / width;
  });
}

template <class T>
LossSum divergence(const RowPairs<T>& rows, double temperature, std::span<T> gradient) {
  RIFT_CHECK(temperature > 0);
  return sum_over(rows, gradient, [temperature](auto tuned, auto pretrained, double weight, auto slope) {
    return divergence_of_row<T>(tuned, pretrained, temperature, weight, slope);
  });
}

template <class T>
LossSum divergence_of_each(const RowPairs<T>& rows, double temperature, std::span<T> gradient) {
  RIFT_CHECK(temperature > 0);
  return sum_over(rows, gradient, [temperature](auto tuned, auto pretrained, double weight, auto slope) {
    double sum = 0;
    for (size_t i = 0; i < tuned.size(); ++i) {
      sum +=
          divergence_of_row<T>(tuned.subspan(i, 1), pretrained.subspan(i, 1), temperature, weight, slope.subspan(i, 1));
    }
    return sum;
  });
}

template <class T>
LossSum cosine_distance(const RowPairs<T>& rows, std::span<T> gradient) {
  return sum_over(rows, gradient, [](auto tuned, auto pretrained, double weight, auto slope) {
    double together = 0, of_tuned = 0, of_pretrained = 0;
    for (size_t i = 0; i < tuned.size(); ++i) {
      const auto a = static_cast<double>(tuned[i]), b = static_cast<double>(pretrained[i]);
      together += a * b;
      of_tuned += a * a;
      of_pretrained += b * b;
    }
    std::ranges::fill(slope, T(0));
    const double lengths = std::sqrt(of_tuned) * std::sqrt(of_pretrained);
    if (lengths == 0) return 0.0;
    const double cosine = together / lengths;
    for (size_t i = 0; i < tuned.size(); ++i) {
      const double along =
          static_cast<double>(pretrained[i]) / lengths - cosine * static_cast<double>(tuned[i]) / of_tuned;
      slope[i] = static_cast<T>(-weight * along);
    }
    return 1 - cosine;
  });
}

template <class T>
LossSum cka_distance(const RowPairs<T>& rows, std::span<T> gradient) {
  const int64_t count = rows_of(rows, gradient);
  LossSum total;
  for (const double weight : rows.weights) total.weight += weight;
  std::ranges::fill(gradient, T(0));
  if (count < 3) return total;
  const auto n = static_cast<size_t>(count);
  const std::vector<double> x = centred(rows.tuned, count);
  const Compared c = compare(x, centred(rows.pretrained, count), n);
  // d CKA / dX = 2 (L / (|K||L|) - CKA K / |K|^2) X: its columns add up to zero by themselves, as those of X do.
  if (!c.defined()) {
    // A sum of squares that is not finite compares false as well: the caller has to hear of it.
    total.sum = std::isfinite(c.norm_k) ? 0.0 : std::numeric_limits<double>::quiet_NaN();
    return total;
  }
  total.sum = total.weight * (1 - c.cka());
  const auto width = static_cast<size_t>(rows.width);
  std::vector<double> slope(width);
  for (size_t i = 0; i < n; ++i) {
    std::ranges::fill(slope, 0.0);
    for (size_t j = 0; j < n; ++j) {
      const double by = c.l[i * n + j] / (c.norm_k * c.norm_l) - c.cka() * c.k[i * n + j] / (c.norm_k * c.norm_k);
      for (size_t d = 0; d < width; ++d) slope[d] += by * x[j * width + d];
    }
    for (size_t d = 0; d < width; ++d) gradient[i * width + d] = static_cast<T>(-2 * total.weight * slope[d]);
  }
  return total;
}

template <class T>
double linear_cka(std::span<const T> a, std::span<const T> b, int64_t rows) {
  if (rows < 3) return std::numeric_limits<double>::quiet_NaN();
  const Compared c = compare(centred(a, rows), centred(b, rows), static_cast<size_t>(rows));
  return c.defined() ? c.cka() : std::numeric_limits<double>::quiet_NaN();
}

template LossSum squared_difference(const RowPairs<float>&, std::span<float>);
template LossSum squared_difference(const RowPairs<double>&, std::span<double>);
template LossSum divergence(const RowPairs<float>&, double, std::span<float>);
template LossSum divergence(const RowPairs<double>&, double, std::span<double>);
template LossSum divergence_of_each(const RowPairs<float>&, double, std::span<float>);
template LossSum divergence_of_each(const RowPairs<double>&, double, std::span<double>);
template LossSum cosine_distance(const RowPairs<float>&, std::span<float>);
template LossSum cosine_distance(const RowPairs<double>&, std::span<double>);
template LossSum cka_distance(const RowPairs<float>&, std::span<float>);
template LossSum cka_distance(const RowPairs<double>&, std::span<double>);
template double linear_cka(std::span<const float>, std::span<const float>, int64_t);
template double linear_cka(std::span<const double>, std::span<const double>, int64_t);

}  // namespace rift::objective
