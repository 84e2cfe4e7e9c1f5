#include "rift/data/dataset.h"

#include <algorithm>

namespace rift::data {

bool can_be_learnt(const Dataset& dataset, std::span<const int64_t> rows) {
  if (rows.empty() || dataset.schema.task == Task::kRegression) return !rows.empty();
  const double first = dataset.label[static_cast<size_t>(rows.front())];
  return std::any_of(rows.begin(), rows.end(),
                     [&](int64_t row) { return dataset.label[static_cast<size_t>(row)] != first; });
}

}  // namespace rift::data
