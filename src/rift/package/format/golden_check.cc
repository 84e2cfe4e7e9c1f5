#include "rift/package/format/golden_check.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "rift/base/error.h"
#include "rift/base/log_odds.h"
#include "rift/score/calibrator.h"

namespace rift::package {
namespace {

/// `score` of every row, as rift score writes it.
std::vector<double> scores_of(data::Task task, const std::vector<double>& raw, int64_t outputs) {
  if (data::has_classes(task)) return score::softmax(raw, outputs);
  std::vector<double> scores = raw;
  if (task != data::Task::kRegression) {
    for (double& value : scores) value = sigmoid(value);
  }
  return scores;
}

std::string shown(const Json* value) {
  if (value == nullptr) return "not stated";
  if (!value->is_array()) return value->written();
  std::vector<std::string> items;
  for (const Json& item : value->as_array()) items.push_back(item.written());
  return fmt::format("{}", fmt::join(items, " "));
}

}  // namespace

double largest_score_difference(data::Task task, const std::vector<double>& published, const score::RawScores& here) {
  if (published.size() != here.values.size()) return std::numeric_limits<double>::infinity();
  const std::vector<double> before = scores_of(task, published, here.outputs);
  const std::vector<double> now = scores_of(task, here.values, here.outputs);
  double largest = 0.0;
  for (size_t i = 0; i < now.size(); ++i) {
    const double unit = task == data::Task::kRegression ? 1.0 + std::fabs(before[i]) : 1.0;
    const double difference = std::fabs(now[i] - before[i]) / unit;
    largest = std::isnan(difference) ? std::numeric_limits<double>::infinity() : std::max(largest, difference);
  }
  return largest;
}

std::string environment_differences(const Json& there, const Json& here) {
  std::string text;
  if (!here.is_object()) return text;
  for (const Json::Member& member : here.as_object()) {
    const Json* before = there.find(member.key);
    if (member.key == "threads" || (before != nullptr && *before == member.value)) continue;
    text += fmt::format("{}{} {} there and {} here", text.empty() ? "" : ", ", member.key, shorten(shown(before), 200),
                        shown(&member.value));
  }
  return text;
}

}  // namespace rift::package
