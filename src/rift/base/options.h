#pragma once

#include <array>
#include <cstdint>
#include <limits>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

#include "rift/base/enum_names.h"
#include "rift/base/error.h"
#include "rift/base/json.h"

/// Options are plain structs that list their fields once:
///
///   struct LoraOptions {
///     int64_t rank = 8;
///     template <class V> void visit(V& v) { v("rank", rank, "Rank of the update.", at_least(1)); }
///   };
///
/// That one listing is read from YAML/JSON (read_options), written back (write_options) and described
/// (describe_options), from which --help, docs/config.md and the JSON Schema are made.
///
/// Field types: bool, int64_t, double, std::string, an enum with `enum_names` (enum_names.h), std::optional,
/// std::vector, OptionMap<T> (free keys, order kept), a nested struct with visit(), and one discriminated choice per
/// struct.
///   - a choice:  v.choice("method", value, kMethodNames, "help");  value is a std::variant of option structs, the i-th
///     name picks the i-th alternative, whose keys then stand beside "method" in the same mapping. A last argument may
///     list names that a later version will have.
///   - a struct with `static constexpr std::string_view kScalarKey = "column"` also accepts a bare scalar or list.
///   - a struct with `void check(std::string_view path) const` is checked after reading (rules across fields).
/// Errors are Error(kConfig): "run.yaml:12: optim.lr: expected a number > 0, got -1"; a name that a later version will
/// have (later_names, enum_names.h) is Error(kUnsupported).
namespace rift {

template <class T>
using OptionMap = std::vector<std::pair<std::string, T>>;

/// Numeric bounds of a field; the default allows everything.
struct Range {
  double low = -std::numeric_limits<double>::infinity();
  double high = std::numeric_limits<double>::infinity();
  bool open_low = false;
  bool open_high = false;
  bool holds(double x) const { return (open_low ? x > low : x >= low) && (open_high ? x < high : x <= high); }
  bool unbounded() const {
    return low == -std::numeric_limits<double>::infinity() && high == std::numeric_limits<double>::infinity();
  }
  std::string text() const;  // "> 0", "in [0, 1)", ...
};
constexpr Range at_least(double low) { return {.low = low}; }
constexpr Range positive() { return {.low = 0, .open_low = true}; }
constexpr Range in_range(double low, double high) { return {.low = low, .high = high}; }
/// Seeds and the thousand that may be counted from one: numbers that JSON and tables of doubles hold exactly.
constexpr Range seed_range() { return {.low = 0, .high = 9007199254740992.0 - 1000}; }
constexpr Range in_half_open(double low, double high) { return {.low = low, .high = high, .open_high = true}; }

/// What a struct accepts, as data: the source of --help, docs/config.md and the JSON Schema.
struct OptionDoc {
  enum class Kind { kBool, kInteger, kNumber, kText, kEnum, kList, kMap, kStruct };
  std::string name;
  std::string help;
  Kind kind = Kind::kText;
  bool optional = false;                // may be null / left out without a default
  Json default_value;                   // null for kStruct
  Range range;                          // numbers
  std::vector<std::string> enum_names;  // kEnum
  std::vector<OptionDoc> fields;        // kStruct: fields; kList / kMap: one entry, the item
  std::string scalar_key;               // kStruct that also accepts a scalar
  std::string choice_key;               // kStruct: name of its discriminator, empty when it has none
  std::string choice_help;
  std::string choice_default;
  std::vector<std::pair<std::string, std::vector<OptionDoc>>> choices;  // per discriminator value: the keys it adds
};

namespace detail {

template <class T>
inline constexpr bool is_optional = false;
template <class T>
inline constexpr bool is_optional<std::optional<T>> = true;
template <class T>
inline constexpr bool is_map = false;
template <class T>
inline constexpr bool is_map<OptionMap<T>> = true;
template <class T>
inline constexpr bool is_list = false;
template <class T>
inline constexpr bool is_list<std::vector<T>> = !is_map<std::vector<T>>;
template <class T>
concept HasScalarKey = requires {
  T::kScalarKey;
};
template <class T>
concept HasCheck = requires(const T& t) {
  t.check(std::string_view{});
};

// Non-template halves, in options.cc.
[[noreturn]] void wrong_kind(std::string_view file, std::string_view path, const Json& got, std::string_view expected);
[[noreturn]] void out_of_range(std::string_view file, std::string_view path, const Json& got, const Range& range);
[[noreturn]] void unknown_name(std::string_view file, std::string_view path, const Json& got,
                               std::span<const std::string> names, std::span<const std::string_view> later);
[[noreturn]] void unknown_key(std::string_view file, std::string_view path, const Json::Member& member,
                              std::span<const std::string> known);
std::string join_path(std::string_view path, std::string_view key);

}  // namespace detail

template <class T>
void read_value(const Json& json, std::string_view file, const std::string& path, const Range& range, T& value);
template <class T>
Json write_value(const T& value);
template <class T>
OptionDoc describe_value(const T& value);

/// Reads one mapping into a struct; see read_options.
class OptionReader {
 public:
  OptionReader(const Json& object, std::string_view file, std::string path)
      : object_(object), file_(file), path_(std::move(path)) {}

