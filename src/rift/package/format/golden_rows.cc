#include "rift/package/format/golden_rows.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <string>
#include <string_view>

#include "rift/base/error.h"

namespace rift::package {
namespace {

constexpr int64_t kRows = 9;          // the last has everything missing
constexpr int64_t kSharedByRows = 5;  // a category that fewer training rows hold is not shown
constexpr int64_t kDayMicros = int64_t{86'400} * 1'000'000;

constexpr std::array<std::string_view, kRows - 1> kTexts = {
    "",
    "Loan for a used car.",
    "I want to pay off two credit cards and have one payment a month.",
    "Company reports higher sales than a year ago.",
    "Repairs of the roof before winter; permanent position since 2004.",
    "The payment was late by 30 days!",
    "房屋装修贷款，收入稳定。",
    "A text with numbers 1,250.00 and 12 %, an e-mail sign @ and a slash /."};

double rounded(double value) {
  if (value == 0 || !std::isfinite(value)) return value;
  const double unit = std::pow(10.0, std::floor(std::log10(std::fabs(value))) - 2);
  return std::round(value / unit) * unit;
}

/// Value at quantile (k + 1/2) / (kRows - 1) of sorted values.
template <class T>
T quantile(const std::vector<T>& sorted, int64_t k) {
  const auto n = static_cast<int64_t>(sorted.size());
  return sorted[static_cast<size_t>((2 * k + 1) * n / (2 * (kRows - 1)))];
}

data::Numbers golden_numbers(const data::Column& column, std::span<const int64_t> rows) {
  std::vector<double> sorted;
  for (const int64_t row : rows)
    if (const double value = column.numbers()[static_cast<size_t>(row)]; std::isfinite(value)) sorted.push_back(value);
  std::sort(sorted.begin(), sorted.end());
  data::Numbers golden{std::vector<double>(kRows, std::nan(""))};
  if (sorted.empty()) return golden;
  for (int64_t k = 0; k + 1 < kRows; ++k) golden.values[static_cast<size_t>(k)] = rounded(quantile(sorted, k));
  return golden;
}

data::Times golden_times(const data::Column& column, std::span<const int64_t> rows) {
  std::vector<int64_t> sorted;
  for (const int64_t row : rows)
    if (!column.missing(row)) sorted.push_back(column.times()[static_cast<size_t>(row)]);
  std::sort(sorted.begin(), sorted.end());
  data::Times golden{std::vector<int64_t>(kRows, data::kMissingTime)};
  if (sorted.empty()) return golden;
  constexpr int64_t kStep = 30 * kDayMicros;
  for (int64_t k = 0; k + 1 < kRows; ++k) golden.values[static_cast<size_t>(k)] = quantile(sorted, k) / kStep * kStep;
  return golden;
}

data::Texts golden_categories(const data::Column& column, std::span<const int64_t> rows) {
  std::map<std::string_view, int64_t> counts;
  for (const int64_t row : rows)
    if (const auto value = column.texts().get(row)) ++counts[*value];
  std::vector<std::pair<int64_t, std::string_view>> shared;
  for (const auto& [value, count] : counts)
    if (count >= kSharedByRows) shared.emplace_back(-count, value);
  std::sort(shared.begin(), shared.end());
  data::Texts golden;
  for (int64_t k = 0; k + 1 < kRows; ++k) {
    if (shared.empty())
      golden.append("a value that training never saw");
    else
      golden.append(shared[static_cast<size_t>(k) % shared.size()].second);
  }
  golden.append_missing();
  return golden;
}

data::Texts golden_texts() {
  data::Texts golden;
  for (const std::string_view text : kTexts) golden.append(text);
  golden.append_missing();
  return golden;
}

Json cell(const data::Column& column, int64_t row) {
  if (column.missing(row)) return Json();
  switch (column.storage()) {
    case data::Storage::kNumber:
      return Json(column.numbers()[static_cast<size_t>(row)]);
    case data::Storage::kText:
      return Json(*column.texts().get(row));
    case data::Storage::kTime:
      return Json(column.times()[static_cast<size_t>(row)]);
  }
  return Json();
}

data::Column column_from_json(const Json& json) {
  data::Column column{json.at("name").as_string(), data::Numbers{}};
  const std::string& storage = json.at("storage").as_string();
  if (storage == "text") column.values = data::Texts{};
  if (storage == "time") column.values = data::Times{};
  RIFT_REQUIRE(storage == "number" || storage == "text" || storage == "time", Code::kArtefact,
               "rift.json: golden rows: unknown storage '{}'", shorten(storage));
  for (const Json& value : json.at("values").as_array()) {
    if (auto* numbers = std::get_if<data::Numbers>(&column.values))
      numbers->values.push_back(value.is_null() ? std::nan("") : value.as_double());
    else if (auto* times = std::get_if<data::Times>(&column.values))
      times->values.push_back(value.is_null() ? data::kMissingTime : value.as_int());
    else if (value.is_null())
      std::get<data::Texts>(column.values).append_missing();
    else
      std::get<data::Texts>(column.values).append(value.as_string());
  }
  return column;
}

}  // namespace

data::Table make_golden_rows(const data::Schema& schema, const data::Dataset& dataset) {
  const std::vector<int64_t> rows = dataset.split.rows(data::Part::kTrain);
  data::Table golden;
  golden.rows = kRows;
  for (int64_t row = 0; row < kRows; ++row) golden.source_row.push_back(row);
  for (const data::Field* field : schema.features()) {
    const data::Column& column = dataset.table.at(field->name);
    switch (field->kind) {
      case data::Kind::kNumber:
        golden.add({field->name, golden_numbers(column, rows)});
        break;
      case data::Kind::kDate:
        golden.add({field->name, golden_times(column, rows)});
        break;
      case data::Kind::kCategory:
        golden.add({field->name, golden_categories(column, rows)});
        break;
      case data::Kind::kText:
        golden.add({field->name, golden_texts()});
        break;
      case data::Kind::kIgnore:
        break;
    }
  }
  return golden;
}

Json golden_rows_to_json(const data::Table& rows) {
  static constexpr std::string_view kStorage[] = {"number", "text", "time"};
  Json columns = Json::array();
  for (const data::Column& column : rows.columns) {
    Json values = Json::array();
    for (int64_t row = 0; row < rows.rows; ++row) values.push_back(cell(column, row));
    columns.push_back(Json{{"name", column.name},
                           {"storage", kStorage[static_cast<size_t>(column.storage())]},
                           {"values", std::move(values)}});
  }
  return columns;
}

data::Table golden_rows_from_json(const Json& json) {
  data::Table rows;
  for (const Json& item : json.as_array()) {
    data::Column column = column_from_json(item);
    if (rows.columns.empty()) rows.rows = column.rows();
    RIFT_REQUIRE(column.rows() == rows.rows, Code::kArtefact, "rift.json: golden rows: columns of different length");
    rows.add(std::move(column));
  }
  for (int64_t row = 0; row < rows.rows; ++row) rows.source_row.push_back(row);
  return rows;
}

}  // namespace rift::package
