#include <cmath>

#include "rift/base/error.h"
#include "rift/data/options.h"
#include "rift/score/calibrator.h"

namespace rift::score {
namespace {

// The method as written: several classes have one kind only.
constexpr std::string_view kTemperature = "temperature";

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

}  // namespace

Json Calibrator::to_json() const {
  Json json{{"task", data::task_name(task_)}};
  json["method"] = name_of(method_);
  if (method_ == CalibrationMethod::kIsotonic) {
    json["log_odds"] = Json(isotonic_.x);
    json["pd"] = Json(isotonic_.y);
  } else if (method_ == CalibrationMethod::kPlatt) {
    if (task_ == data::Task::kMulticlass) json["method"] = kTemperature;
    json["slope"] = slope_;
    if (task_ == data::Task::kBinary) json["intercept"] = intercept_;
  }
  return json;
}

Calibrator Calibrator::from_json(const Json& json) {
  Calibrator calibrator = identity(enum_of<data::Task>(json.at("task"), "task"));
  const bool is_temperature = json.at("method").as_string() == kTemperature;
  calibrator.method_ =
      is_temperature ? CalibrationMethod::kPlatt : enum_of<CalibrationMethod>(json.at("method"), "method");
  RIFT_REQUIRE(calibrator.method_ != CalibrationMethod::kAutomatic, Code::kArtefact,
               "calibrator: 'automatic' is not a fitted method");
  RIFT_REQUIRE(calibrator.method_ == CalibrationMethod::kNone ||
                   calibrator.task_ == (is_temperature ? data::Task::kMulticlass : data::Task::kBinary),
               Code::kArtefact, "calibrator: its method is not one for its task");
  if (calibrator.method_ == CalibrationMethod::kIsotonic) {
    calibrator.isotonic_ = {json.at("log_odds").as_doubles(), json.at("pd").as_doubles()};
    check(calibrator.isotonic_);
  } else if (calibrator.method_ == CalibrationMethod::kPlatt) {
    calibrator.slope_ = json.at("slope").as_double();
    RIFT_REQUIRE(calibrator.slope_ >= 0.0, Code::kArtefact, "calibrator: a slope below 0 would turn the ranking round");
    if (!is_temperature) calibrator.intercept_ = json.at("intercept").as_double();
  }
  return calibrator;
}

}  // namespace rift::score