  template <class T>
  void operator()(std::string_view name, T& value, std::string_view /*help*/, Range range = {}) {
    known_.emplace_back(name);
    if (const Json* found = object_.find(name)) read_value(*found, file_, detail::join_path(path_, name), range, value);
  }

  template <class... Alternatives, size_t N>
  void choice(std::string_view name, std::variant<Alternatives...>& value, const std::array<std::string_view, N>& names,
              std::string_view, std::span<const std::string_view> later = {}) {
    static_assert(N == sizeof...(Alternatives));
    known_.emplace_back(name);
    if (const Json* found = object_.find(name)) {
      size_t index = N;
      if (found->is_string()) {
        for (size_t i = 0; i < N; ++i)
          if (names[i] == found->as_string()) index = i;
      }
      if (index == N)
        detail::unknown_name(file_, detail::join_path(path_, name), *found,
                             std::vector<std::string>(names.begin(), names.end()), later);
      if (index != value.index()) emplace(value, index, std::index_sequence_for<Alternatives...>{});
    }
    std::visit([this](auto& alternative) { alternative.visit(*this); }, value);
  }

  void finish() const {
    for (const auto& member : object_.as_object()) {
      bool is_known = false;
      for (const auto& name : known_) is_known = is_known || name == member.key;
      if (!is_known) detail::unknown_key(file_, path_, member, known_);
    }
  }

 private:
  template <class Variant, size_t... I>
  static void emplace(Variant& value, size_t index, std::index_sequence<I...>) {
    ((I == index ? static_cast<void>(value.template emplace<I>()) : void()), ...);
  }
  const Json& object_;
  std::string_view file_;
  std::string path_;
  std::vector<std::string> known_;
};

class OptionWriter {
 public:
  template <class T>
  void operator()(std::string_view name, T& value, std::string_view, Range = {}) {
    Json written = write_value(value);
    if (!written.is_null()) json_[name] = std::move(written);
  }
  template <class... Alternatives, size_t N>
  void choice(std::string_view name, std::variant<Alternatives...>& value, const std::array<std::string_view, N>& names,
              std::string_view, std::span<const std::string_view> = {}) {
    json_[name] = Json(names[value.index()]);
    std::visit([this](auto& alternative) { alternative.visit(*this); }, value);
  }
  Json take() { return std::move(json_); }

 private:
  Json json_ = Json::object();
};

class OptionDescriber {
 public:
  template <class T>
  void operator()(std::string_view name, T& value, std::string_view help, Range range = {}) {
    OptionDoc doc = describe_value(value);
    doc.name = name;
    doc.help = help;
    doc.range = range;
    doc_.fields.push_back(std::move(doc));
  }
  template <class... Alternatives, size_t N>
  void choice(std::string_view name, std::variant<Alternatives...>& value, const std::array<std::string_view, N>& names,
              std::string_view help, std::span<const std::string_view> = {}) {
    doc_.choice_key = name;
    doc_.choice_help = help;
    doc_.choice_default = names[value.index()];
    size_t i = 0;
    (describe_alternative<Alternatives>(names[i++]), ...);
  }
  OptionDoc take() { return std::move(doc_); }

