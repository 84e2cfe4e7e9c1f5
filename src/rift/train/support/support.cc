#include "rift/train/support/support.h"

#include <fmt/format.h>

#include <algorithm>

#include "rift/train/support/trials.h"

namespace rift::train {

const SupportCell& SupportTable::at(std::string_view row, std::string_view column) const {
  const auto in_rows = std::ranges::find(rows, row, &Row::name);
  const auto in_columns = std::ranges::find(columns, column);
  RIFT_CHECK(in_rows != rows.end() && in_columns != columns.end());
  return in_rows->cells.at(static_cast<size_t>(in_columns - columns.begin()));
}

const SupportTable& SupportMatrix::table(std::string_view key) const {
  const auto found = std::ranges::find(tables, key, &SupportTable::key);
  RIFT_CHECK(found != tables.end());
  return *found;
}

std::string without_names(std::string message, const Names& names) {
  for (const std::string& name : names) {
    RIFT_CHECK(!name.empty());
    std::string left;
    size_t begin = 0;
    for (size_t at = 0; (at = message.find(name, begin)) != std::string::npos; begin = at + name.size()) {
      left.append(message, begin, at - begin).push_back('\0');
    }
    message = left.append(message, begin);
  }
  return message;
}

SupportCell Trials::of(const std::function<void()>& action, const Names& names) {
  try {
    action();
    return {};
  } catch (const Error& error) {
    const bool refused =
        error.code() == Code::kConfig || error.code() == Code::kUnsupported || error.code() == Code::kArtefact;
    if (!refused) throw;
    const Refusal nameless{error.code(), without_names(error.message(), names)};
    const auto found = std::ranges::find(nameless_, nameless);
    const auto number = static_cast<size_t>(found - nameless_.begin()) + 1;
    if (found == nameless_.end()) {
      nameless_.push_back(nameless);
      refusals_.push_back({error.code(), error.message()});
    }
    return {.answer = SupportCell::Answer::kNo, .refusal = number};
  }
}

SupportMatrix support_matrix() {
  SupportMatrix matrix;
  Trials trials;
  add_text_tables(matrix, trials);
  add_tuning_tables(matrix, trials);
  add_file_tables(matrix, trials);
  add_tokenizer_tables(matrix, trials);
  add_export_tables(matrix, trials);
  add_setting_tables(matrix, trials);
  matrix.refusals = trials.take();
  return matrix;
}

namespace {

std::string answer_in_json(const SupportCell& cell) {
  switch (cell.answer) {
    case SupportCell::Answer::kYes:
      return "yes";
    case SupportCell::Answer::kOwn:
      return "own";
    case SupportCell::Answer::kNo:
      return cell.refusal == 0 ? "no" : fmt::format("no: {}", cell.refusal);
    case SupportCell::Answer::kText:
      return cell.text;
  }
  RIFT_FAIL(Code::kBug, "an answer without a name");
}

}  // namespace

Json to_json(const SupportMatrix& matrix) {
  Json tables = Json::object();
  for (const SupportTable& table : matrix.tables) {
    Json rows = Json::object();
    for (const SupportTable::Row& row : table.rows) {
      Json cells = Json::object();
      for (size_t i = 0; i < row.cells.size(); ++i) cells[table.columns[i]] = answer_in_json(row.cells[i]);
      rows[row.name] = std::move(cells);
    }
    tables[table.key] = std::move(rows);
  }
  Json refusals = Json::array();
  for (const Refusal& refusal : matrix.refusals) {
    const CodeInfo& info = code_info(refusal.code);
    refusals.push_back(Json{{"number", static_cast<int64_t>(refusals.size()) + 1},
                            {"code", info.name},
                            {"exit_status", info.exit_status},
                            {"message", refusal.message}});
  }
  return Json{{"tables", std::move(tables)}, {"refusals", std::move(refusals)}};
}

}  // namespace rift::train
