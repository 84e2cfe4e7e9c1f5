#pragma once

#include <cstdint>
#include <initializer_list>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace rift {

/// Bounds that a reader of untrusted JSON enforces; every breach is an Error naming the byte or line.
struct JsonLimits {
  int max_depth = 64;
  int64_t max_values = 4'000'000;
  int64_t max_bytes = int64_t{256} << 20;
};

/// A JSON value. Objects keep the order of their members; integers stay exact (int64), other numbers are doubles.
/// Reading refuses duplicate keys, numbers outside int64/double, NaN, invalid UTF-8, trailing bytes and breaches of
/// JsonLimits; writing refuses NaN and infinity. `line()` is the 1-based line of the source on which the value begins
/// (0 when built in code).
class Json {
 public:
  struct Member;
  using Array = std::vector<Json>;
  using Object = std::vector<Member>;

  Json();  // null
  Json(std::nullptr_t);
  Json(bool value);
  Json(int value);
  Json(int64_t value);
  Json(uint64_t value);  // throws kBug above int64
  Json(double value);
  Json(const char* value);
  Json(std::string_view value);
  Json(std::string value);
  Json(Array value);
  Json(Object value);
  Json(std::initializer_list<Member> members);  // an object: Json{{"rows", 3}, {"auc", 0.7}}
  template <class T>
  Json(const std::vector<T>& values) : Json(Array(values.begin(), values.end())) {}
  Json(const Json&);
  Json(Json&&) noexcept;
  Json& operator=(const Json&);
  Json& operator=(Json&&) noexcept;
  ~Json();

  static Json array();
  static Json object();

  bool is_null() const;
  bool is_bool() const;
  bool is_integer() const;
  bool is_number() const;  // integer or double
  bool is_string() const;
  bool is_array() const;
  bool is_object() const;
  std::string_view kind_name() const;  // "nothing", "true/false", "a whole number", "a number", "a text", "a list", ...

  // Typed reads throw Error(kArtefact) naming `kind_name()` when the kind differs.
  bool as_bool() const;
  int64_t as_int() const;
  double as_double() const;  // integers convert
  const std::string& as_string() const;
  const Array& as_array() const;
  const Object& as_object() const;
  Array& as_array();
  Object& as_object();
  std::vector<double> as_doubles() const;  // a list of numbers

  size_t size() const;                           // members or items; 0 otherwise
  const Json* find(std::string_view key) const;  // nullptr when absent or not an object
  Json* find(std::string_view key);
  bool contains(std::string_view key) const { return find(key) != nullptr; }
  const Json& at(std::string_view key) const;  // throws Error(kArtefact) naming the key
  const Json& at(size_t index) const;
  Json& operator[](std::string_view key);  // inserts null at the end when absent; a null becomes an object
  void push_back(Json value);              // a null becomes an array
  bool erase(std::string_view key);

  int line() const { return line_; }
  void set_line(int line) { line_ = line; }

  /// A scalar as its YAML source spells it ("007.50", "True"), else as to_json_text does; a text is itself.
  std::string written() const;
  void set_written(std::string_view spelling);

  bool operator==(const Json& other) const;  // lines are not compared; 1 and 1.0 differ

 private:
  std::variant<std::monostate, bool, int64_t, double, std::string, Array, Object> value_;
  std::shared_ptr<const std::string> written_;  // only where the source's spelling is not to_json_text's
  int line_ = 0;
};

struct Json::Member {
  std::string key;
  Json value;
  bool operator==(const Member&) const = default;
};

/// `source` names the text in errors ("config.json"). Throws Error(kArtefact).
Json parse_json(std::string_view text, std::string_view source, const JsonLimits& limits = {});

/// One document of YAML 1.2 with the core schema's scalars (null, true/false, numbers, else text; quoted = text),
/// except that .inf, .nan and whole numbers with a leading zero stay text. Refused: anchors, aliases, tags, duplicate
/// keys, keys that are not texts, more than 64 levels or 8 MiB, invalid UTF-8. Throws Error(kConfig) naming source and
/// line.
Json parse_yaml(std::string_view text, std::string_view source);

/// Shortest numbers that read back to the same double, keys in stored order, ill-formed UTF-8 as U+FFFD. indent < 0:
/// one line. Throws Error(kBug) for NaN and infinity.
std::string to_json_text(const Json& value, int indent = -1);

/// Block YAML that parse_yaml reads back to an equal value.
std::string to_yaml_text(const Json& value);

/// Sets `value` at a dotted path ("optim.lr"), creating mappings on the way. Throws Error(kConfig) when a step on
/// the way is not a mapping.
void set_path(Json& root, std::string_view dotted_path, Json value);

}  // namespace rift
