#include "rift/base/options.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>

#include "rift/base/count_text.h"

namespace rift {
namespace {

std::string place(std::string_view file, std::string_view path, const Json& got) {
  std::string text(file);
  if (got.line() > 0) text += fmt::format(":{}", got.line());
  return path.empty() ? text : fmt::format("{}: {}", text, path);
}

// A configuration's own values may be shown; they are no customer's.
std::string shown(const Json& got) {
  if (got.is_object() || got.is_array() || got.is_null()) return std::string(got.kind_name());
  if (got.is_string()) return fmt::format("'{}' (a text)", shorten(got.as_string()));
  return fmt::format("{} ({})", got.written(), got.kind_name());
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
  const bool is_one = expected == "a list" && !got.is_object() && !got.is_null();
  RIFT_FAIL(Code::kConfig, "{}: expected {}, got {}{}", place(file, path, got), expected, shown(got),
            is_one ? fmt::format("; a list of one is [{}]", shorten(got.written())) : "");
}

void out_of_range(std::string_view file, std::string_view path, const Json& got, const Range& range) {
  RIFT_FAIL(Code::kConfig, "{}: expected a number {}, got {}", place(file, path, got), range.text(), got.written());
}

void unknown_name(std::string_view file, std::string_view path, const Json& got, std::span<const std::string> names,
                  std::span<const std::string_view> later) {
  RIFT_REQUIRE(!got.is_string() || std::ranges::find(later, got.as_string()) == later.end(), Code::kUnsupported,
               "{}: this version of rift does not have '{}' yet; it has {}", place(file, path, got), got.as_string(),
               fmt::join(names, ", "));
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

}  // namespace rift
