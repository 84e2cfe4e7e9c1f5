#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <optional>
#include <set>
#include <sstream>

#include "rift/base/error.h"
#include "rift/base/json.h"

namespace rift {
namespace {

constexpr int kMaxDepth = 64;

template <class T>
std::optional<T> whole(std::string_view text) {
  T value{};
  const auto [end, status] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (status != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

// YAML 1.2 core schema, without octal, hexadecimal, .inf and .nan, which no option takes.
Json plain_scalar(std::string_view text) {
  if (text.empty() || text == "~" || text == "null" || text == "Null" || text == "NULL") return Json();
  if (text == "true" || text == "True" || text == "TRUE") return Json(true);
  if (text == "false" || text == "False" || text == "FALSE") return Json(false);
  const std::string_view digits = text[0] == '+' ? text.substr(1) : text;
  if (const auto integer = whole<int64_t>(digits)) return Json(*integer);
  const bool number_like =
      !digits.empty() && (std::isdigit(static_cast<unsigned char>(digits[0])) || digits[0] == '-' || digits[0] == '.');
  if (number_like) {
    if (const auto number = whole<double>(digits); number && std::isfinite(*number)) return Json(*number);
  }
  return Json(text);
}

class Converter {
 public:
  explicit Converter(std::string_view source) : source_(source) {}

  Json convert(const YAML::Node& node, int depth) {
    const int line = node.Mark().line + 1;
    if (depth > kMaxDepth) fail(line, fmt::format("nested deeper than {} levels", kMaxDepth));
    Json json;
    switch (node.Type()) {
      case YAML::NodeType::Undefined:
      case YAML::NodeType::Null:
        break;
      case YAML::NodeType::Scalar:
        json = scalar(node, line);
        break;
      case YAML::NodeType::Sequence:
        json = Json::array();
        for (const YAML::Node& item : node) json.push_back(convert(item, depth + 1));
        break;
      case YAML::NodeType::Map:
        json = mapping(node, depth);
        break;
    }
    json.set_line(line);
    return json;
  }

 private:
  Json scalar(const YAML::Node& node, int line) {
    if (node.Tag() == "!" || node.Tag() == "tag:yaml.org,2002:str") return Json(node.Scalar());  // quoted
    if (node.Tag() != "?" && !node.Tag().empty()) fail(line, fmt::format("tag '{}' is not read", shorten(node.Tag())));
    return plain_scalar(node.Scalar());
  }

  Json mapping(const YAML::Node& node, int depth) {
    Json json = Json::object();
    std::set<std::string> seen;
    for (const auto& member : node) {
      const int line = member.first.Mark().line + 1;
      if (!member.first.IsScalar()) fail(line, "a key must be a plain text");
      const std::string& key = member.first.Scalar();
      if (!seen.insert(key).second) fail(line, fmt::format("key '{}' stands twice", shorten(key)));
      json.as_object().push_back({key, convert(member.second, depth + 1)});
      // A null value has no mark of its own: the key's line tells the reader where to look.
      if (json.as_object().back().value.line() <= 0) json.as_object().back().value.set_line(line);
    }
    return json;
  }

  [[noreturn]] void fail(int line, std::string_view reason) const {
    RIFT_FAIL(Code::kConfig, "{}:{}: {}", source_, line, reason);
  }

  std::string_view source_;
};

// Anchors and aliases can blow a small file up to gigabytes, and no configuration needs them.
class AliasRefuser : public YAML::EventHandler {
 public:
  explicit AliasRefuser(std::string_view source) : source_(source) {}
  void OnDocumentStart(const YAML::Mark&) override { ++documents_; }
  void OnDocumentEnd() override {}
  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override { refuse(mark, anchor); }
  void OnAlias(const YAML::Mark& mark, YAML::anchor_t) override { refuse(mark, 1); }
  void OnScalar(const YAML::Mark& mark, const std::string&, YAML::anchor_t anchor, const std::string&) override {
    refuse(mark, anchor);
  }
  void OnSequenceStart(const YAML::Mark& mark, const std::string&, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value) override {
    open(mark, anchor);
  }
  void OnSequenceEnd() override { --depth_; }
  void OnMapStart(const YAML::Mark& mark, const std::string&, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value) override {
    open(mark, anchor);
  }
  void OnMapEnd() override { --depth_; }

 private:
  void refuse(const YAML::Mark& mark, YAML::anchor_t anchor) const {
    RIFT_REQUIRE(anchor == 0, Code::kConfig, "{}:{}: anchors and aliases are not read; write the value out", source_,
                 mark.line + 1);
    RIFT_REQUIRE(documents_ <= 1, Code::kConfig, "{}:{}: one document is read, a second starts here", source_,
                 mark.line + 1);
  }
  void open(const YAML::Mark& mark, YAML::anchor_t anchor) {
    refuse(mark, anchor);
    RIFT_REQUIRE(++depth_ <= kMaxDepth, Code::kConfig, "{}:{}: nested deeper than {} levels", source_, mark.line + 1,
                 kMaxDepth);
  }
  std::string_view source_;
  int depth_ = 0;
  int documents_ = 0;
};

}  // namespace

Json parse_yaml(std::string_view text, std::string_view source) {
  // yaml-cpp recurses per level: count brackets before it sees them (flow style is the only cheap way to nest deeply).
  int depth = 0;
  int deepest = 0;
  for (const char c : text) {
    if (c == '[' || c == '{') deepest = std::max(deepest, ++depth);
    if (c == ']' || c == '}') --depth;
  }
  RIFT_REQUIRE(deepest <= 16 * kMaxDepth, Code::kConfig, "{}: nested deeper than {} levels", source, kMaxDepth);
  try {
    const std::string copy(text);
    std::istringstream stream(copy);
    YAML::Parser parser(stream);
    AliasRefuser refuser(source);
    while (parser.HandleNextDocument(refuser)) {
    }
    return Converter(source).convert(YAML::Load(copy), 0);
  } catch (const YAML::Exception& error) {
    RIFT_FAIL(Code::kConfig, "{}:{}: {}", source, error.mark.line + 1, error.msg);
  }
}

// ------------------------------------------------------------------------------------------------------------ writing

namespace {

bool reads_back_as_itself(std::string_view text) {
  if (text.empty() || text.size() > 200) return false;
  if (!plain_scalar(text).is_string()) return false;
  const auto safe_inside = [](unsigned char c) {
    return std::isalnum(c) || c == '_' || c == '/' || c == '.' || c == '-' || c == '*' || c >= 0x80 || c == ' ';
  };
  const auto first = static_cast<unsigned char>(text.front());
  if (!(std::isalnum(first) || first == '_' || first == '/' || first >= 0x80)) return false;
  if (text.back() == ' ') return false;
  // YAML 1.1 readers take these for booleans; quoting them costs nothing.
  for (std::string_view word : {"yes", "no", "on", "off", "y", "n", "Yes", "No", "On", "Off", "Y", "N", "YES", "NO"}) {
    if (text == word) return false;
  }
  return std::all_of(text.begin(), text.end(), [&](char c) { return safe_inside(static_cast<unsigned char>(c)); });
}

// A JSON string is a YAML double-quoted scalar.
std::string yaml_text(std::string_view text) {
  return reads_back_as_itself(text) ? std::string(text) : to_json_text(Json(text));
}

bool is_scalar(const Json& json) { return !json.is_array() && !json.is_object(); }

std::string yaml_scalar(const Json& json) {
  return json.is_string() ? yaml_text(json.as_string()) : to_json_text(json);
}

std::string flow_list(const Json& json) {
  std::string out = "[";
  for (const Json& item : json.as_array()) out += (out.size() > 1 ? ", " : "") + yaml_scalar(item);
  return out + "]";
}

void append_yaml(std::string& out, const Json& json, int depth);

void append_value(std::string& out, const Json& value, int depth) {
  if (is_scalar(value)) {
    out += " " + yaml_scalar(value) + "\n";
  } else if (value.size() == 0) {
    out += value.is_array() ? " []\n" : " {}\n";
  } else if (value.is_array() && std::all_of(value.as_array().begin(), value.as_array().end(), is_scalar)) {
    out += " " + flow_list(value) + "\n";
  } else {
    out += "\n";
    append_yaml(out, value, depth + 1);
  }
}

void append_yaml(std::string& out, const Json& json, int depth) {
  const std::string indent(static_cast<size_t>(2 * depth), ' ');
  if (json.is_object()) {
    for (const auto& member : json.as_object()) {
      out += indent + yaml_text(member.key) + ":";
      append_value(out, member.value, depth);
    }
  } else {
    for (const Json& item : json.as_array()) {
      out += indent + "-";
      append_value(out, item, depth);
    }
  }
}

}  // namespace

std::string to_yaml_text(const Json& value) {
  if (is_scalar(value)) return yaml_scalar(value) + "\n";
  if (value.size() == 0) return value.is_array() ? "[]\n" : "{}\n";
  std::string out;
  append_yaml(out, value, 0);
  return out;
}

}  // namespace rift
