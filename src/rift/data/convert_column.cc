#include "rift/data/convert_column.h"

#include <cmath>
#include <limits>
#include <utility>

#include "rift/base/count_text.h"
#include "rift/base/error.h"
#include "rift/data/cells.h"

namespace rift::data {

namespace {

constexpr double kMissingNumber = std::numeric_limits<double>::quiet_NaN();

void to_numbers(const Column& from, NumberStyle style, ConvertedColumn& to) {
  auto& values = to.column.values.emplace<Numbers>().values;
  values.reserve(static_cast<size_t>(from.rows()));
  for (int64_t row = 0; row < from.rows(); ++row) {
    values.push_back(kMissingNumber);
    if (from.storage() == Storage::kTime) {
      if (!from.missing(row)) to.bad.push_back({row, "a number"});
      continue;
    }
    const auto cell = from.texts().get(row);
    if (!cell) continue;
    const NumberCell number = parse_number(*cell, style);
    if (number.state == NumberCell::State::kNumber || number.state == NumberCell::State::kTruth)
      values.back() = number.value;
    if (number.state == NumberCell::State::kInfinite) ++to.infinite;
    if (number.state == NumberCell::State::kNotNumber) to.bad.push_back({row, "a number"});
  }
}

void to_times(const Column& from, DateOrder order, ConvertedColumn& to) {
  auto& values = to.column.values.emplace<Times>().values;
  values.reserve(static_cast<size_t>(from.rows()));
  for (int64_t row = 0; row < from.rows(); ++row) {
    values.push_back(kMissingTime);
    if (from.storage() == Storage::kNumber) {
      if (!from.missing(row)) to.bad.push_back({row, "a date"});
      continue;
    }
    const auto cell = from.texts().get(row);
    if (!cell || spells_missing(*cell)) continue;
    if (const auto time = parse_date_text(trim(*cell), order)) {
      values.back() = *time;
    } else {
      to.bad.push_back({row, "a date"});
    }
  }
}

void to_texts(const Column& from, ConvertedColumn& to) {
  Texts& texts = to.column.values.emplace<Texts>();
  for (int64_t row = 0; row < from.rows(); ++row) {
    if (from.missing(row)) {
      texts.append_missing();
    } else if (from.storage() == Storage::kTime) {
      texts.append(format_time(from.times()[static_cast<size_t>(row)]));
    } else {
      texts.append(number_text(from.numbers()[static_cast<size_t>(row)]));
    }
  }
}

}  // namespace

Storage storage_of(Kind kind) {
  if (kind == Kind::kNumber) return Storage::kNumber;
  return kind == Kind::kDate ? Storage::kTime : Storage::kText;
}

CellStyle style_of(const Field& field) {
  return {.dates = date_order_from_name(field.date_order), .numbers = number_style_from_name(field.number_style)};
}

ConvertedColumn convert_column(Column column, Kind kind, const CellStyle& style) {
  ConvertedColumn converted;
  const Storage wanted = storage_of(kind);
  if (column.storage() == wanted) {
    converted.column = std::move(column);
    if (wanted == Storage::kNumber) {
      for (double& value : std::get<Numbers>(converted.column.values).values) {
        if (!std::isinf(value)) continue;
        value = kMissingNumber;
        ++converted.infinite;
      }
    }
    return converted;
  }
  converted.column.name = column.name;
  if (wanted == Storage::kNumber) {
    to_numbers(column, style.numbers, converted);
  } else if (wanted == Storage::kTime) {
    to_times(column, style.dates, converted);
  } else {
    to_texts(column, converted);
  }
  return converted;
}

}  // namespace rift::data
