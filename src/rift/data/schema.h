#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "rift/base/json.h"

namespace rift::data {

/// What a model's feature column holds. `kIgnore` stays in the schema so that a scoring file with it is no surprise.
enum class Kind { kNumber, kCategory, kText, kDate, kIgnore };
enum class Role { kFeature, kLabel, kId, kTime, kGroup, kWeight, kProtected, kIgnored };
enum class Task { kBinary, kMulticlass, kRegression };

struct Field {
  std::string name;
  Kind kind = Kind::kNumber;
  Role role = Role::kFeature;
  std::string caption;                                              // readable name; empty = the name itself
  std::string unit;                                                 // "DM", "months"; empty when none
  std::vector<std::pair<std::string, std::string>> value_captions;  // "A11" -> "no checking account"
  std::string date_order;    // kDate written with slashes: "day_first" or "month_first"
  std::string number_style;  // kNumber written with commas: as number_style.h names it
  const std::string& shown_name() const { return caption.empty() ? name : caption; }
  std::string_view shown_value(std::string_view value) const;
};

inline constexpr size_t kMostLabelValues = 100;

/// The contract between a model and a file of rows; stored in every package.
struct Schema {
  Task task = Task::kBinary;
  std::vector<Field> fields;
  /// Binary: {good, bad}; the bad class is 1. A side that is one value of the data has its name, a side of several is
  /// called "good" or "bad". Multi-class: the values, sorted bytewise. Regression: none.
  std::vector<std::string> class_names;
  std::vector<std::string> positive;  // binary: patterns of the bad values (label.positive); empty: class_names say it
  /// Binary with `positive`: the values of the training labels, sorted bytewise, so that another one is noticed. Empty
  /// where there were more than kMostLabelValues (free values, no classes) and in packages of earlier versions.
  std::vector<std::string> label_values;

  const Field* find(std::string_view name) const;
  const Field* with_role(Role role) const;  // first field of that role, nullptr when none
  std::vector<const Field*> features(Kind kind) const;
  std::vector<const Field*> features() const;  // every kFeature field that is not kIgnore
  int64_t classes() const { return static_cast<int64_t>(class_names.size()); }
  /// Numbers that a model says of a row: a logit for each class of several, else one.
  int64_t outputs() const { return task == Task::kMulticlass ? classes() : 1; }
};

/// Whether the models of tables (scorecard, logistic, boosted trees) read a feature of that kind: numbers, categories
/// and dates.
bool is_tabular(Kind kind);

Json to_json(const Schema& schema);
Schema schema_from_json(const Json& json);  // throws kArtefact

std::string_view kind_name(Kind kind);
std::string_view role_name(Role role);
std::string_view task_name(Task task);

}  // namespace rift::data
