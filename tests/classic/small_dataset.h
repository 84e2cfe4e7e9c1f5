#pragma once

#include <cmath>
#include <limits>
#include <string>
#include <utility>
#include <vector>

#include "rift/base/random.h"
#include "rift/data/dataset.h"

namespace rift::classic {

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();
constexpr int64_t kDay = 86'400'000'000;

inline data::Field field(std::string name, data::Kind kind) { return {.name = std::move(name), .kind = kind}; }

/// Made-up applicants whose risk follows from an income (higher = better, 5 % missing), a purpose (four of them, one
/// bad), a first day of employment (later = worse), a count with the code -9 (= good), and noise; a text that says
/// little more than the purpose. `task` picks the label: bad or not, one of three classes, or an amount.
inline data::Dataset applicants(int64_t rows, data::Task task = data::Task::kBinary, uint64_t seed = 1) {
  const CounterRandom random(seed, 7);
  data::Dataset dataset;
  dataset.schema.task = task;
  dataset.schema.fields = {field("income", data::Kind::kNumber),       field("purpose", data::Kind::kCategory),
                           field("employed since", data::Kind::kDate), field("count", data::Kind::kNumber),
                           field("noise", data::Kind::kNumber),        field("story", data::Kind::kText)};
  data::Numbers income, count, noise;
  data::Texts purpose, story;
  data::Times since;
  const char* const purposes[] = {"car", "furniture", "debts", "education: \"abroad\""};
  const char* const stories[] = {"I want to buy a car for my work.", "New furniture for the flat.",
                                 "I cannot pay my old debts any more.", "My daughter studies abroad."};
  for (int64_t row = 0; row < rows; ++row) {
    const auto at = [&](uint64_t what) { return 16 * static_cast<uint64_t>(row) + what; };
    const double z = random.normal(at(0));
    const bool is_missing = random.uniform(at(1)) < 0.05;
    const auto which = static_cast<size_t>(random.below(at(2), 4));
    const auto days = static_cast<int64_t>(random.below(at(3), 4000));
    const bool is_code = random.uniform(at(4)) < 0.1;
    const auto some = static_cast<double>(random.below(at(5), 8));
    income.values.push_back(is_missing ? kNaN : std::exp(8.0 + 0.5 * z));
    purpose.append(purposes[which]);
    since.values.push_back((10'000 + days) * kDay);
    count.values.push_back(is_code ? -9.0 : some);
    noise.values.push_back(random.normal(at(6)));
    if (random.uniform(at(7)) < 0.3) {
      story.append_missing();
    } else {
      story.append(stories[which]);
    }
    const double risk = -1.2 - (is_missing ? -0.5 : z) + (which == 2 ? 1.2 : 0.0) + (days - 2000) / 2500.0 +
                        (is_code ? -1.0 : 0.15 * (some - 3.5));
    const double pd = 1.0 / (1.0 + std::exp(-risk));
    const double draw = random.uniform(at(8));
    switch (task) {
      case data::Task::kBinary:
        dataset.label.push_back(draw < pd ? 1.0 : 0.0);
        break;
      case data::Task::kMulticlass:
      case data::Task::kOrdinal:
        dataset.label.push_back(draw < pd ? 2.0 : which < 2 ? 1.0 : 0.0);
        break;
      case data::Task::kRegression:
        dataset.label.push_back(1000.0 * (risk + 0.3 * random.normal(at(9))));
        break;
      case data::Task::kMultilabel:
        dataset.label.push_back((draw < pd ? 1.0 : 0.0) + (which < 2 ? 2.0 : 0.0));
        break;
    }
    dataset.split.part.push_back(row % 5 == 4   ? data::Part::kTest
                                 : row % 5 == 3 ? data::Part::kValidation
                                                : data::Part::kTrain);
    dataset.table.source_row.push_back(row);
  }
  if (task == data::Task::kBinary) dataset.schema.class_names = {"good", "bad"};
  if (task == data::Task::kMultilabel) dataset.schema.class_names = {"default", "thing"};
  if (data::has_classes(task)) dataset.schema.class_names = {"other", "thing", "default"};
  dataset.table.rows = rows;
  dataset.table.add({"income", std::move(income)});
  dataset.table.add({"purpose", std::move(purpose)});
  dataset.table.add({"employed since", std::move(since)});
  dataset.table.add({"count", std::move(count)});
  dataset.table.add({"noise", std::move(noise)});
  dataset.table.add({"story", std::move(story)});
  return dataset;
}

/// The table with one value of one row replaced.
inline data::Table with_number(data::Table table, std::string_view column, size_t row, double value) {
  for (data::Column& item : table.columns)
    if (item.name == column) std::get<data::Numbers>(item.values).values[row] = value;
  return table;
}

}  // namespace rift::classic
