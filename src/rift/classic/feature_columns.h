#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "rift/data/schema.h"
#include "rift/data/table.h"

/// A feature of some rows as classic models take it. All throw kData naming the column when `table` lacks it or stores
/// it otherwise than its kind asks.
namespace rift::classic {

/// A number as stored, a date as days since 1970-01-01; NaN = missing.
std::vector<double> number_values(const data::Field& field, const data::Table& table, std::span<const int64_t> rows);

/// Views into the table's arena; nullopt = missing.
std::vector<std::optional<std::string_view>> category_values(const data::Field& field, const data::Table& table,
                                                             std::span<const int64_t> rows);

/// 0 .. rows-1.
std::vector<int64_t> all_rows(const data::Table& table);

/// values[rows]; empty stays empty (weights).
std::vector<double> take_values(std::span<const double> values, std::span<const int64_t> rows);

/// Task and classes of `schema` with those of its feature fields that `keep` picks: what a model says it reads.
template <class Keep>
data::Schema reduced_schema(const data::Schema& schema, const Keep& keep) {
  data::Schema reduced{schema.task, {}, schema.class_names};
  for (const data::Field* field : schema.features())
    if (keep(*field)) reduced.fields.push_back(*field);
  return reduced;
}

/// Numbers, dates and categories: all features but texts.
data::Schema tabular_schema(const data::Schema& schema);

}  // namespace rift::classic
