#include "rift/study/run/template.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <map>
#include <string_view>
#include <vector>

#include "rift/base/options.h"
#include "rift/base/sentences.h"
#include "rift/base/shell.h"
#include "rift/study/run/options.h"

namespace rift::study {
namespace {

/// A comment ends with its line, and names of columns may hold line breaks.
std::string on_one_line(std::string_view text) {
  std::string line(text);
  std::replace_if(
      line.begin(), line.end(), [](unsigned char c) { return c < 0x20 || c == 0x7F; }, ' ');
  return line;
}

std::string entry(std::string_view indent, std::string_view key, Json value, std::string_view comment = {}) {
  Json object = Json::object();
  object[key] = std::move(value);
  std::string text = to_yaml_text(object);
  if (text.ends_with('\n')) text.pop_back();
  std::string result = std::string(indent);
  for (const char c : text) {
    result += c;
    if (c == '\n') result += indent;
  }
  if (!comment.empty()) result += fmt::format("  # {}", on_one_line(comment));
  return result + "\n";
}

std::string comment_lines(std::string_view text) {
  std::string result = "# ";
  size_t column = 2;
  for (const char c : on_one_line(text)) {
    if (c == ' ' && column > 100) {
      result += "\n# ";
      column = 2;
    } else {
      result += c;
      ++column;
    }
  }
  return result + "\n";
}

/// `path` as it reads from the folder of `file`.
std::string seen_from(const std::filesystem::path& file, const std::filesystem::path& path) {
  if (path.is_absolute()) return path.string();
  const std::filesystem::path folder = std::filesystem::absolute(file).lexically_normal().parent_path();
  return (std::filesystem::current_path() / path).lexically_normal().lexically_relative(folder).string();
}

/// Where the rows are; globs keep their pattern, a query its text with the folder that its files are relative to.
std::string source_entries(const std::string& source, const std::filesystem::path& file) {
  if (!data::is_query(source)) return entry("  ", "source", seen_from(file, source));
  std::string text = entry("  ", "source", source);
  const std::filesystem::path folder = seen_from(file, "");
  if (folder != "." && folder != "./") text += entry("  ", "folder", folder.string(), sentence("init.folder"));
  return text;
}

std::string comment_on(const std::string& name, const data::Proposal& proposal) {
  const auto found = std::find_if(proposal.columns.begin(), proposal.columns.end(),
                                  [&](const data::ColumnProposal& column) { return column.name == name; });
  if (found == proposal.columns.end()) return {};
  const data::ColumnProposal& column = *found;
  std::vector<std::string> parts;
  if (column.suspected_leak) parts.push_back(sentence("init.suspected"));
  if (!column.why.empty()) parts.push_back(column.why);
  if (column.missing_share > 0) {
    const bool hardly = column.missing_share < 0.0005;
    const std::string share = hardly ? "< 0.1 %" : fmt::format("{:.1f} %", 100 * column.missing_share);
    parts.push_back(sentence("init.missing", fmt::arg("share", share)));
  }
  return fmt::format("{}", fmt::join(parts, "; "));
}

std::string kind_caption(data::Kind kind) {
  if (kind == data::Kind::kNumber) return sentence("kind.number");
  if (kind == data::Kind::kCategory) return sentence("kind.category");
  return sentence(kind == data::Kind::kText ? "kind.text" : "kind.date");  // features are of no other kind
}

Json name_of(data::Kind kind) { return write_value(kind); }

std::string data_section(const data::Proposal& proposal, const std::filesystem::path& file) {
  const data::DataOptions& data = proposal.data;
  std::string text = "data:\n";
  text += source_entries(data.source, file);
  Json label = Json::object();
  label["column"] = data.label.column;
  if (!data.label.positive.empty()) label["positive"] = Json(data.label.positive);
  text += entry("  ", "label", label);
  const auto role = [&](std::string_view key, const std::optional<std::string>& value) {
    if (value) text += entry("  ", key, *value, comment_on(*value, proposal));
  };
  role("id", data.id);
  role("time", data.time);
  role("group", data.group);
  role("weight", data.weight);
  if (!data.protected_columns.empty()) text += entry("  ", "protected", Json(data.protected_columns));
  text += comment_lines(sentence("init.kinds")).insert(0, "  ");
  text += "  columns:\n";
  for (const auto& [name, kind] : data.columns) {
    text += entry("    ", name, name_of(kind), comment_on(name, proposal));
  }
  return text;
}

bool has_text(const data::Proposal& proposal) {
  return std::any_of(proposal.data.columns.begin(), proposal.data.columns.end(),
                     [](const auto& column) { return column.second == data::Kind::kText; });
}

bool has_table(const data::Proposal& proposal) {
  return std::any_of(proposal.data.columns.begin(), proposal.data.columns.end(),
                     [](const auto& column) { return data::is_tabular(column.second); });
}

std::vector<std::string> models_for(const data::Proposal& proposal) {
  std::vector<std::string> models;
  if (has_table(proposal)) {
    if (proposal.task == data::Task::kBinary) models.push_back("scorecard");
    models.push_back("gbdt");
  }
  if (has_text(proposal) || !has_table(proposal)) {
    models.push_back("text-baseline");
    models.push_back("fine-tuned");
    if (has_table(proposal)) models.push_back("fusion");
  }
  return models;
}

std::string model_section(const data::Proposal& proposal) {
  std::string text = comment_lines(sentence(has_text(proposal) ? "init.text" : "init.no_text"));
  text += "model:\n  text:\n";
  text += entry("    ", "from_table", "when_no_text");
  text += entry("    ", "max_tokens", int64_t{128});
  text += "tuning:\n" + entry("  ", "method", "full") +
          entry("  ", "freeze", Json(std::vector<std::string>{"word_embeddings"}));
  text += comment_lines(sentence("init.objective"));
  text += "objective:\n  anchor:\n" + entry("    ", "kind", "l2_sp") + entry("    ", "lambda", 0.0);
  text += "optim:\n" + entry("  ", "name", "adamw") + entry("  ", "lr", 1e-4) + entry("  ", "head_lr", 1e-3) +
          entry("  ", "weight_decay", 0.01) + entry("  ", "epochs", proposal.rows > 20'000 ? 1.0 : 3.0) +
          entry("  ", "batch_rows", int64_t{32});
  text += "train:\n" + entry("  ", "seed", int64_t{1});
  return text;
}

std::string compare_section(const data::Proposal& proposal) {
  std::string text;
  if (!has_text(proposal)) text += comment_lines(sentence("init.table_only"));
  return text + "compare:\n" + entry("  ", "models", Json(models_for(proposal)));
}

}  // namespace

std::string run_template(const data::Proposal& proposal, const std::filesystem::path& file) {
  std::string text = comment_lines(sentence("init.header", fmt::arg("rows", fmt::format("{}", proposal.rows)),
                                            fmt::arg("columns", proposal.columns.size()),
                                            fmt::arg("command", "rift compare " + shell_word(file.string()))));
  for (const std::string& note : proposal.notes) text += comment_lines(note);
  text += "\n" + entry("", "task", write_value(proposal.task)) + "\n" + data_section(proposal, file) + "\n";
  text += comment_lines(sentence("init.split"));
  if (std::holds_alternative<data::KFoldSplit>(proposal.split.kind)) text += comment_lines(sentence("init.folds"));
  text += "split:\n";
  const Json split = write_options(proposal.split);  // outlives the loop over its members
  for (const Json::Member& member : split.as_object()) text += entry("  ", member.key, member.value);
  return text + "\n" + model_section(proposal) + "\n" + compare_section(proposal);
}

std::string proposal_text(const data::Proposal& proposal) {
  std::string text =
      sentence("init.summary", fmt::arg("rows", proposal.rows), fmt::arg("columns", proposal.columns.size()),
               fmt::arg("task", std::string(data::task_name(proposal.task)))) +
      "\n";
  for (const std::string& note : proposal.notes) text += note + "\n";
  std::map<data::Kind, int64_t> kinds;
  for (const data::ColumnProposal& column : proposal.columns) {
    if (column.role == data::Role::kFeature && column.kind != data::Kind::kIgnore) ++kinds[column.kind];
  }
  std::vector<std::string> counts;
  for (const auto& [kind, count] : kinds) {
    counts.push_back(sentence("init.kind_count", fmt::arg("count", count), fmt::arg("kind", kind_caption(kind))));
  }
  text += sentence("init.features", fmt::arg("kinds", fmt::format("{}", fmt::join(counts, ", ")))) + "\n";
  for (const data::ColumnProposal& column : proposal.columns) {
    if (column.suspected_leak)
      text += fmt::format("  {}: {}; {}\n", column.name, sentence("init.suspected"), column.why);
  }
  return text;
}

Json proposal_json(const data::Proposal& proposal) {
  Json columns = Json::array();
  for (const data::ColumnProposal& column : proposal.columns) {
    columns.push_back(Json{{"name", column.name},
                           {"kind", data::kind_name(column.kind)},
                           {"role", data::role_name(column.role)},
                           {"why", column.why},
                           {"suspected_leak", column.suspected_leak},
                           {"missing_share", column.missing_share},
                           {"distinct", column.distinct}});
  }
  return Json{{"task", data::task_name(proposal.task)}, {"rows", proposal.rows}, {"data", write_options(proposal.data)},
              {"split", write_options(proposal.split)}, {"columns", columns},    {"notes", proposal.notes}};
}

}  // namespace rift::study
