#include "rift/study/figure_text.h"

#include <fmt/format.h>

#include <cmath>

#include "rift/base/sentences.h"

namespace rift::study {
namespace {

const Json* estimate(const Json& metrics, std::string_view name) {
  const Json* found = metrics.find(name);
  return found == nullptr || found->is_null() ? nullptr : found;
}

}  // namespace

std::string shown(double value) {
  if (std::abs(value) >= 10.0) return fmt::format("{:.4g}", value);
  return fmt::format("{:.3f}", std::abs(value) < 0.0005 ? 0.0 : value);
}

std::string shown_signed(double value) {
  const std::string text = shown(value);
  return text.front() == '-' ? text : fmt::format("+{}", text);
}

std::string shown_percent(double share) { return fmt::format("{:.1f} %", 100.0 * share); }

std::string shown_count(int64_t count) {
  std::string digits = fmt::format("{}", count);
  const size_t first = digits.front() == '-' ? 1 : 0;
  for (size_t at = digits.size(); at > first + 3;) {
    at -= 3;
    digits.insert(at, 1, ',');
  }
  return digits;
}

std::string figure_text(const Json& metrics, std::string_view name) {
  const Json* found = estimate(metrics, name);
  return found == nullptr ? "-" : shown(found->at("value").as_double());
}

std::string interval_text(const Json& metrics, std::string_view name) {
  const Json* found = estimate(metrics, name);
  if (found == nullptr || found->at("low").is_null() || found->at("high").is_null()) return "-";
  const std::string low = shown(found->at("low").as_double());
  const std::string high = shown(found->at("high").as_double());
  if (low.front() != '-') return fmt::format("{} - {}", low, high);
  return sentence("table.from_to", fmt::arg("low", low), fmt::arg("high", high));  // no dash beside a sign
}

}  // namespace rift::study
