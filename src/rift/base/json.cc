#include "rift/base/json.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <nlohmann/json.hpp>
#include <set>

#include "rift/base/error.h"

namespace rift {

Json::Json() = default;
Json::Json(std::nullptr_t) {}
Json::Json(bool value) : value_(value) {}
Json::Json(int value) : value_(static_cast<int64_t>(value)) {}
Json::Json(int64_t value) : value_(value) {}
Json::Json(uint64_t value) : value_(static_cast<int64_t>(value)) {
  RIFT_CHECK(value <= static_cast<uint64_t>(INT64_MAX));
}
Json::Json(double value) : value_(value) {}
Json::Json(const char* value) : value_(std::string(value)) {}
Json::Json(std::string_view value) : value_(std::string(value)) {}
Json::Json(std::string value) : value_(std::move(value)) {}
Json::Json(Array value) : value_(std::move(value)) {}
Json::Json(Object value) : value_(std::move(value)) {}
Json::Json(std::initializer_list<Member> members) : value_(Object(members)) {}
Json::Json(const Json&) = default;
Json::Json(Json&&) noexcept = default;
Json& Json::operator=(const Json&) = default;
Json& Json::operator=(Json&&) noexcept = default;
Json::~Json() = default;

bool Json::is_null() const { return std::holds_alternative<std::monostate>(value_); }
bool Json::is_bool() const { return std::holds_alternative<bool>(value_); }
bool Json::is_integer() const { return std::holds_alternative<int64_t>(value_); }
bool Json::is_number() const { return is_integer() || std::holds_alternative<double>(value_); }
bool Json::is_string() const { return std::holds_alternative<std::string>(value_); }
bool Json::is_array() const { return std::holds_alternative<Array>(value_); }
bool Json::is_object() const { return std::holds_alternative<Object>(value_); }

std::string_view Json::kind_name() const {
  static constexpr std::string_view kNames[] = {"nothing", "true/false", "a whole number", "a number",
                                                "a text",  "a list",     "a mapping"};
  return kNames[value_.index()];
}

namespace {

[[noreturn]] void wrong_kind(std::string_view expected, const Json& json) {
  if (json.line() > 0)
    RIFT_FAIL(Code::kArtefact, "line {}: expected {}, got {}", json.line(), expected, json.kind_name());
  RIFT_FAIL(Code::kArtefact, "expected {}, got {}", expected, json.kind_name());
}

}  // namespace

bool Json::as_bool() const {
  if (!is_bool()) wrong_kind("true or false", *this);
  return std::get<bool>(value_);
}
int64_t Json::as_int() const {
  if (!is_integer()) wrong_kind("a whole number", *this);
  return std::get<int64_t>(value_);
}
double Json::as_double() const {
  if (is_integer()) return static_cast<double>(std::get<int64_t>(value_));
  if (!is_number()) wrong_kind("a number", *this);
  return std::get<double>(value_);
}
const std::string& Json::as_string() const {
  if (!is_string()) wrong_kind("a text", *this);
  return std::get<std::string>(value_);
}
const Json::Array& Json::as_array() const {
  if (!is_array()) wrong_kind("a list", *this);
  return std::get<Array>(value_);
}
const Json::Object& Json::as_object() const {
  if (!is_object()) wrong_kind("a mapping", *this);
  return std::get<Object>(value_);
}
Json::Array& Json::as_array() {
  if (!is_array()) wrong_kind("a list", *this);
  return std::get<Array>(value_);
}
Json::Object& Json::as_object() {
  if (!is_object()) wrong_kind("a mapping", *this);
  return std::get<Object>(value_);
}

size_t Json::size() const {
  if (is_array()) return std::get<Array>(value_).size();
  if (is_object()) return std::get<Object>(value_).size();
  return 0;
}

const Json* Json::find(std::string_view key) const {
  if (!is_object()) return nullptr;
  for (const Member& member : std::get<Object>(value_)) {
    if (member.key == key) return &member.value;
  }
  return nullptr;
}
Json* Json::find(std::string_view key) { return const_cast<Json*>(std::as_const(*this).find(key)); }

const Json& Json::at(std::string_view key) const {
  if (!is_object()) wrong_kind("a mapping", *this);
  const Json* found = find(key);
  RIFT_REQUIRE(found != nullptr, Code::kArtefact, "{}key '{}' is missing",
               line_ > 0 ? fmt::format("line {}: ", line_) : "", key);
  return *found;
}

const Json& Json::at(size_t index) const {
  const Array& array = as_array();
  RIFT_REQUIRE(index < array.size(), Code::kArtefact, "list has {} items, item {} was asked for", array.size(), index);
  return array[index];
}

Json& Json::operator[](std::string_view key) {
  if (is_null()) value_ = Object{};
  if (Json* found = find(key)) return *found;
  Object& object = as_object();
  object.push_back({std::string(key), Json()});
  return object.back().value;
}

void Json::push_back(Json value) {
  if (is_null()) value_ = Array{};
  as_array().push_back(std::move(value));
}

bool Json::erase(std::string_view key) {
  if (!is_object()) return false;
  return std::erase_if(std::get<Object>(value_), [&](const Member& member) { return member.key == key; }) > 0;
}

bool Json::operator==(const Json& other) const { return value_ == other.value_; }

void set_path(Json& root, std::string_view dotted_path, Json value) {
  Json* place = &root;
  std::string_view rest = dotted_path;
  while (true) {
    const size_t dot = rest.find('.');
    const std::string_view key = rest.substr(0, dot);
    RIFT_REQUIRE(!key.empty(), Code::kConfig, "'{}': expected a dotted path such as optim.lr", dotted_path);
    RIFT_REQUIRE(place->is_null() || place->is_object(), Code::kConfig, "'{}': '{}' stands in {}, expected a mapping",
                 dotted_path, key, place->kind_name());
    place = &(*place)[key];
    if (dot == std::string_view::npos) break;
    rest = rest.substr(dot + 1);
  }
  *place = std::move(value);
}

// ------------------------------------------------------------------------------------------------------------ reading

namespace {

/// Builds a Json from nlohmann's events with a stack of our own, so that depth, counts and duplicates are ours to
/// refuse.
class Builder {
 public:
  Builder(std::string_view text, std::string_view source, const JsonLimits& limits)
      : text_(text), source_(source), limits_(limits) {}

