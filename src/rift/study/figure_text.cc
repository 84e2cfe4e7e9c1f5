#include "rift/study/figure_text.h"

#include <fmt/format.h>

#include <cmath>

#include "rift/base/count_text.h"
#include "rift/base/sentences.h"

namespace rift::study {
namespace {

const Json* estimate(const Json& metrics, std::string_view name) {
  const Json* found = metrics.find(name);
  return found == nullptr || found->is_null() ? nullptr : found;
}

}  // namespace

std::string shown(double value) {
  const double size = std::abs(value);
  if (size < 10.0) return fmt::format("{:.3f}", size < 0.0005 ? 0.0 : value);
  if (size < 999.95) return fmt::format("{:.{}f}", value, size < 99.995 ? 2 : 1);
  return size < 1e15 ? count_text(static_cast<int64_t>(std::llround(value))) : fmt::format("{:.4g}", value);
}

std::string shown_amount(double value) {
  const double size = std::abs(value);
  return size > 0.0 && size < 0.1 ? fmt::format("{:.3g}", value) : shown(value);
}

std::string shown_figure(std::string_view name, double value) {
  const bool is_amount = name == "rmse" || name == "mae" || name == "bias" || name == "mse";
  return is_amount ? shown_amount(value) : shown(value);
}

std::string with_sign(std::string text) { return text.front() == '-' ? text : "+" + text; }

std::string shown_percent(double share) { return fmt::format("{:.1f} %", 100.0 * share); }

std::string figure_text(const Json& metrics, std::string_view name) {
  const Json* found = estimate(metrics, name);
  return found == nullptr ? "-" : shown_figure(name, found->at("value").as_double());
}

std::string interval_text(const Json& metrics, std::string_view name) {
  const Json* found = estimate(metrics, name);
  if (found == nullptr || found->at("low").is_null() || found->at("high").is_null()) return "-";
  const std::string low = shown_figure(name, found->at("low").as_double());
  const std::string high = shown_figure(name, found->at("high").as_double());
  if (low.front() != '-') return fmt::format("{} - {}", low, high);
  return sentence("table.from_to", fmt::arg("low", low), fmt::arg("high", high));  // no dash beside a sign
}

}  // namespace rift::study
