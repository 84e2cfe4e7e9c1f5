#include "rift/study/report/figure_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "rift/base/count_text.h"
#include "rift/base/sentences.h"
#include "rift/base/utf8.h"

namespace rift::study {
namespace {

const Json* estimate(const Json& metrics, std::string_view name) {
  const Json* found = metrics.find(name);
  return found == nullptr || found->is_null() ? nullptr : found;
}

int64_t train_runs(const Json& model) {
  const Json* runs = model.find("train_runs");  // absent in a compare.json of an earlier version
  return runs == nullptr ? 1 : runs->as_int();
}

bool any_has_several_runs(const Json& models) {
  return std::any_of(models.as_array().begin(), models.as_array().end(),
                     [](const Json& model) { return train_runs(model) > 1; });
}

std::string seconds_text(const Json& seconds) { return fmt::format("{:.1f}", seconds.as_double()); }

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
  const bool is_amount =
      name == "rmse" || name == "mae" || name == "bias" || name == "mse" || name == "pinball" || name == "deviance";
  return is_amount ? shown_amount(value) : shown(value);
}

std::string with_sign(std::string text) { return text.front() == '-' ? text : "+" + text; }

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

std::string precision_text(const Json& change, const std::string& verdict) {
  const auto number = [](const Json& json, const char* format) {
    return json.is_null() ? std::string("-") : fmt::format(fmt::runtime(format), json.as_double());
  };
  return sentence("report.precision", fmt::arg("precision", change.at("precision").as_string()),
                  fmt::arg("mean", number(change.at("mean_change"), "{:.2g}")),
                  fmt::arg("largest", number(change.at("largest_change"), "{:.2g}")),
                  fmt::arg("rows", count_text(change.at("rows").as_int())),
                  fmt::arg("metric", change.at("metric").as_string()),
                  fmt::arg("before", number(change.at("f32"), "{:.5g}")),
                  fmt::arg("after", number(change.at("value"), "{:.5g}")), fmt::arg("verdict", verdict));
}

std::vector<std::string> training_headings(const Json& models) {
  if (!any_has_several_runs(models)) return {sentence("table.train_seconds")};
  return {sentence("table.train_seconds_a_run"), sentence("table.train_runs"), sentence("table.train_seconds_in_all")};
}

std::vector<std::string> training_texts(const Json& models, const Json& model) {
  const Json& a_run = model.at("train_seconds");
  if (!any_has_several_runs(models)) return {seconds_text(a_run)};
  const Json* in_all = model.find("train_seconds_total");
  return {seconds_text(a_run), fmt::format("{}", train_runs(model)), in_all == nullptr ? "-" : seconds_text(*in_all)};
}

std::string aligned(const std::vector<std::vector<std::string>>& lines) {
  std::vector<size_t> width(lines.front().size());
  for (const auto& line : lines) {
    for (size_t i = 0; i < line.size(); ++i) width[i] = std::max(width[i], display_columns(line[i]));
  }
  std::string text;
  for (const auto& line : lines) {
    std::string row;
    for (size_t i = 0; i < line.size(); ++i) {
      const std::string gap(width[i] - display_columns(line[i]), ' ');
      row += i == 0 ? line[i] + gap : "  " + gap + line[i];
    }
    text += row.substr(0, row.find_last_not_of(' ') + 1) + "\n";
  }
  return text;
}

}  // namespace rift::study
