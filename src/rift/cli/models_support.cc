#include <memory>
#include <string>
#include <vector>

#include "rift/base/sentences.h"
#include "rift/cli/output.h"
#include "rift/cli/verb.h"
#include "rift/train/support/support.h"

namespace rift::cli {
namespace {

/// Text of Markdown as a terminal shows it: without its backticks and stars.
std::string without_marks(std::string text) {
  std::erase_if(text, [](char letter) { return letter == '`' || letter == '*'; });
  return text;
}

std::string support_text(const train::SupportMatrix& matrix) {
  std::string text;
  for (const train::SupportTable& table : matrix.tables) {
    std::vector<std::vector<std::string>> lines = {{""}};
    for (const std::string& column : table.columns) lines.front().push_back(train::column_name(column));
    for (const train::SupportTable::Row& row : table.rows) {
      std::vector<std::string>& line = lines.emplace_back(1, row.name);
      for (const train::SupportCell& cell : row.cells) line.push_back(train::cell_text(cell));
    }
    text += train::title_of(table) + "\n" + without_marks(train::note_of(table)) + "\n" + columns_text(lines) + "\n";
  }
  text += sentence("support.refusals.title") + "\n";
  for (size_t i = 0; i < matrix.refusals.size(); ++i) {
    text += padded(std::to_string(i + 1), 4) + matrix.refusals[i].message + "\n";
  }
  return text;
}

}  // namespace

Run add_models_support(CLI::App& command) {
  auto markdown = std::make_shared<bool>(false);
  command.add_flag("--markdown", *markdown, "As a document, with explanations: docs/models.md");
  command.footer("Everything is tried with models of a few thousand made-up weights while you wait; no file is read.");
  return [markdown](const CommonFlags& flags) {
    const train::SupportMatrix matrix = train::support_matrix();
    if (flags.json)
      print_json(train::to_json(matrix));
    else
      print_result(*markdown ? train::markdown_text(matrix) : support_text(matrix));
    return 0;
  };
}

}  // namespace rift::cli
