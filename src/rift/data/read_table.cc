#include "rift/data/column_summary.h"
#include "rift/data/convert_column.h"
#include "rift/data/raw_records.h"
#include "rift/data/table_writer.h"

namespace rift::data {

Table read_table(const std::filesystem::path& path) {
  Source source(path.string(), {});
  std::vector<ColumnRequest> requests;
  for (size_t i = 0; i < source.columns().size(); ++i) requests.push_back({.column = i});
  RowReader reader = source.open(requests);
  Table table;
  table.columns = reader.empty_columns();
  while (const int64_t rows = reader.append_next(table.columns)) table.rows += rows;
  for (size_t i = 0; i < table.columns.size(); ++i) {
    Column& column = table.columns[i];
    column.name = source.columns()[i].name;
    if (!source.is_csv()) continue;
    // CSV says nothing of types: a column of numbers or dates alone is one.
    const ColumnSummary summary = summarize(column);
    if (summary.numbers)
      column = convert_column(std::move(column), Kind::kNumber, {.numbers = summary.number_style}).column;
    if (summary.dates) column = convert_column(std::move(column), Kind::kDate, {.dates = summary.date_order}).column;
  }
  for (int64_t row = 0; row < table.rows; ++row) table.source_row.push_back(row);
  return table;
}

}  // namespace rift::data
