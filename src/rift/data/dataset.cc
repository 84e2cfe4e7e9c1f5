#include "rift/data/dataset.h"

#include <algorithm>

#include "rift/base/sha256.h"

namespace rift::data {

namespace {

template <class T>
std::vector<T> take_values(const std::vector<T>& values, std::span<const int64_t> rows) {
  std::vector<T> taken;
  if (values.empty()) return taken;
  taken.reserve(rows.size());
  for (const int64_t row : rows) taken.push_back(values[static_cast<size_t>(row)]);
  return taken;
}

}  // namespace

Dataset take(const Dataset& dataset, std::span<const int64_t> rows) {
  Dataset taken;
  taken.schema = dataset.schema;
  taken.table = take(dataset.table, rows);
  taken.label = take_values(dataset.label, rows);
  taken.weight = take_values(dataset.weight, rows);
  taken.id = take_values(dataset.id, rows);
  taken.time = take_values(dataset.time, rows);
  taken.group = take_values(dataset.group, rows);
  taken.split_row = take_values(dataset.split_row, rows);
  taken.split.part = take_values(dataset.split.part, rows);
  std::string parts;
  for (const Part part : taken.split.part) parts.push_back(static_cast<char>(part));
  taken.split.digest = sha256_hex(parts);
  taken.source_sha256 = dataset.source_sha256;
  taken.notes = dataset.notes;
  return taken;
}

bool can_be_learnt(const Dataset& dataset, std::span<const int64_t> rows) {
  if (rows.empty() || dataset.schema.task == Task::kRegression) return !rows.empty();
  const double first = dataset.label[static_cast<size_t>(rows.front())];
  return std::any_of(rows.begin(), rows.end(),
                     [&](int64_t row) { return dataset.label[static_cast<size_t>(row)] != first; });
}

}  // namespace rift::data
