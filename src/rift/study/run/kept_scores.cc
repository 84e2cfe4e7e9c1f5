#include "rift/study/run/kept_scores.h"

#include <algorithm>

#include "rift/base/error.h"
#include "rift/data/table_writer.h"

namespace rift::study {
namespace {

std::string value_column(int64_t output) { return fmt::format("v{}", output); }

}  // namespace

void write_kept_scores(const std::filesystem::path& file, std::span<const score::RawScores* const> kinds) {
  int64_t outputs = 0;
  for (const score::RawScores* raw : kinds) outputs = std::max(outputs, raw->outputs);
  std::vector<data::TableWriter::ColumnSpec> columns = {{.name = "what", .whole_number = true}};
  std::vector<data::Numbers> values(static_cast<size_t>(outputs) + 1);
  for (int64_t k = 0; k < outputs; ++k) columns.push_back({.name = value_column(k)});
  for (size_t what = 0; what < kinds.size(); ++what) {
    const score::RawScores& raw = *kinds[what];
    for (int64_t row = 0; row < raw.rows; ++row) {
      values[0].values.push_back(static_cast<double>(what));
      for (int64_t k = 0; k < outputs; ++k) {
        values[static_cast<size_t>(k) + 1].values.push_back(raw.values[static_cast<size_t>(row * outputs + k)]);
      }
    }
  }
  data::Table table;
  table.rows = static_cast<int64_t>(values[0].values.size());
  for (size_t i = 0; i < values.size(); ++i) table.add({.name = columns[i].name, .values = std::move(values[i])});
  data::TableWriter writer(file, columns);
  writer.append(table);
  writer.finish();
}

std::vector<score::RawScores> read_kept_scores(const std::filesystem::path& file, size_t kinds, int64_t outputs) {
  const data::Table table = data::read_table(file);
  const std::vector<double>& what = table.at("what").numbers();
  std::vector<score::RawScores> all(kinds);
  for (size_t row = 0; row < what.size(); ++row) {
    const auto index = static_cast<size_t>(what[row]);
    RIFT_REQUIRE(index < kinds, Code::kArtefact, "{}: row {} is of no known kind", file.string(), row);
    score::RawScores& raw = all[index];
    ++raw.rows;
    raw.outputs = outputs;
    for (int64_t k = 0; k < outputs; ++k) raw.values.push_back(table.at(value_column(k)).numbers()[row]);
  }
  return all;
}

}  // namespace rift::study
