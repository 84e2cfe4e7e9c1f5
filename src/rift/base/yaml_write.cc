#include <algorithm>
#include <cctype>

#include "rift/base/json.h"
#include "rift/base/utf8.h"
#include "rift/base/yaml_scalar.h"

namespace rift {
namespace {

constexpr size_t kMaxPlainBytes = 200;
constexpr size_t kMaxSimpleKeyBytes = 1000;  // YAML reads "key:" only when the key is shorter than 1024 characters

bool reads_back_as_itself(std::string_view text) {
  if (text.empty() || text.size() > kMaxPlainBytes || !yaml_plain_scalar(text).is_string()) return false;
  // YAML 1.1 readers take these for booleans; quoting them costs nothing.
  for (std::string_view word : {"yes", "no", "on", "off", "y", "n", "Yes", "No", "On", "Off", "Y", "N", "YES", "NO"}) {
    if (text == word) return false;
  }
  const auto letter = [](unsigned char c) { return std::isalnum(c) || c == '_' || c == '/'; };
  const auto inside = [&](unsigned char c) { return letter(c) || c == '.' || c == '-' || c == '*' || c == ' '; };
  // Beyond ASCII only what is surely no line break, byte order mark or control character: U+0100 to U+1FFF and U+3400
  // to U+D7FF, where the letters of nearly all languages stand.
  for (size_t at = 0; at < text.size();) {
    const size_t bytes = utf8_sequence_bytes(text, at);
    const auto c = static_cast<unsigned char>(text[at]);
    const bool plain = bytes == 1   ? (at == 0 ? letter(c) : inside(c))
                       : bytes == 2 ? c >= 0xC4
                                    : bytes == 3 && ((c == 0xE1) || (c >= 0xE4 && c <= 0xED) ||
                                                     (c == 0xE3 && static_cast<unsigned char>(text[at + 1]) >= 0x90));
    if (!plain) return false;
    at += bytes;
  }
  return text.back() != ' ';
}

// A JSON string is a YAML double-quoted scalar, but for DEL and the C1 controls, which YAML wants escaped.
std::string yaml_text(std::string_view text) {
  if (reads_back_as_itself(text)) return std::string(text);
  std::string escaped;
  const std::string quoted = to_json_text(Json(text));
  for (size_t at = 0; at < quoted.size(); ++at) {
    const auto c = static_cast<unsigned char>(quoted[at]);
    const auto next = at + 1 < quoted.size() ? static_cast<unsigned char>(quoted[at + 1]) : 0;
    if (c == 0x7F) {
      escaped += "\\u007f";
    } else if (c == 0xC2 && next < 0xA0) {
      static constexpr char kHex[] = "0123456789abcdef";
      escaped += std::string("\\u00") + kHex[next >> 4] + kHex[next & 15];
      ++at;
    } else {
      escaped += quoted[at];
    }
  }
  return escaped;
}

std::string yaml_key(std::string_view text) {
  std::string key = yaml_text(text);
  return key.size() > kMaxSimpleKeyBytes ? "? " + key + "\n" : key;
}

bool is_scalar(const Json& json) { return !json.is_array() && !json.is_object(); }

bool stands_on_one_line(const Json& json) {
  return is_scalar(json) || json.size() == 0 ||
         (json.is_array() && std::all_of(json.as_array().begin(), json.as_array().end(), is_scalar));
}

std::string one_line(const Json& json) {
  if (json.is_string()) return yaml_text(json.as_string());
  if (is_scalar(json)) return json.written();
  if (json.is_object()) return "{}";
  std::string out = "[";
  for (const Json& item : json.as_array()) out += (out.size() > 1 ? ", " : "") + one_line(item);
  return out + "]";
}

/// The lines of a mapping or list; `first_indent` says whether its first line is indented (not behind "- ").
void append_block(std::string& out, const Json& json, int depth, bool first_indent) {
  const std::string indent(static_cast<size_t>(2 * depth), ' ');
  bool indents = first_indent;
  const auto start_line = [&] {
    if (indents) out += indent;
    indents = true;
  };
  if (json.is_object()) {
    for (const auto& member : json.as_object()) {
      start_line();
      const std::string key = yaml_key(member.key);
      out += key.back() == '\n' ? key + indent + ":" : key + ":";
      if (stands_on_one_line(member.value)) {
        out += " " + one_line(member.value) + "\n";
      } else {
        out += "\n";
        append_block(out, member.value, depth + 1, true);
      }
    }
  } else {
    for (const Json& item : json.as_array()) {
      start_line();
      out += "- ";
      if (stands_on_one_line(item))
        out += one_line(item) + "\n";
      else
        append_block(out, item, depth + 1, false);
    }
  }
}

}  // namespace

std::string to_yaml_text(const Json& value) {
  if (stands_on_one_line(value)) return one_line(value) + "\n";
  std::string out;
  append_block(out, value, 0, true);
  return out;
}

}  // namespace rift
