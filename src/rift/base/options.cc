#include "rift/base/options.h"

#include <fmt/ranges.h>

#include <cmath>

namespace rift {
namespace {

std::string number_text(double value) {
  if (value == std::floor(value) && std::abs(value) < 1e15) return fmt::format("{}", static_cast<int64_t>(value));
  return fmt::format("{}", value);
}

std::string place(std::string_view file, std::string_view path, const Json& got) {
  std::string text(file);
  if (got.line() > 0) text += fmt::format(":{}", got.line());
  return path.empty() ? text : fmt::format("{}: {}", text, path);
}

std::string shown(const Json& got) {
  return got.is_object() || got.is_array() || got.is_null()
             ? std::string(got.kind_name())
             : fmt::format("{} ({})", to_json_text(got), got.kind_name());
}

}  // namespace

std::string Range::text() const {
  const bool has_low = std::isfinite(low), has_high = std::isfinite(high);
  if (has_low && has_high)
    return fmt::format("in {}{}, {}{}", open_low ? "(" : "[", number_text(low), number_text(high),
                       open_high ? ")" : "]");
  if (has_low) return fmt::format("{} {}", open_low ? ">" : ">=", number_text(low));
  if (has_high) return fmt::format("{} {}", open_high ? "<" : "<=", number_text(high));
  return "";
}

namespace detail {

void wrong_kind(std::string_view file, std::string_view path, const Json& got, std::string_view expected) {
  RIFT_FAIL(Code::kConfig, "{}: expected {}, got {}", place(file, path, got), expected, shown(got));
}

void out_of_range(std::string_view file, std::string_view path, const Json& got, const Range& range) {
  RIFT_FAIL(Code::kConfig, "{}: expected a number {}, got {}", place(file, path, got), range.text(), to_json_text(got));
}

void unknown_name(std::string_view file, std::string_view path, const Json& got, std::span<const std::string> names) {
  const std::string near = got.is_string() ? nearest_name(got.as_string(), names) : std::string();
  RIFT_FAIL(Code::kConfig, "{}: expected one of {}, got {}{}", place(file, path, got), fmt::join(names, ", "),
            shown(got), near.empty() ? "" : fmt::format("; did you mean '{}'?", near));
}

void unknown_key(std::string_view file, std::string_view path, const Json::Member& member,
                 std::span<const std::string> known) {
  const std::string near = nearest_name(member.key, known);
  RIFT_FAIL(
      Code::kConfig, "{}: unknown key '{}'; {}", place(file, path, member.value), shorten(member.key),
      near.empty() ? fmt::format("known keys: {}", fmt::join(known, ", ")) : fmt::format("did you mean '{}'?", near));
}

std::string join_path(std::string_view path, std::string_view key) {
  return path.empty() ? std::string(key) : fmt::format("{}.{}", path, key);
}

}  // namespace detail

namespace {

Json schema_of(const OptionDoc& doc);

void add_range(Json& schema, const Range& range) {
  if (std::isfinite(range.low)) schema[range.open_low ? "exclusiveMinimum" : "minimum"] = Json(range.low);
  if (std::isfinite(range.high)) schema[range.open_high ? "exclusiveMaximum" : "maximum"] = Json(range.high);
}

Json properties_of(const std::vector<OptionDoc>& fields) {
  Json properties = Json::object();
  for (const OptionDoc& field : fields) properties[field.name] = schema_of(field);
  return properties;
}

Json closed_object(Json properties) {
  return Json{{"type", "object"}, {"additionalProperties", false}, {"properties", std::move(properties)}};
}

// One alternative of a choice: the shared keys, the alternative's keys and the discriminator, required unless it is the
// default.
Json alternative_schema(const OptionDoc& doc, const std::string& name, const std::vector<OptionDoc>& own) {
  Json properties = Json::object();
  properties[doc.choice_key] = Json{{"const", name}, {"description", doc.choice_help}};
  for (const auto* fields : {&own, &doc.fields}) {
    for (const OptionDoc& field : *fields) properties[field.name] = schema_of(field);
  }
  Json schema = closed_object(std::move(properties));
  if (name != doc.choice_default) schema["required"] = Json(Json::Array{Json(doc.choice_key)});
  return schema;
}

Json struct_schema(const OptionDoc& doc) {
  Json schema;
  if (doc.choice_key.empty()) {
    schema = closed_object(properties_of(doc.fields));
  } else {
    Json alternatives = Json::array();
    for (const auto& [name, own] : doc.choices) alternatives.push_back(alternative_schema(doc, name, own));
    schema = Json{{"oneOf", std::move(alternatives)}};
  }
  if (doc.scalar_key.empty()) return schema;
  return Json{{"anyOf", Json(Json::Array{Json{{"type", Json(Json::Array{"string", "number", "boolean", "array"})}},
                                         std::move(schema)})}};
}

Json schema_of(const OptionDoc& doc) {
  Json schema = Json::object();
  switch (doc.kind) {
    case OptionDoc::Kind::kBool:
      schema["type"] = Json("boolean");
      break;
    case OptionDoc::Kind::kInteger:
      schema["type"] = Json("integer");
      break;
    case OptionDoc::Kind::kNumber:
      schema["type"] = Json("number");
      break;
    case OptionDoc::Kind::kText:
      schema["type"] = Json(Json::Array{"string", "number", "boolean"});
      break;
    case OptionDoc::Kind::kEnum:
      schema["enum"] = Json(doc.enum_names);
      break;
    case OptionDoc::Kind::kList:
      schema = Json{{"type", "array"}, {"items", schema_of(doc.fields.front())}};
      break;
    case OptionDoc::Kind::kMap:
      schema = Json{{"type", "object"}, {"additionalProperties", schema_of(doc.fields.front())}};
      break;
    case OptionDoc::Kind::kStruct:
      schema = struct_schema(doc);
      break;
  }
  add_range(schema, doc.range);
  if (doc.optional) schema = Json{{"anyOf", Json(Json::Array{std::move(schema), Json{{"type", "null"}}})}};
  if (!doc.help.empty()) schema["description"] = Json(doc.help);
  if (doc.kind != OptionDoc::Kind::kStruct && !doc.default_value.is_null()) schema["default"] = doc.default_value;
  return schema;
}

std::string type_text(const OptionDoc& doc) {
  const std::string range = doc.range.unbounded() ? "" : " " + doc.range.text();
  switch (doc.kind) {
    case OptionDoc::Kind::kBool:
      return "true/false";
    case OptionDoc::Kind::kInteger:
      return "whole number" + range;
    case OptionDoc::Kind::kNumber:
      return "number" + range;
    case OptionDoc::Kind::kText:
      return "text";
    case OptionDoc::Kind::kEnum:
      return fmt::format("{}", fmt::join(doc.enum_names, " / "));
    case OptionDoc::Kind::kList:
      return "list of " + type_text(doc.fields.front());
    case OptionDoc::Kind::kMap:
      return "mapping to " + type_text(doc.fields.front());
    case OptionDoc::Kind::kStruct:
      return "mapping";
  }
  return "";
}

std::string default_text(const OptionDoc& doc) {
  if (doc.default_value.is_null()) return doc.optional ? "none" : "";
  return to_json_text(doc.default_value);
}

/// One line of help: full path, type, default, help.
struct Line {
  std::string path, type, standard, help;
};

void collect(const OptionDoc& doc, const std::string& path, std::vector<Line>& lines) {
  if (!doc.choice_key.empty()) {
    std::vector<std::string> names;
    for (const auto& choice : doc.choices) names.push_back(choice.first);
    lines.push_back({detail::join_path(path, doc.choice_key), fmt::format("{}", fmt::join(names, " / ")),
                     to_json_text(Json(doc.choice_default)), doc.choice_help});
    for (const auto& [name, own] : doc.choices) {
      for (const OptionDoc& field : own) {
        lines.push_back({detail::join_path(path, field.name), type_text(field), default_text(field),
                         fmt::format("With {} {}: {}", doc.choice_key, name, field.help)});
      }
    }
  }
  for (const OptionDoc& field : doc.fields) {
    const std::string here = detail::join_path(path, field.name);
    if (field.kind == OptionDoc::Kind::kStruct) {
      if (!field.help.empty()) lines.push_back({here, "mapping", "", field.help});
      collect(field, here, lines);
    } else {
      lines.push_back({here, type_text(field), default_text(field), field.help});
    }
  }
}

std::string escaped_cell(std::string text) {
  for (size_t at = 0; (at = text.find('|', at)) != std::string::npos; at += 2) text.replace(at, 1, "\\|");
  return text;
}

}  // namespace

Json json_schema(const OptionDoc& doc, std::string_view title) {
  Json schema{{"$schema", "https://json-schema.org/draft/2020-12/schema"}, {"title", title}};
  const Json body = schema_of(doc);
  for (const auto& member : body.as_object()) schema[member.key] = member.value;
  return schema;
}

std::string markdown_reference(const OptionDoc& doc, std::string_view title) {
  std::vector<Line> lines;
  collect(doc, "", lines);
  std::string out = fmt::format("# {}\n\n| key | type | default | what it does |\n|---|---|---|---|\n", title);
  for (const Line& line : lines) {
    out += fmt::format("| `{}` | {} | {} | {} |\n", line.path, escaped_cell(line.type),
                       line.standard.empty() ? "" : "`" + escaped_cell(line.standard) + "`", escaped_cell(line.help));
  }
  return out;
}

std::string help_text(const OptionDoc& doc) {
  std::vector<Line> lines;
  collect(doc, "", lines);
  std::string out;
  for (const Line& line : lines)
    out += fmt::format("  {:<36} {}{}\n      {}\n", line.path, line.type,
                       line.standard.empty() ? "" : fmt::format("  [{}]", line.standard), line.help);
  return out;
}

}  // namespace rift
