#include "rift/study/run/kept_scores.h"

#include <algorithm>
#include <charconv>
#include <optional>
#include <string_view>

#include "rift/base/error.h"
#include "rift/data/table_writer.h"
#include "rift/score/policy.h"

namespace rift::study {
namespace {

constexpr std::string_view kWhat = "what";

/// A quantile's column is named by its level, so that the file says what it holds.
std::vector<std::string> value_columns(const score::RawScores& raw) {
  std::vector<std::string> names;
  for (int64_t k = 0; k < raw.outputs; ++k) names.push_back(fmt::format("v{}", k));
  for (size_t k = 0; k < raw.levels.size(); ++k) names[k] = score::quantile_column(raw.levels[k]);
  return names;
}

/// The level in a quantile's column; nullopt of another one.
std::optional<double> level_of(std::string_view name) {
  if (!name.starts_with("q_")) return std::nullopt;
  double level = 0.0;
  const auto [end, error] = std::from_chars(name.data() + 2, name.data() + name.size(), level);
  return error == std::errc() && end == name.data() + name.size() ? std::optional(level) : std::nullopt;
}

}  // namespace

void write_kept_scores(const std::filesystem::path& file, std::span<const score::RawScores* const> kinds) {
  RIFT_CHECK(!kinds.empty());
  const score::RawScores& widest = **std::ranges::max_element(kinds, {}, &score::RawScores::outputs);
  const int64_t outputs = widest.outputs;
  std::vector<data::TableWriter::ColumnSpec> columns = {{.name = std::string(kWhat), .whole_number = true}};
  std::vector<data::Numbers> values(static_cast<size_t>(outputs) + 1);
  for (const std::string& name : value_columns(widest)) columns.push_back({.name = name});
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

std::vector<score::RawScores> read_kept_scores(const std::filesystem::path& file, size_t kinds) {
  const data::Table table = data::read_table(file);
  score::RawScores form{.outputs = 0};
  std::vector<const std::vector<double>*> values;
  for (const data::Column& column : table.columns) {
    if (column.name == kWhat) continue;
    if (const auto level = level_of(column.name)) form.levels.push_back(*level);
    values.push_back(&column.numbers());
    ++form.outputs;
  }
  const std::vector<double>& what = table.at(std::string(kWhat)).numbers();
  std::vector<score::RawScores> all(kinds, form);
  for (size_t row = 0; row < what.size(); ++row) {
    const auto index = static_cast<size_t>(what[row]);
    RIFT_REQUIRE(index < kinds, Code::kArtefact, "{}: row {} is of no known kind", file.string(), row);
    score::RawScores& raw = all[index];
    ++raw.rows;
    for (const std::vector<double>* column : values) raw.values.push_back((*column)[row]);
  }
  return all;
}

}  // namespace rift::study
