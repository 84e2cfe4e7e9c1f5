#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "rift/base/sentences.h"
#include "rift/train/support/support.h"

namespace rift::train {

namespace {

/// Columns that no file or run.yaml names.
constexpr std::string_view kWords[] = {"engine", "kind", "weights_alone", "read", "write", "works"};

/// Text within a cell of Markdown.
std::string in_cell(std::string_view text) {
  std::string escaped;
  for (const char c : text) {
    if (c == '|' || c == '<') escaped += '\\';
    escaped += c == '\n' ? ' ' : c;
  }
  return escaped;
}

std::string code(std::string_view text) { return fmt::format("`{}`", text); }

std::string line_of(const std::vector<std::string>& cells) { return fmt::format("| {} |\n", fmt::join(cells, " | ")); }

std::string rule_of(size_t columns) { return line_of(std::vector<std::string>(columns, "---")); }

std::string markdown_table(const SupportTable& table) {
  std::vector<std::string> head = {""};
  for (const std::string& column : table.columns) {
    const bool is_word = std::ranges::find(kWords, column) != std::end(kWords);
    head.push_back(is_word ? column_name(column) : code(column));
  }
  std::string text = line_of(head) + rule_of(head.size());
  for (const SupportTable::Row& row : table.rows) {
    std::vector<std::string> cells = {code(row.name)};
    for (const SupportCell& cell : row.cells) {
      const std::string cell_is = in_cell(cell_text(cell));
      cells.push_back(cell.answer == SupportCell::Answer::kOwn ? fmt::format("**{}**", cell_is) : cell_is);
    }
    text += line_of(cells);
  }
  return text;
}

}  // namespace

std::string title_of(const SupportTable& table) { return sentence("support_title." + table.key); }
std::string note_of(const SupportTable& table) { return sentence("support_note." + table.key); }

std::string column_name(std::string_view column) {
  const bool is_word = std::ranges::find(kWords, column) != std::end(kWords);
  return is_word ? sentence("support_column." + std::string(column)) : std::string(column);
}

std::string cell_text(const SupportCell& cell) {
  switch (cell.answer) {
    case SupportCell::Answer::kYes:
      return sentence("support.yes");
    case SupportCell::Answer::kOwn:
      return sentence("support.own");
    case SupportCell::Answer::kNo:
      return cell.refusal == 0 ? sentence("support.no") : sentence("support.refused", fmt::arg("number", cell.refusal));
    case SupportCell::Answer::kText:
      return cell.text.empty() ? "-" : cell.text;
  }
  RIFT_FAIL(Code::kBug, "an answer without a name");
}

std::string markdown_text(const SupportMatrix& matrix) {
  std::string text = fmt::format("# {}\n\n{}\n", sentence("support.title"), sentence("support.intro"));
  for (const SupportTable& table : matrix.tables) {
    text += fmt::format("\n## {}\n\n{}\n\n{}", title_of(table), note_of(table), markdown_table(table));
  }
  text += fmt::format("\n## {}\n\n{}\n\n", sentence("support.refusals.title"), sentence("support.refusals.note"));
  text += line_of({"", sentence("support.refusals.exit"), sentence("support.refusals.message")}) + rule_of(3);
  for (size_t i = 0; i < matrix.refusals.size(); ++i) {
    const Refusal& refusal = matrix.refusals[i];
    const CodeInfo& info = code_info(refusal.code);
    text +=
        line_of({std::to_string(i + 1), fmt::format("{} ({})", info.exit_status, info.name), in_cell(refusal.message)});
  }
  return text;
}

}  // namespace rift::train
