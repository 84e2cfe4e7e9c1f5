#include "rift/base/json.h"

#include <utility>

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

Json Json::array() { return Json(Array{}); }
Json Json::object() { return Json(Object{}); }

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

std::vector<double> Json::as_doubles() const {
  std::vector<double> values;
  values.reserve(as_array().size());
  for (const Json& value : as_array()) values.push_back(value.as_double());
  return values;
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

std::string Json::written() const {
  if (is_string()) return as_string();
  return written_ ? *written_ : to_json_text(*this);
}

void Json::set_written(std::string_view spelling) {
  written_ = spelling == to_json_text(*this) ? nullptr : std::make_shared<const std::string>(spelling);
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

}  // namespace rift
