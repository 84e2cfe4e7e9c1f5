#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "rift/base/json.h"

namespace rift::data {

/// What a model's feature column holds. `kIgnore` stays in the schema so that a scoring file with it is no surprise.
enum class Kind { kNumber, kCategory, kText, kDate, kIgnore };
enum class Role { kFeature, kLabel, kId, kTime, kGroup, kWeight, kProtected, kIgnored };
enum class Task { kBinary, kMulticlass, kRegression, kOrdinal, kMultilabel };
/// Whether the label is one of several classes: kMulticlass, or kOrdinal, whose classes have an order.
constexpr bool has_classes(Task task) { return task == Task::kMulticlass || task == Task::kOrdinal; }

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

/// The labels of a multi-label row as one number: label l is bit l, so that a row has one label and equal sets are
/// equal numbers.
inline constexpr int64_t kMostLabels = 50;  // a double holds their sets exactly
constexpr bool holds(double label_set, int64_t label) {
  return ((static_cast<uint64_t>(label_set) >> label) & 1U) != 0;
}
constexpr double with_label(double label_set, int64_t label) {
  return static_cast<double>(static_cast<uint64_t>(label_set) | (uint64_t{1} << label));
}

/// The contract between a model and a file of rows; stored in every package.
struct Schema {
  Task task = Task::kBinary;
  std::vector<Field> fields;
  /// Binary: {good, bad}; the bad class is 1. A side that is one value of the data has its name, a side of several is
  /// called "good" or "bad". Multi-class: the values, sorted bytewise. Ordinal: from the lowest
  /// class to the highest. Multi-label: the label columns. Regression: none.
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
  /// Numbers that a model says of a row: a logit for each class of several and for each of several labels, else one.
  int64_t outputs() const { return has_classes(task) || task == Task::kMultilabel ? classes() : 1; }
};

/// Sets of labels [N] as 0 / 1 for each label [N*L], row by row.
std::vector<double> spread_labels(std::span<const double> sets, int64_t labels);

/// Whether the models of tables (scorecard, logistic, boosted trees) read a feature of that kind: numbers, categories
/// and dates.
bool is_tabular(Kind kind);

Json to_json(const Schema& schema);
Schema schema_from_json(const Json& json);  // throws kArtefact

std::string_view kind_name(Kind kind);
std::string_view role_name(Role role);
std::string_view task_name(Task task);

}  // namespace rift::data
