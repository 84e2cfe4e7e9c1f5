#include "rift/data/sum_parts.h"

#include <cmath>

namespace rift::data {

namespace {

// A column whose rest after the others is smaller than this is a combination of them and takes no part.
constexpr double kDependent = 1e-9;
constexpr double kUnitWeight = 0.05;
constexpr double kTolerance = 1e-4;
constexpr double kRowsThatFit = 0.99;

}  // namespace

double SumParts::value(size_t column, size_t row) const {
  const double value = (*columns_[column])[row];
  return std::isnan(value) ? 0.0 : value;
}

SumParts::SumParts(const std::vector<const std::vector<double>*>& columns, std::vector<size_t> rows)
    : columns_(columns), rows_(std::move(rows)) {
  const size_t count = columns_.size();
  const auto n = static_cast<double>(rows_.size());
  std::vector<std::vector<double>> standard(count);
  for (size_t c = 0; c < count; ++c) {
    double sum = 0.0;
    for (const size_t row : rows_) sum += value(c, row);
    mean_.push_back(sum / n);
    double squares = 0.0;
    for (const size_t row : rows_) {
      standard[c].push_back(value(c, row) - mean_[c]);
      squares += standard[c].back() * standard[c].back();
    }
    deviation_.push_back(std::sqrt(squares / n));
    for (double& x : standard[c]) x = deviation_[c] > 0.0 ? x / deviation_[c] : 0.0;
  }
  correlation_.assign(count * count, 0.0);
  for (size_t a = 0; a < count; ++a) {
    for (size_t b = 0; b <= a; ++b) {
      double dot = 0.0;
      for (size_t i = 0; i < rows_.size(); ++i) dot += standard[a][i] * standard[b][i];
      correlation_[a * count + b] = correlation_[b * count + a] = dot / n;
    }
  }
}

std::vector<double> SumParts::weights_of(size_t total) const {
  const size_t count = columns_.size();
  std::vector<size_t> used;
  std::vector<std::vector<double>> factor;  // rows of the Cholesky factor of the used columns
  for (size_t c = 0; c < count; ++c) {
    if (c == total || deviation_[c] == 0.0) continue;
    std::vector<double> row;
    double rest = 1.0;
    for (size_t k = 0; k < used.size(); ++k) {
      double x = correlation_[c * count + used[k]];
      for (size_t j = 0; j < k; ++j) x -= row[j] * factor[k][j];
      row.push_back(x / factor[k][k]);
      rest -= row[k] * row[k];
    }
    if (rest < kDependent) continue;
    row.push_back(std::sqrt(rest));
    factor.push_back(std::move(row));
    used.push_back(c);
  }
  std::vector<double> solution(used.size());
  for (size_t k = 0; k < used.size(); ++k) {
    double x = correlation_[total * count + used[k]];
    for (size_t j = 0; j < k; ++j) x -= factor[k][j] * solution[j];
    solution[k] = x / factor[k][k];
  }
  for (size_t k = used.size(); k-- > 0;) {
    for (size_t j = k + 1; j < used.size(); ++j) solution[k] -= factor[j][k] * solution[j];
    solution[k] /= factor[k][k];
  }
  std::vector<double> weights(count, 0.0);
  for (size_t k = 0; k < used.size(); ++k) weights[used[k]] = solution[k];
  return weights;
}

std::vector<SumParts::Part> SumParts::parts_of(size_t total) const {
  std::vector<Part> parts;
  if (deviation_[total] == 0.0 || rows_.empty()) return parts;
  const std::vector<double> weights = weights_of(total);
  const size_t count = columns_.size();
  for (size_t c = 0; c < count; ++c) {
    if (c == total || deviation_[c] == 0.0) continue;
    const double weight = weights[c] * deviation_[total] / deviation_[c];
    if (std::fabs(weight - 1.0) > kUnitWeight) continue;
    const double r = correlation_[total * count + c];
    parts.push_back({.column = c, .squared_correlation = r * r});
  }
  if (parts.size() < 2) return {};
  size_t fitting = 0;
  for (const size_t row : rows_) {
    double sum = 0.0;
    for (const Part& part : parts) {
      const double x = value(part.column, row);
      if (x < 0.0) return {};
      sum += x;
    }
    const double whole = value(total, row);
    fitting += std::fabs(whole - sum) <= kTolerance * (std::fabs(whole) + 1.0) ? 1 : 0;
  }
  if (static_cast<double>(fitting) < kRowsThatFit * static_cast<double>(rows_.size())) return {};
  return parts;
}

}  // namespace rift::data
