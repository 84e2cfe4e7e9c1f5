#include "rift/report/html.h"

#include <array>
#include <cstdint>
#include <span>

#include "rift/base/sha256.h"
#include "rift/base/utf8.h"

namespace rift::report {
namespace {

constexpr std::string_view kReplacement = "\xEF\xBF\xBD";

std::string base64(std::span<const uint8_t> bytes) {
  constexpr std::string_view kDigits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string text;
  for (size_t i = 0; i < bytes.size(); i += 3) {
    uint32_t group = 0;
    for (size_t k = 0; k < 3; ++k) group = (group << 8) | (i + k < bytes.size() ? bytes[i + k] : 0u);
    for (size_t k = 0; k < 4; ++k) {
      text += i + k <= bytes.size() ? kDigits[(group >> (18 - 6 * k)) & 63u] : '=';
    }
  }
  return text;
}

bool is_control(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return (byte < 0x20 && c != '\n' && c != '\t') || byte == 0x7F;
}

bool begins_with_script(std::string_view text) {
  constexpr std::string_view kName = "script";
  if (text.size() < kName.size()) return false;
  for (size_t i = 0; i < kName.size(); ++i) {
    if ((static_cast<unsigned char>(text[i]) | 0x20) != static_cast<unsigned char>(kName[i])) return false;
  }
  return true;
}

}  // namespace

std::string html_escape(std::string_view text) {
  std::string escaped;
  for (const char c : valid_utf8(text)) {
    switch (c) {
      case '&':
        escaped += "&amp;";
        break;
      case '<':
        escaped += "&lt;";
        break;
      case '>':
        escaped += "&gt;";
        break;
      case '"':
        escaped += "&quot;";
        break;
      case '\'':
        escaped += "&#39;";
        break;
      default:
        if (is_control(c))
          escaped += kReplacement;
        else
          escaped += c;
    }
  }
  return escaped;
}

std::string script_source(std::string_view source) {
  std::string safe;
  safe.reserve(source.size());
  size_t from = 0;
  for (size_t at = source.find("</"); at != std::string_view::npos; at = source.find("</", at + 2)) {
    if (!begins_with_script(source.substr(at + 2))) continue;
    safe += source.substr(from, at - from);
    safe += "<\\/";
    from = at + 2;
  }
  safe += source.substr(from);
  return safe;
}

std::string script_json(const Json& value) {
  std::string safe;
  for (const char c : to_json_text(value)) {
    if (c == '<')
      safe += "\\u003c";
    else
      safe += c;
  }
  return safe;
}

std::string policy_hash(std::string_view content) {
  Sha256 hash;
  hash.update(content);
  return "'sha256-" + base64(hash.finish()) + "'";
}

}  // namespace rift::report
