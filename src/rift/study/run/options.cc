#include "rift/study/run/options.h"

#include <algorithm>

#include "rift/base/error.h"
#include "rift/base/files.h"

namespace rift::study {
namespace {

constexpr int64_t kMostBytes = int64_t{8} << 20;

/// A value of the command line stands on no line of the file.
void forget_lines(Json& json) {
  json.set_line(0);
  if (json.is_array()) {
    for (Json& item : json.as_array()) forget_lines(item);
  }
  if (json.is_object()) {
    for (Json::Member& member : json.as_object()) forget_lines(member.value);
  }
}

}  // namespace

void apply_set(Json& root, const std::string& text) {
  const size_t equals = text.find('=');
  RIFT_REQUIRE(equals != std::string::npos && equals > 0, Code::kConfig,
               "--set: expected key=value, such as optim.lr=1e-4, got '{}'", shorten(text));
  const std::string key = text.substr(0, equals);
  Json value = parse_yaml(text.substr(equals + 1), "--set " + key);
  forget_lines(value);
  set_path(root, key, std::move(value));
}

void RunOptions::check(std::string_view) const {
  using score::CalibrationMethod;
  RIFT_REQUIRE(task == data::Task::kBinary || train.good_per_bad == 0, Code::kConfig,
               "train.good_per_bad: only task: binary has good and bad rows, this task is {}; leave it out",
               data::task_name(task));
  if (task == data::Task::kBinary) return;
  const bool is_left_open = calibration == CalibrationMethod::kAutomatic || calibration == CalibrationMethod::kNone;
  const bool is_platt = calibration == CalibrationMethod::kPlatt;
  const bool is_temperature = calibration == CalibrationMethod::kTemperature;
  const bool fits = data::has_classes(task)           ? is_temperature || is_platt
                    : task == data::Task::kMultilabel ? is_platt
                                                      : false;
  RIFT_REQUIRE(fits || is_left_open, Code::kConfig, "calibration: {} has {}; leave it out, or say none",
               data::task_name(task),
               data::has_classes(task)           ? "one method, a temperature"
               : task == data::Task::kMultilabel ? "one method, platt for each label"
                                                 : "no probabilities to calibrate");
  RIFT_REQUIRE(!policy.approve_below && !policy.refuse_from, Code::kConfig,
               "policy: decisions are made by the pd of a binary task, this task is {}; leave the limits out",
               data::task_name(task));
}

void LearningCurveOptions::check(std::string_view path) const {
  RIFT_REQUIRE(!models.empty(), Code::kConfig, "{}.models is empty; name at least one", path);
  for (const CurveModel model : models) {
    RIFT_REQUIRE(std::ranges::count(models, model) == 1, Code::kConfig, "{}.models: '{}' stands there twice", path,
                 name_of(model));
  }
}

train::FineTuneOptions RunOptions::fine_tune() const {
  return {.text = model.text, .tuning = tuning, .objective = objective, .optim = optim, .train = train};
}

Json read_run_yaml(const std::filesystem::path& file, const std::vector<std::string>& sets) {
  Json root = parse_yaml(read_file(file, kMostBytes), file.string());
  if (root.is_null()) root = Json::object();
  RIFT_REQUIRE(root.is_object(), Code::kConfig, "{}: expected a mapping of keys, got {}", file.string(),
               root.kind_name());
  for (const std::string& set : sets) apply_set(root, set);
  return root;
}

RunOptions read_run(const std::filesystem::path& file, const std::vector<std::string>& sets) {
  const Json root = read_run_yaml(file, sets);
  RunOptions options;
  read_options(root, file.string(), options);
  const std::string place = file.string();
  RIFT_REQUIRE(!options.data.source.empty(), Code::kConfig, "{}: data.source is missing: a file, a glob or 'sql: ...'",
               place);
  RIFT_REQUIRE(!options.data.label.column.empty() || !options.data.label.columns.empty(), Code::kConfig,
               "{}: data.label is missing: the column to be predicted", place);
  RIFT_REQUIRE(!options.compare.models.empty(), Code::kConfig, "{}: compare.models is empty", place);
  return options;
}

}  // namespace rift::study
