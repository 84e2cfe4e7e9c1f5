#include "rift/classic/feature_columns.h"

#include <limits>
#include <numeric>

#include "rift/base/error.h"

namespace rift::classic {
namespace {

constexpr double kMicrosecondsOfADay = 86'400'000'000.0;

const data::Column& stored_as(data::Storage storage, const data::Field& field, const data::Table& table) {
  const data::Column& column = table.at(field.name);
  RIFT_REQUIRE(column.storage() == storage, Code::kData,
               "column '{}': the model reads it as a {}, but it is stored otherwise", shorten(field.name),
               data::kind_name(field.kind));
  return column;
}

}  // namespace

std::vector<double> number_values(const data::Field& field, const data::Table& table, std::span<const int64_t> rows) {
  std::vector<double> values;
  values.reserve(rows.size());
  if (field.kind == data::Kind::kDate) {
    const auto& times = stored_as(data::Storage::kTime, field, table).times();
    for (int64_t row : rows) {
      const int64_t time = times[static_cast<size_t>(row)];
      values.push_back(time == data::kMissingTime ? std::numeric_limits<double>::quiet_NaN()
                                                  : static_cast<double>(time) / kMicrosecondsOfADay);
    }
    return values;
  }
  RIFT_CHECK(field.kind == data::Kind::kNumber);
  const auto& numbers = stored_as(data::Storage::kNumber, field, table).numbers();
  for (int64_t row : rows) values.push_back(numbers[static_cast<size_t>(row)]);
  return values;
}

std::vector<std::optional<std::string_view>> category_values(const data::Field& field, const data::Table& table,
                                                             std::span<const int64_t> rows) {
  const auto& texts = stored_as(data::Storage::kText, field, table).texts();
  std::vector<std::optional<std::string_view>> values;
  values.reserve(rows.size());
  for (int64_t row : rows) values.push_back(texts.get(row));
  return values;
}

std::vector<int64_t> all_rows(const data::Table& table) {
  std::vector<int64_t> rows(static_cast<size_t>(table.rows));
  std::iota(rows.begin(), rows.end(), int64_t{0});
  return rows;
}

std::vector<double> take_values(std::span<const double> values, std::span<const int64_t> rows) {
  std::vector<double> taken;
  if (values.empty()) return taken;
  taken.reserve(rows.size());
  for (int64_t row : rows) taken.push_back(values[static_cast<size_t>(row)]);
  return taken;
}

data::Schema tabular_schema(const data::Schema& schema) {
  return reduced_schema(schema, [](const data::Field& field) { return field.kind != data::Kind::kText; });
}

}  // namespace rift::classic
