#include <charconv>
#include <cmath>
#include <iterator>

#include "rift/base/error.h"
#include "rift/base/json.h"
#include "rift/base/utf8.h"

namespace rift {
namespace {

void append_string(std::string& out, std::string_view text) {
  if (first_invalid_utf8(text)) return append_string(out, valid_utf8(text));
  out += '"';
  for (const char c : text) {
    switch (c) {
      case '"':
        out += "\\\"";
        break;
      case '\\':
        out += "\\\\";
        break;
      case '\n':
        out += "\\n";
        break;
      case '\r':
        out += "\\r";
        break;
      case '\t':
        out += "\\t";
        break;
      default:
        if (static_cast<unsigned char>(c) < 0x20)
          fmt::format_to(std::back_inserter(out), "\\u{:04x}", static_cast<unsigned>(c));
        else
          out += c;
    }
  }
  out += '"';
}

void append_double(std::string& out, double value) {
  RIFT_REQUIRE(std::isfinite(value), Code::kBug, "NaN or infinity cannot be written as JSON");
  char buffer[40];
  const auto end = std::to_chars(buffer, buffer + sizeof buffer, value).ptr;
  const std::string_view digits(buffer, static_cast<size_t>(end - buffer));
  out += digits;
  if (digits.find_first_of(".e") == std::string_view::npos) out += ".0";  // reads back as a number, not a whole number
}

void append_break(std::string& out, int indent, int depth) {
  if (indent < 0) return;
  out += '\n';
  out.append(static_cast<size_t>(indent * depth), ' ');
}

void append_json(std::string& out, const Json& json, int indent, int depth) {
  RIFT_CHECK(depth < 512);
  if (json.is_null())
    out += "null";
  else if (json.is_bool())
    out += json.as_bool() ? "true" : "false";
  else if (json.is_integer())
    out += std::to_string(json.as_int());
  else if (json.is_number())
    append_double(out, json.as_double());
  else if (json.is_string())
    append_string(out, json.as_string());
  else if (json.is_array()) {
    out += '[';
    bool first = true;
    for (const Json& item : json.as_array()) {
      // Lists of scalars stay on one line: long numeric arrays would fill a file with line breaks.
      const bool nested = item.is_array() || item.is_object();
      if (!first) out += nested || indent < 0 ? "," : ", ";
      if (nested) append_break(out, indent, depth + 1);
      append_json(out, item, indent, depth + 1);
      first = false;
    }
    if (json.size() > 0 && (json.at(json.size() - 1).is_array() || json.at(json.size() - 1).is_object()))
      append_break(out, indent, depth);
    out += ']';
  } else {
    out += '{';
    bool first = true;
    for (const auto& member : json.as_object()) {
      if (!first) out += ',';
      append_break(out, indent, depth + 1);
      append_string(out, member.key);
      out += indent < 0 ? ":" : ": ";
      append_json(out, member.value, indent, depth + 1);
      first = false;
    }
    if (!first) append_break(out, indent, depth);
    out += '}';
  }
}

}  // namespace

std::string to_json_text(const Json& value, int indent) {
  std::string out;
  append_json(out, value, indent, 0);
  return out;
}

}  // namespace rift
