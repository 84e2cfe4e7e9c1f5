#include "rift/metrics/stability_index.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "rift/base/error.h"
#include "rift/metrics/score_counts.h"

namespace rift::metrics {
namespace {

std::vector<double> sorted_without_missing(std::span<const double> values) {
  std::vector<double> present;
  std::copy_if(values.begin(), values.end(), std::back_inserter(present), [](double v) { return !std::isnan(v); });
  std::sort(present.begin(), present.end());
  return present;
}

/// Highest value of each bin but the last, which takes everything above.
std::vector<double> upper_ends(const std::vector<double>& sorted, int64_t bins) {
  std::vector<double> distinct;
  std::vector<double> rows;
  for (const double value : sorted) {
    if (distinct.empty() || distinct.back() != value) {
      distinct.push_back(value);
      rows.push_back(0.0);
    }
    rows.back() += 1.0;
  }
  const std::vector<int64_t> part = equal_parts(rows, bins);
  std::vector<double> ends;
  for (size_t g = 0; g + 1 < distinct.size(); ++g) {
    if (part[g] != part[g + 1]) ends.push_back(distinct[g]);
  }
  return ends;
}

std::vector<double> rows_up_to(const std::vector<double>& sorted, const std::vector<double>& ends) {
  std::vector<double> rows;
  auto from = sorted.begin();
  for (const double end : ends) {
    const auto to = std::upper_bound(from, sorted.end(), end);
    rows.push_back(static_cast<double>(to - from));
    from = to;
  }
  rows.push_back(static_cast<double>(sorted.end() - from));
  return rows;
}

double contribution(double expected_rows, double expected_total, double actual_rows, double actual_total) {
  // A bin that is empty on both sides says nothing, although half a row weighs differently in the two.
  if (expected_rows <= 0.0 && actual_rows <= 0.0) return 0.0;
  const double e = std::max(expected_rows, 0.5) / expected_total;
  const double a = std::max(actual_rows, 0.5) / actual_total;
  return (a - e) * std::log(a / e);
}

}  // namespace

std::optional<StabilityIndex> stability_index(std::span<const double> expected, std::span<const double> actual,
                                              int64_t bins) {
  RIFT_CHECK(bins > 0);
  if (expected.empty() || actual.empty()) return std::nullopt;
  const std::vector<double> expected_values = sorted_without_missing(expected);
  const std::vector<double> actual_values = sorted_without_missing(actual);
  std::vector<double> ends = upper_ends(expected_values, bins);
  std::vector<double> expected_rows = rows_up_to(expected_values, ends);
  std::vector<double> actual_rows = rows_up_to(actual_values, ends);
  ends.push_back(std::numeric_limits<double>::infinity());
  if (expected_values.size() < expected.size() || actual_values.size() < actual.size()) {
    expected_rows.push_back(static_cast<double>(expected.size() - expected_values.size()));
    actual_rows.push_back(static_cast<double>(actual.size() - actual_values.size()));
    ends.push_back(std::numeric_limits<double>::quiet_NaN());
  }
  StabilityIndex index;
  for (size_t b = 0; b < ends.size(); ++b) {
    StabilityBin bin{.upper = ends[b],
                     .expected_share = expected_rows[b] / static_cast<double>(expected.size()),
                     .actual_share = actual_rows[b] / static_cast<double>(actual.size())};
    bin.contribution = contribution(expected_rows[b], static_cast<double>(expected.size()), actual_rows[b],
                                    static_cast<double>(actual.size()));
    index.value += bin.contribution;
    index.bins.push_back(bin);
  }
  return index;
}

std::optional<double> stability_index_of_counts(std::span<const double> expected, std::span<const double> actual) {
  RIFT_CHECK(expected.size() == actual.size());
  const double expected_total = std::accumulate(expected.begin(), expected.end(), 0.0);
  const double actual_total = std::accumulate(actual.begin(), actual.end(), 0.0);
  if (!(expected_total > 0.0 && actual_total > 0.0)) return std::nullopt;
  double value = 0.0;
  for (size_t b = 0; b < expected.size(); ++b)
    value += contribution(expected[b], expected_total, actual[b], actual_total);
  return value;
}

}  // namespace rift::metrics
