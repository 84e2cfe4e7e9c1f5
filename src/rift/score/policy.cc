#include "rift/score/policy.h"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "rift/base/error.h"
#include "rift/base/log_odds.h"

namespace rift::score {
namespace {

void add_numbers(data::Table& table, std::string name, std::vector<double> values) {
  table.add({std::move(name), data::Numbers{std::move(values)}});
}

template <class TextOf>
void add_texts(data::Table& table, std::string name, int64_t rows, const TextOf& text_of) {
  data::Texts texts;
  for (int64_t row = 0; row < rows; ++row) texts.append(text_of(static_cast<size_t>(row)));
  table.add({std::move(name), std::move(texts)});
}

/// Column c of [N*C].
std::vector<double> column(std::span<const double> values, size_t classes, size_t c) {
  std::vector<double> picked;
  for (size_t at = c; at < values.size(); at += classes) picked.push_back(values[at]);
  return picked;
}

void add_binary(data::Table& table, const RawScores& raw, const std::vector<double>& pd, const PolicyOptions& policy) {
  std::vector<double> score, points;
  for (double value : raw.values) score.push_back(sigmoid(value));
  for (double value : pd) points.push_back(std::round(policy.points.points(value)));
  add_numbers(table, "score", std::move(score));
  add_numbers(table, "pd", pd);
  add_numbers(table, "points", std::move(points));
  add_texts(table, "decision", raw.rows, [&](size_t row) { return decision(policy, pd[row]); });
}

void add_classes(data::Table& table, const std::vector<std::string>& names, const RawScores& raw,
                 const std::vector<double>& probability) {
  const size_t classes = names.size();
  const std::vector<double> score = softmax(raw.values, raw.outputs);
  add_texts(table, "predicted", raw.rows, [&](size_t row) -> std::string_view {
    const auto begin = probability.begin() + static_cast<int64_t>(row * classes);
    return names[static_cast<size_t>(std::max_element(begin, begin + static_cast<int64_t>(classes)) - begin)];
  });
  for (size_t c = 0; c < classes; ++c) add_numbers(table, "score_" + names[c], column(score, classes, c));
  for (size_t c = 0; c < classes; ++c) add_numbers(table, "p_" + names[c], column(probability, classes, c));
}

void add_labels(data::Table& table, const std::vector<std::string>& names, const RawScores& raw,
                const std::vector<double>& probability) {
  std::vector<double> score;
  for (const double value : raw.values) score.push_back(sigmoid(value));
  for (size_t l = 0; l < names.size(); ++l) add_numbers(table, "score_" + names[l], column(score, names.size(), l));
  for (size_t l = 0; l < names.size(); ++l) add_numbers(table, "p_" + names[l], column(probability, names.size(), l));
}

void add_amounts(data::Table& table, const RawScores& raw) {
  add_numbers(table, "prediction", point_predictions(raw));
  for (size_t q = 0; q < raw.levels.size(); ++q)
    add_numbers(table, quantile_column(raw.levels[q]), column(raw.values, raw.levels.size(), q));
}

}  // namespace

std::string quantile_column(double level) { return fmt::format("q_{}", level); }

double PointsOptions::points(double pd) const {
  return base - pdo / std::numbers::ln2 * (log_odds(pd) + std::log(base_odds));
}

void PolicyOptions::check(std::string_view path) const {
  if (!approve_below || !refuse_from) return;
  RIFT_REQUIRE(*approve_below <= *refuse_from, Code::kConfig,
               "{}: expected approve_below <= refuse_from, got {} and {}", path, *approve_below, *refuse_from);
}

std::string_view decision(const PolicyOptions& policy, double pd) {
  RIFT_CHECK(policy.approve_below && policy.refuse_from);
  if (pd < *policy.approve_below) return "approve";
  return pd >= *policy.refuse_from ? "refuse" : "review";
}

data::Table decision_table(const data::Schema& schema, const std::vector<std::string>& id, const RawScores& raw,
                           const Calibrator& calibrator, const PolicyOptions& policy) {
  RIFT_CHECK(static_cast<int64_t>(id.size()) == raw.rows);
  RIFT_CHECK(raw.levels.empty() ? raw.outputs == schema.outputs() : schema.task == data::Task::kRegression);
  RIFT_CHECK(static_cast<int64_t>(raw.values.size()) == raw.rows * raw.outputs);
  data::Table table;
  table.rows = raw.rows;
  add_texts(table, "id", raw.rows, [&](size_t row) { return std::string_view(id[row]); });
  const std::vector<double> calibrated = calibrator.apply(raw);
  switch (schema.task) {
    case data::Task::kBinary:
      add_binary(table, raw, calibrated, policy);
      break;
    case data::Task::kMulticlass:
    case data::Task::kOrdinal:
      add_classes(table, schema.class_names, raw, calibrated);
      break;
    case data::Task::kRegression:
      add_amounts(table, raw);
      break;
    case data::Task::kMultilabel:
      add_labels(table, schema.class_names, raw, calibrated);
      break;
  }
  return table;
}

}  // namespace rift::score
