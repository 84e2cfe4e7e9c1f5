#include "rift/study/stability.h"

#include <algorithm>
#include <map>
#include <string_view>

#include "rift/classic/feature_columns.h"
#include "rift/metrics/stability_index.h"

namespace rift::study {
namespace {

constexpr size_t kMostNames = 20;

struct Counts {
  double expected = 0.0;
  double actual = 0.0;
};

std::optional<double> of_categories(const data::Field& field, const data::Table& table,
                                    std::span<const int64_t> expected, std::span<const int64_t> actual) {
  std::map<std::string_view, Counts> by_name;
  Counts missing, others;
  for (const auto& name : classic::category_values(field, table, expected))
    ++(name ? by_name[*name] : missing).expected;
  for (const auto& name : classic::category_values(field, table, actual)) ++(name ? by_name[*name] : missing).actual;
  std::vector<Counts> names;
  for (const auto& [name, counts] : by_name) names.push_back(counts);
  std::stable_sort(names.begin(), names.end(),
                   [](const Counts& a, const Counts& b) { return a.expected > b.expected; });
  for (size_t i = kMostNames; i < names.size(); ++i) {
    others.expected += names[i].expected;
    others.actual += names[i].actual;
  }
  names.resize(std::min(names.size(), kMostNames));
  names.insert(names.end(), {missing, others});
  std::vector<double> expected_rows, actual_rows;
  for (const Counts& counts : names) {
    expected_rows.push_back(counts.expected);
    actual_rows.push_back(counts.actual);
  }
  return metrics::stability_index_of_counts(expected_rows, actual_rows);
}

}  // namespace

std::optional<double> feature_stability(const data::Field& field, const data::Table& table,
                                        std::span<const int64_t> expected, std::span<const int64_t> actual) {
  if (field.role != data::Role::kFeature || table.find(field.name) == nullptr) return std::nullopt;
  switch (field.kind) {
    case data::Kind::kCategory:
      return of_categories(field, table, expected, actual);
    case data::Kind::kNumber:
    case data::Kind::kDate: {
      const auto index = metrics::stability_index(classic::number_values(field, table, expected),
                                                  classic::number_values(field, table, actual));
      return index ? std::optional(index->value) : std::nullopt;
    }
    case data::Kind::kText:
    case data::Kind::kIgnore:
      return std::nullopt;
  }
  return std::nullopt;
}

}  // namespace rift::study
