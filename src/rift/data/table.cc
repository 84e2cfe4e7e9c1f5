#include "rift/data/table.h"

#include "rift/base/error.h"

namespace rift::data {

void Texts::append(std::string_view value) {
  bytes.append(value);
  offsets.push_back(bytes.size());
  present.push_back(1);
}

void Texts::append_missing() {
  offsets.push_back(bytes.size());
  present.push_back(0);
}

int64_t Column::rows() const {
  if (const auto* texts = std::get_if<Texts>(&values)) return static_cast<int64_t>(texts->present.size());
  if (const auto* times = std::get_if<Times>(&values)) return static_cast<int64_t>(times->values.size());
  return static_cast<int64_t>(std::get<Numbers>(values).values.size());
}

bool Column::missing(int64_t row) const {
  const auto i = static_cast<size_t>(row);
  if (const auto* texts = std::get_if<Texts>(&values)) return texts->present[i] == 0;
  if (const auto* times = std::get_if<Times>(&values)) return times->values[i] == kMissingTime;
  const double value = std::get<Numbers>(values).values[i];
  return value != value;
}

const std::vector<double>& Column::numbers() const {
  RIFT_CHECK(storage() == Storage::kNumber);
  return std::get<Numbers>(values).values;
}

const Texts& Column::texts() const {
  RIFT_CHECK(storage() == Storage::kText);
  return std::get<Texts>(values);
}

const std::vector<int64_t>& Column::times() const {
  RIFT_CHECK(storage() == Storage::kTime);
  return std::get<Times>(values).values;
}

const Column* Table::find(std::string_view name) const {
  for (const Column& column : columns) {
    if (column.name == name) return &column;
  }
  return nullptr;
}

const Column& Table::at(std::string_view name) const {
  if (const Column* column = find(name)) return *column;
  std::vector<std::string> names;
  for (const Column& column : columns) names.push_back(column.name);
  const std::string near = nearest_name(name, names);
  RIFT_FAIL(Code::kData, "there is no column '{}' among the {} of the table{}", shorten(name), names.size(),
            near.empty() ? "" : fmt::format("; did you mean '{}'?", shorten(near)));
}

void Table::add(Column column) {
  RIFT_CHECK(column.rows() == rows);
  RIFT_REQUIRE(find(column.name) == nullptr, Code::kData, "two columns are called '{}'; rename one",
               shorten(column.name));
  columns.push_back(std::move(column));
}

namespace {

Column take(const Column& column, std::span<const int64_t> rows) {
  Column taken{.name = column.name, .values = {}};
  if (column.storage() == Storage::kText) {
    const Texts& texts = column.texts();
    Texts& out = taken.values.emplace<Texts>();
    out.offsets.reserve(rows.size() + 1);
    out.present.reserve(rows.size());
    for (const int64_t row : rows) {
      if (const auto value = texts.get(row)) {
        out.append(*value);
      } else {
        out.append_missing();
      }
    }
  } else if (column.storage() == Storage::kTime) {
    auto& out = taken.values.emplace<Times>().values;
    out.reserve(rows.size());
    for (const int64_t row : rows) out.push_back(column.times()[static_cast<size_t>(row)]);
  } else {
    auto& out = taken.values.emplace<Numbers>().values;
    out.reserve(rows.size());
    for (const int64_t row : rows) out.push_back(column.numbers()[static_cast<size_t>(row)]);
  }
  return taken;
}

void append_column(Column& column, const Column& more) {
  RIFT_CHECK(column.storage() == more.storage());
  if (auto* texts = std::get_if<Texts>(&column.values)) {
    const Texts& other = more.texts();
    const uint64_t begin = texts->bytes.size();
    texts->bytes.append(other.bytes);
    for (size_t i = 1; i < other.offsets.size(); ++i) texts->offsets.push_back(begin + other.offsets[i]);
    texts->present.insert(texts->present.end(), other.present.begin(), other.present.end());
  } else if (auto* times = std::get_if<Times>(&column.values)) {
    times->values.insert(times->values.end(), more.times().begin(), more.times().end());
  } else {
    auto& numbers = std::get<Numbers>(column.values).values;
    numbers.insert(numbers.end(), more.numbers().begin(), more.numbers().end());
  }
}

}  // namespace

void append_rows(Table& table, Table more) {
  if (table.rows == 0) {
    table = std::move(more);
    return;
  }
  RIFT_CHECK(table.columns.size() == more.columns.size());
  for (size_t i = 0; i < table.columns.size(); ++i) append_column(table.columns[i], more.columns[i]);
  table.source_row.insert(table.source_row.end(), more.source_row.begin(), more.source_row.end());
  table.rows += more.rows;
}

Table take(const Table& table, std::span<const int64_t> rows) {
  Table taken;
  taken.rows = static_cast<int64_t>(rows.size());
  for (const int64_t row : rows) RIFT_CHECK(row >= 0 && row < table.rows);
  for (const Column& column : table.columns) taken.columns.push_back(take(column, rows));
  if (!table.source_row.empty()) {
    taken.source_row.reserve(rows.size());
    for (const int64_t row : rows) taken.source_row.push_back(table.source_row[static_cast<size_t>(row)]);
  }
  return taken;
}

}  // namespace rift::data