 private:
  template <class Alternative>
  void describe_alternative(std::string_view name) {
    Alternative alternative{};
    OptionDescriber inner;
    alternative.visit(inner);
    doc_.choices.emplace_back(name, std::move(inner.doc_.fields));
  }
  OptionDoc doc_{.kind = OptionDoc::Kind::kStruct};
};

/// Fills `options` from a mapping; keys left out keep their value. Unknown keys, wrong types and values out of range
/// throw Error(kConfig) naming file, line, path, expectation and, for names, the nearest valid one.
template <class Options>
void read_options(const Json& json, std::string_view file, Options& options, const std::string& path = {}) {
  read_value(json, file, path, {}, options);
}

/// Every field with its value, defaults included (absent optionals left out).
template <class Options>
Json write_options(const Options& options) {
  return write_value(options);
}

/// The description of a struct with its defaults.
template <class Options>
OptionDoc describe_options() {
  return describe_value(Options{});
}

/// JSON Schema (draft 2020-12) of a described struct: ranges, enums, oneOf per discriminator, additionalProperties
/// false.
Json json_schema(const OptionDoc& doc, std::string_view title);
/// Markdown reference: a section with a table per struct, a sub-table per alternative of its choice.
std::string markdown_reference(const OptionDoc& doc, std::string_view title);
/// Plain text lines "optim.lr  number > 0  (2e-05)  Learning rate ..." for --help.
std::string help_text(const OptionDoc& doc);

// ---------------------------------------------------------------------------------------------------------------------

template <class T>
void read_value(const Json& json, std::string_view file, const std::string& path, const Range& range, T& value) {
  if constexpr (std::is_same_v<T, bool>) {
    if (!json.is_bool()) detail::wrong_kind(file, path, json, "true or false");
    value = json.as_bool();
  } else if constexpr (std::is_same_v<T, int64_t>) {
    if (!json.is_integer()) detail::wrong_kind(file, path, json, "a whole number");
    if (!range.holds(static_cast<double>(json.as_int()))) detail::out_of_range(file, path, json, range);
    value = json.as_int();
  } else if constexpr (std::is_same_v<T, double>) {
    if (!json.is_number()) detail::wrong_kind(file, path, json, "a number");
    if (!range.holds(json.as_double())) detail::out_of_range(file, path, json, range);
    value = json.as_double();
  } else if constexpr (std::is_same_v<T, std::string>) {
    // A bare number or yes/no where a text belongs (a label value, a column called 2019) is taken as written.
    if (json.is_null() || json.is_array() || json.is_object()) detail::wrong_kind(file, path, json, "a text");
    value = json.written();
  } else if constexpr (std::is_enum_v<T>) {
    const auto found = json.is_string() ? value_named<T>(json.as_string()) : std::nullopt;
    if (!found) detail::unknown_name(file, path, json, names_of<T>(), later_names_of<T>());
    value = *found;
  } else if constexpr (detail::is_optional<T>) {
    if (json.is_null()) {
      value.reset();
    } else {
      if (!value) value.emplace();
      read_value(json, file, path, range, *value);
    }
  } else if constexpr (detail::is_map<T>) {
    if (!json.is_object()) detail::wrong_kind(file, path, json, "a mapping");
    value.clear();
    for (const auto& member : json.as_object()) {
      value.emplace_back(member.key, typename T::value_type::second_type{});
      read_value(member.value, file, detail::join_path(path, member.key), range, value.back().second);
    }
  } else if constexpr (detail::is_list<T>) {
    if (!json.is_array()) detail::wrong_kind(file, path, json, "a list");
    value.clear();
    for (size_t i = 0; i < json.size(); ++i) {
      value.emplace_back();
      read_value(json.at(i), file, path + "[" + std::to_string(i) + "]", range, value.back());
    }
  } else {
    if constexpr (detail::HasScalarKey<T>) {
      if (!json.is_object() && !json.is_null()) {
        Json wrapped = Json::object();
        wrapped.set_line(json.line());
        wrapped[T::kScalarKey] = json;
        read_value(wrapped, file, path, range, value);
        return;
      }
    }
    if (!json.is_object()) detail::wrong_kind(file, path, json, "a mapping");
    OptionReader reader(json, file, path);
    value.visit(reader);
    reader.finish();
    if constexpr (detail::HasCheck<T>) value.check(path);
  }
}

template <class T>
Json write_value(const T& value) {
  if constexpr (std::is_same_v<T, bool> || std::is_same_v<T, int64_t> || std::is_same_v<T, double> ||
                std::is_same_v<T, std::string>) {
    return Json(value);
  } else if constexpr (std::is_enum_v<T>) {
    return Json(name_of(value));
  } else if constexpr (detail::is_optional<T>) {
    return value ? write_value(*value) : Json();
  } else if constexpr (detail::is_map<T>) {
    Json json = Json::object();
    for (const auto& [key, item] : value) json[key] = write_value(item);
    return json;
  } else if constexpr (detail::is_list<T>) {
    Json json = Json::array();
    for (const auto& item : value) json.push_back(write_value(item));
    return json;
  } else {
    OptionWriter writer;
    const_cast<T&>(value).visit(writer);  // visit() is one listing for reading and writing; the writer only reads
    return writer.take();
  }
}

template <class T>
OptionDoc describe_value(const T& value) {
  OptionDoc doc;
  if constexpr (std::is_same_v<T, bool>)
    doc.kind = OptionDoc::Kind::kBool;
  else if constexpr (std::is_same_v<T, int64_t>)
    doc.kind = OptionDoc::Kind::kInteger;
  else if constexpr (std::is_same_v<T, double>)
    doc.kind = OptionDoc::Kind::kNumber;
  else if constexpr (std::is_same_v<T, std::string>)
    doc.kind = OptionDoc::Kind::kText;
  else if constexpr (std::is_enum_v<T>) {
    doc.kind = OptionDoc::Kind::kEnum;
    doc.enum_names = names_of<T>();
  } else if constexpr (detail::is_optional<T>) {
    doc = describe_value(value ? *value : typename T::value_type{});
    doc.optional = true;
    if (!value) doc.default_value = Json();
    return doc;
  } else if constexpr (detail::is_map<T>) {
    doc.kind = OptionDoc::Kind::kMap;
    doc.fields.push_back(describe_value(typename T::value_type::second_type{}));
  } else if constexpr (detail::is_list<T>) {
    doc.kind = OptionDoc::Kind::kList;
    doc.fields.push_back(describe_value(typename T::value_type{}));
  } else {
    OptionDescriber describer;
    const_cast<T&>(value).visit(describer);
    doc = describer.take();
    if constexpr (detail::HasScalarKey<T>) doc.scalar_key = T::kScalarKey;
    return doc;
  }
  doc.default_value = write_value(value);
  return doc;
}

}  // namespace rift
