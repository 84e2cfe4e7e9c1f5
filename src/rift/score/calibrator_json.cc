#include "rift/base/error.h"
#include "rift/data/options.h"
#include "rift/score/calibrator.h"

namespace rift::score {
namespace {

template <class E>
E enum_of(const Json& json, std::string_view what) {
  const auto found = value_named<E>(json.as_string());
  RIFT_REQUIRE(found, Code::kArtefact, "calibrator: unknown {} '{}'", what, shorten(json.as_string()));
  return *found;
}

void check(const Isotonic& isotonic) {
  const auto& [x, y] = isotonic;
  RIFT_REQUIRE(!x.empty() && x.size() == y.size(), Code::kArtefact,
               "calibrator: expected as many 'pd' as 'log_odds' and at least one, got {} and {}", y.size(), x.size());
  for (size_t i = 0; i < x.size(); ++i)
    RIFT_REQUIRE(y[i] >= 0.0 && y[i] <= 1.0 && (i == 0 || (x[i] > x[i - 1] && y[i] >= y[i - 1])), Code::kArtefact,
                 "calibrator: point {}: log-odds must rise and pd must lie in [0, 1] and not fall", i);
}

double rising(double slope) {
  RIFT_REQUIRE(slope >= 0.0, Code::kArtefact, "calibrator: a slope below 0 would turn the ranking round");
  return slope;
}

bool is_method_of(CalibrationMethod method, data::Task task) {
  switch (method) {
    case CalibrationMethod::kNone:
      return true;
    case CalibrationMethod::kPlatt:
      return task == data::Task::kBinary || task == data::Task::kMultilabel;
    case CalibrationMethod::kTemperature:
      return task == data::Task::kBinary || data::has_classes(task);
    case CalibrationMethod::kIsotonic:
    case CalibrationMethod::kBeta:
      return task == data::Task::kBinary;
    case CalibrationMethod::kAutomatic:
      break;
  }
  return false;
}

}  // namespace

Json Calibrator::to_json() const {
  Json json{{"task", data::task_name(task_)}};
  json["method"] = name_of(method_);
  switch (method_) {
    case CalibrationMethod::kIsotonic:
      json["log_odds"] = Json(isotonic_.x);
      json["pd"] = Json(isotonic_.y);
      break;
    case CalibrationMethod::kBeta:
      json["a"] = beta_.a;
      json["b"] = beta_.b;
      json["c"] = beta_.c;
      break;
    case CalibrationMethod::kTemperature:
      json["slope"] = slope_;
      break;
    case CalibrationMethod::kPlatt:
      if (task_ == data::Task::kMultilabel) {
        Json labels = Json::array();
        for (const Line& line : label_lines_)
          labels.push_back(Json{{"slope", line.slope}, {"intercept", line.intercept}});
        json["labels"] = std::move(labels);
      } else {
        json["slope"] = slope_;
        json["intercept"] = intercept_;
      }
      break;
    case CalibrationMethod::kNone:
    case CalibrationMethod::kAutomatic:
      break;
  }
  return json;
}

Calibrator Calibrator::from_json(const Json& json) {
  Calibrator calibrator = identity(enum_of<data::Task>(json.at("task"), "task"));
  calibrator.method_ = enum_of<CalibrationMethod>(json.at("method"), "method");
  RIFT_REQUIRE(calibrator.method_ != CalibrationMethod::kAutomatic, Code::kArtefact,
               "calibrator: 'automatic' is not a fitted method");
  RIFT_REQUIRE(is_method_of(calibrator.method_, calibrator.task_), Code::kArtefact,
               "calibrator: its method is not one for its task");
  switch (calibrator.method_) {
    case CalibrationMethod::kIsotonic:
      calibrator.isotonic_ = {json.at("log_odds").as_doubles(), json.at("pd").as_doubles()};
      check(calibrator.isotonic_);
      break;
    case CalibrationMethod::kBeta:
      calibrator.beta_ = {rising(json.at("a").as_double()), rising(json.at("b").as_double()), json.at("c").as_double()};
      break;
    case CalibrationMethod::kTemperature:
      calibrator.slope_ = rising(json.at("slope").as_double());
      break;
    case CalibrationMethod::kPlatt:
      if (calibrator.task_ == data::Task::kMultilabel) {
        for (const Json& label : json.at("labels").as_array()) {
          calibrator.label_lines_.push_back({rising(label.at("slope").as_double()), label.at("intercept").as_double()});
        }
        break;
      }
      calibrator.slope_ = rising(json.at("slope").as_double());
      calibrator.intercept_ = json.at("intercept").as_double();
      break;
    case CalibrationMethod::kNone:
    case CalibrationMethod::kAutomatic:
      break;
  }
  return calibrator;
}

}  // namespace rift::score
