#include "rift/study/report/data.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <string_view>
#include <unordered_set>

#include "rift/classic/gbdt.h"
#include "rift/classic/scorecard.h"
#include "rift/classic/stack.h"
#include "rift/study/scoring.h"
#include "rift/study/stability.h"

namespace rift::study {
namespace {

constexpr size_t kMostImportant = 20;

int64_t distinct(const data::Column& column) {
  std::unordered_set<std::string_view> texts;
  std::unordered_set<uint64_t> bits;
  for (int64_t row = 0; row < column.rows(); ++row) {
    if (column.missing(row)) continue;
    const auto at = static_cast<size_t>(row);
    switch (column.storage()) {
      case data::Storage::kText:
        texts.insert(*column.texts().get(row));
        break;
      case data::Storage::kNumber: {
        uint64_t pattern = 0;
        std::memcpy(&pattern, &column.numbers()[at], sizeof pattern);
        bits.insert(pattern);
        break;
      }
      case data::Storage::kTime:
        bits.insert(static_cast<uint64_t>(column.times()[at]));
        break;
    }
  }
  return static_cast<int64_t>(texts.size() + bits.size());
}

Json column_json(const data::Field& field, const data::Table& table) {
  Json json{{"name", field.name}, {"caption", field.shown_name()}, {"role", data::role_name(field.role)}};
  json["kind"] = data::kind_name(field.kind);
  const data::Column* column = table.find(field.name);
  if (column == nullptr) return json;
  int64_t missing = 0;
  for (int64_t row = 0; row < column->rows(); ++row) missing += column->missing(row) ? 1 : 0;
  json["missing"] = table.rows == 0 ? 0.0 : static_cast<double>(missing) / static_cast<double>(table.rows);
  json["distinct"] = distinct(*column);
  return json;
}

}  // namespace

Json part_json(const data::Dataset& dataset, const data::Split& split, data::Part part) {
  const std::vector<int64_t> rows = split.rows(part);
  Json json{{"part", data::part_name(part)}, {"rows", static_cast<int64_t>(rows.size())}};
  if (dataset.schema.task == data::Task::kBinary) {
    const std::vector<double> labels = labels_of(dataset, rows);
    json["bad"] = static_cast<int64_t>(std::count(labels.begin(), labels.end(), 1.0));
  }
  return json;
}

Json report_data(const Examined& examined, Json curves, Json inside) {
  const data::Dataset& dataset = examined.dataset;
  Json columns = Json::array();
  const data::Split& first = examined.parts.front().split;
  const std::vector<int64_t> train = first.rows(data::Part::kTrain), test = first.rows(data::Part::kTest);
  for (const data::Field& field : dataset.schema.fields) {
    columns.push_back(column_json(field, dataset.table));
    const auto psi = feature_stability(field, dataset.table, train, test);
    if (psi) columns.as_array().back()["psi"] = *psi;
  }
  Json split = Json::array();
  for (const data::Part part :
       {data::Part::kTrain, data::Part::kValidation, data::Part::kCalibration, data::Part::kTest}) {
    const Json one = part_json(dataset, first, part);
    if (one.at("rows").as_int() > 0) split.push_back(one);
  }
  return Json{{"task", data::task_name(dataset.schema.task)},
              {"rows", dataset.rows()},
              {"features", static_cast<int64_t>(dataset.schema.features().size())},
              {"classes", Json(dataset.schema.class_names)},
              {"notes", Json(dataset.notes)},
              {"columns", std::move(columns)},
              {"split", std::move(split)},
              {"splits", static_cast<int64_t>(examined.parts.size())},
              {"leaks", data::to_json(examined.leaks)},
              {"curves", std::move(curves)},
              {"inside", std::move(inside)}};
}

Json inside_of(const score::Scorer& scorer, const score::Calibrator& calibrator, const score::PointsOptions& scale) {
  if (const auto* scorecard = dynamic_cast<const classic::Scorecard*>(&scorer)) {
    return Json{{"card", scorecard->card(scale, calibrator)}};
  }
  if (const auto* gbdt = dynamic_cast<const classic::Gbdt*>(&scorer)) {
    Json importance = Json::array();
    for (const auto& [column, share] : gbdt->importance()) {
      if (importance.size() < kMostImportant && share > 0.0) {
        const data::Field* field = gbdt->schema().find(column);
        importance.push_back(Json{{"column", field == nullptr ? column : field->shown_name()}, {"share", share}});
      }
    }
    return Json{{"importance", std::move(importance)}};
  }
  if (const auto* stack = dynamic_cast<const classic::Stack*>(&scorer)) return Json{{"weights", stack->weights()}};
  return nullptr;
}

}  // namespace rift::study
