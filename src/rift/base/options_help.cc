#include <fmt/ranges.h>

#include "rift/base/options.h"

namespace rift {
namespace {

using Kind = OptionDoc::Kind;

std::string type_text(const OptionDoc& doc, const Range& range) {
  const std::string limits = range.unbounded() ? "" : " " + range.text();
  switch (doc.kind) {
    case Kind::kBool:
      return "true/false";
    case Kind::kInteger:
      return "whole number" + limits;
    case Kind::kNumber:
      return "number" + limits;
    case Kind::kText:
      return "text";
    case Kind::kEnum:
      return fmt::format("{}", fmt::join(doc.enum_names, " / "));
    case Kind::kList:
      return "list of " + type_text(doc.fields.front(), range);
    case Kind::kMap:
      return "mapping to " + type_text(doc.fields.front(), range);
    case Kind::kStruct:
      return doc.scalar_key.empty() ? "mapping" : fmt::format("mapping, or its {} alone", doc.scalar_key);
  }
  return "";
}

std::string default_text(const OptionDoc& doc) {
  if (doc.default_value.is_null()) return doc.optional ? "none" : "";
  return doc.default_value.is_string() && !doc.default_value.as_string().empty() ? doc.default_value.as_string()
                                                                                 : to_json_text(doc.default_value);
}

struct Row {
  std::string key, type, standard, help;
};

Row row_of(const OptionDoc& field, std::string key) {
  return {std::move(key), type_text(field, field.range), default_text(field), field.help};
}

Row choice_row(const OptionDoc& doc, std::string key) {
  std::vector<std::string> names;
  for (const auto& choice : doc.choices) names.push_back(choice.first);
  return {std::move(key), fmt::format("{}", fmt::join(names, " / ")), doc.choice_default, doc.choice_help};
}

/// The struct that a field holds, directly or as the item of a list or mapping, and the path of its keys.
struct Inner {
  const OptionDoc* doc = nullptr;
  std::string path;
};

Inner inner_struct(const OptionDoc& field, std::string path) {
  if (field.kind == Kind::kStruct) return {&field, std::move(path)};
  if (field.kind == Kind::kList) return inner_struct(field.fields.front(), path + "[]");
  if (field.kind == Kind::kMap) return inner_struct(field.fields.front(), path + ".<name>");
  return {};
}

// ---------------------------------------------------------------------------------------------------------------- help

void collect(const OptionDoc& doc, const std::string& path, std::vector<Row>& rows);

void collect_fields(const std::vector<OptionDoc>& fields, const std::string& path, const std::string& condition,
                    std::vector<Row>& rows) {
  for (const OptionDoc& field : fields) {
    const std::string here = detail::join_path(path, field.name);
    Row row = row_of(field, here);
    row.help = condition + row.help;
    rows.push_back(std::move(row));
    if (const Inner inner = inner_struct(field, here); inner.doc != nullptr) collect(*inner.doc, inner.path, rows);
  }
}

void collect(const OptionDoc& doc, const std::string& path, std::vector<Row>& rows) {
  if (!doc.choice_key.empty()) {
    rows.push_back(choice_row(doc, detail::join_path(path, doc.choice_key)));
    for (const auto& [name, own] : doc.choices)
      collect_fields(own, path, fmt::format("With {} {}: ", doc.choice_key, name), rows);
  }
  collect_fields(doc.fields, path, "", rows);
}

// ------------------------------------------------------------------------------------------------------------ markdown

std::string cell(std::string text) {
  for (size_t at = 0; (at = text.find('|', at)) != std::string::npos; at += 2) text.replace(at, 1, "\\|");
  return text;
}

std::string table(const std::vector<Row>& rows) {
  std::string out = "| key | type | default | what it does |\n|---|---|---|---|\n";
  for (const Row& row : rows) {
    out += fmt::format("| `{}` | {} | {} | {} |\n", row.key, cell(row.type),
                       row.standard.empty() ? "" : "`" + cell(row.standard) + "`", cell(row.help));
  }
  return out;
}

void append_sections(std::string& out, const OptionDoc& doc, const std::string& path);

void append_inner_sections(std::string& out, const std::vector<OptionDoc>& fields, const std::string& path) {
  for (const OptionDoc& field : fields) {
    const Inner inner = inner_struct(field, detail::join_path(path, field.name));
    if (inner.doc == nullptr) continue;
    out += fmt::format("\n## `{}`\n\n{}\n\n", inner.path, field.help);
    append_sections(out, *inner.doc, inner.path);
  }
}

void append_sections(std::string& out, const OptionDoc& doc, const std::string& path) {
  std::vector<Row> rows;
  if (!doc.choice_key.empty()) rows.push_back(choice_row(doc, doc.choice_key));
  for (const OptionDoc& field : doc.fields) rows.push_back(row_of(field, field.name));
  out += rows.empty() ? "No keys.\n" : table(rows);
  for (const auto& [name, own] : doc.choices) {
    if (own.empty()) continue;
    rows.clear();
    for (const OptionDoc& field : own) rows.push_back(row_of(field, field.name));
    out += fmt::format("\nWith `{}: {}`:\n\n{}", doc.choice_key, name, table(rows));
  }
  append_inner_sections(out, doc.fields, path);
  for (const auto& choice : doc.choices) append_inner_sections(out, choice.second, path);
}

}  // namespace

std::string markdown_reference(const OptionDoc& doc, std::string_view title) {
  std::string out = fmt::format("# {}\n\n", title);
  append_sections(out, doc, "");
  return out;
}

std::string help_text(const OptionDoc& doc) {
  std::vector<Row> rows;
  collect(doc, "", rows);
  std::string out;
  for (const Row& row : rows)
    out += fmt::format("  {:<36} {}{}\n      {}\n", row.key, row.type,
                       row.standard.empty() ? "" : fmt::format("  [{}]", row.standard), row.help);
  return out;
}

}  // namespace rift
