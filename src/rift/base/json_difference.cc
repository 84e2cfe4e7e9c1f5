#include "rift/base/json_difference.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <span>

namespace rift {
namespace {

constexpr size_t kReadable = 40;  // bytes of a value; a digest has 64
constexpr size_t kNamed = 5;

/// Empty where it is better not shown.
std::string readable(const Json& value) {
  std::string text = to_json_text(value);
  return text.size() <= kReadable ? text : std::string();
}

std::string path_to(const std::string& path, const std::string& key) { return path.empty() ? key : path + "." + key; }

std::string change_of(const Json& then, const Json& now) {
  const std::string before = readable(then), after = readable(now);
  return before.empty() || after.empty() ? "changed" : fmt::format("{} then, {} now", before, after);
}

void add_differences(const std::string& path, const Json& then, const Json& now, std::vector<std::string>& found) {
  if (then == now) return;
  if (!then.is_object() || !now.is_object()) {
    found.push_back(fmt::format("{}: {}", path.empty() ? "everything" : path, change_of(then, now)));
    return;
  }
  for (const Json::Member& member : then.as_object()) {
    const std::string inner = path_to(path, member.key);
    if (const Json* other = now.find(member.key))
      add_differences(inner, member.value, *other, found);
    else
      found.push_back(inner + ": not there now");
  }
  for (const Json::Member& member : now.as_object()) {
    if (!then.contains(member.key)) found.push_back(path_to(path, member.key) + ": not there then");
  }
}

}  // namespace

std::vector<std::string> differences(const Json& then, const Json& now) {
  std::vector<std::string> found;
  add_differences("", then, now, found);
  return found;
}

std::string differences_text(const Json& then, const Json& now) {
  const std::vector<std::string> all = differences(then, now);
  const size_t named = std::min(all.size(), kNamed);
  std::string text = fmt::format("{}", fmt::join(std::span(all).first(named), "; "));
  if (named < all.size()) text += fmt::format("; and {} more", all.size() - named);
  return text;
}

}  // namespace rift