  using number_integer_t = nlohmann::json::number_integer_t;
  using number_unsigned_t = nlohmann::json::number_unsigned_t;
  using number_float_t = nlohmann::json::number_float_t;
  using string_t = nlohmann::json::string_t;
  using binary_t = nlohmann::json::binary_t;

  bool null() { return add(Json()); }
  bool boolean(bool value) { return add(Json(value)); }
  bool number_integer(number_integer_t value) { return add(Json(static_cast<int64_t>(value))); }
  bool number_unsigned(number_unsigned_t value) {
    if (value > static_cast<uint64_t>(INT64_MAX)) fail("whole number beyond 64 bits");
    return add(Json(static_cast<int64_t>(value)));
  }
  // nlohmann hands whole numbers beyond 64 bits over as floats; `written` tells them apart.
  bool number_float(number_float_t value, const string_t& written) {
    if (written.find_first_of(".eE") == std::string::npos) fail("whole number beyond 64 bits");
    if (!std::isfinite(value)) fail("number beyond the range of a double");
    return add(Json(value));
  }
  bool string(string_t& value) { return add(Json(std::move(value))); }
  bool binary(binary_t&) { return false; }
  bool start_object(size_t) { return open(Json::object()); }
  bool start_array(size_t) { return open(Json::array()); }
  bool end_object() { return close(); }
  bool end_array() { return close(); }
  bool key(string_t& value) {
    Frame& frame = stack_.back();
    if (frame.json.size() > 16) {
      if (frame.keys.empty())
        for (const auto& member : frame.json.as_object()) frame.keys.insert(member.key);
      if (!frame.keys.insert(value).second) fail(fmt::format("key '{}' stands twice", shorten(value)));
    } else if (frame.json.contains(value)) {
      fail(fmt::format("key '{}' stands twice", shorten(value)));
    }
    frame.key = std::move(value);
    return true;
  }
  bool parse_error(size_t position, const std::string&, const nlohmann::detail::exception& error) {
    position_ = position > 0 ? position - 1 : 0;
    std::string reason = error.what();
    // "[json.exception.parse_error.101] parse error at line 1, column 2: syntax error while parsing value - ...; last
    // read: '...'"
    if (const size_t colon = reason.find(": "); colon != std::string::npos) reason = reason.substr(colon + 2);
    if (const size_t read = reason.find("; last read"); read != std::string::npos) reason = reason.substr(0, read);
    fail(reason);
  }

  Json take() { return std::move(root_); }

 private:
  struct Frame {
    Json json;
    std::string key;
    std::set<std::string> keys;  // filled once an object is large, to keep duplicate checks fast
  };

  bool add(Json value) {
    if (++values_ > limits_.max_values) fail(fmt::format("more than {} values", limits_.max_values));
    if (stack_.empty()) {
      root_ = std::move(value);
    } else {
      Frame& frame = stack_.back();
      if (frame.json.is_array())
        frame.json.push_back(std::move(value));
      else
        frame.json.as_object().push_back({std::move(frame.key), std::move(value)});
    }
    return true;
  }
  bool open(Json container) {
    if (static_cast<int>(stack_.size()) >= limits_.max_depth)
      fail(fmt::format("nested deeper than {} levels", limits_.max_depth));
    stack_.push_back({std::move(container), {}, {}});
    return true;
  }
  bool close() {
    Json done = std::move(stack_.back().json);
    stack_.pop_back();
    return add(std::move(done));
  }
  [[noreturn]] void fail(const std::string& reason) const {
    RIFT_FAIL(Code::kArtefact, "{}: {}{}", source_,
              position_ ? fmt::format("line {}: ", 1 + std::count(text_.begin(),
                                                                  text_.begin() + static_cast<ptrdiff_t>(std::min(
                                                                                      *position_, text_.size())),
                                                                  '\n'))
                        : "",
              reason);
  }

  std::string_view text_;
  std::string_view source_;
  const JsonLimits& limits_;
  Json root_;
  std::vector<Frame> stack_;
  std::optional<size_t> position_;
  int64_t values_ = 0;
};

}  // namespace

Json parse_json(std::string_view text, std::string_view source, const JsonLimits& limits) {
  RIFT_REQUIRE(static_cast<int64_t>(text.size()) <= limits.max_bytes, Code::kArtefact,
               "{}: {} bytes of JSON, at most {} are read", source, text.size(), limits.max_bytes);
  // nlohmann takes a NUL byte for the end of its input, whatever stands behind it.
  RIFT_REQUIRE(text.find('\0') == std::string_view::npos, Code::kArtefact, "{}: a NUL byte, which JSON cannot hold",
               source);
  Builder builder(text, source, limits);
  nlohmann::json::sax_parse(text.begin(), text.end(), &builder);
  return builder.take();
}

// ------------------------------------------------------------------------------------------------------------ writing

namespace {

void append_string(std::string& out, std::string_view text) {
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
