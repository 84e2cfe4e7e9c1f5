#include "rift/data/label.h"

#include <algorithm>
#include <array>
#include <map>
#include <optional>

#include "rift/base/error.h"
#include "rift/base/sentences.h"
#include "rift/data/cells.h"

namespace rift::data {

namespace {

constexpr int64_t kMostClasses = 1000;

/// "None" may be a class of its own.
bool no_label(std::string_view cell) { return spells_missing(cell) && lower_case(trim(cell)) != "none"; }

void require_every_label(std::string_view column, const Texts& texts) {
  int64_t missing = 0;
  int64_t first = -1;
  for (size_t row = 0; row < texts.present.size(); ++row) {
    const auto cell = texts.get(static_cast<int64_t>(row));
    if (cell && !no_label(*cell)) continue;
    if (missing == 0) first = static_cast<int64_t>(row);
    ++missing;
  }
  RIFT_REQUIRE(
      missing == 0, Code::kData,
      "label column '{}': {} of {} rows have no label, row {} the first; leave them out (sql: SELECT ... WHERE "
      "... IS NOT NULL)",
      shorten(column), missing, texts.present.size(), first);
}

std::string_view label_at(const Texts& texts, size_t row) { return label_text(*texts.get(static_cast<int64_t>(row))); }

/// "'0', '1'", at most so many that a message stays readable.
std::string list_of(const std::vector<std::string>& names) {
  constexpr size_t kMost = 8;
  std::string text;
  for (size_t i = 0; i < std::min(names.size(), kMost); ++i)
    text += fmt::format("{}'{}'", i == 0 ? "" : ", ", shorten(names[i]));
  return names.size() > kMost ? text + fmt::format(" and {} more", names.size() - kMost) : text;
}

/// How the values of a regression write their commas; commas that could mean either are no numbers.
NumberStyle number_style_of(const Texts& texts) {
  NumberShape shape;
  for (size_t row = 0; row < texts.present.size(); ++row) shape.see(*texts.get(static_cast<int64_t>(row)));
  return shape.style();
}

std::vector<double> decode_numbers(std::string_view column, const Texts& texts, NumberStyle style) {
  std::vector<double> values;
  for (size_t row = 0; row < texts.present.size(); ++row) {
    const NumberCell cell = parse_number(*texts.get(static_cast<int64_t>(row)), style);
    RIFT_REQUIRE(cell.state == NumberCell::State::kNumber, Code::kData,
                 "label column '{}': row {} is not a finite number, which task: regression asks for; is it binary or "
                 "multiclass?",
                 shorten(column), row);
    values.push_back(cell.value);
  }
  return values;
}

/// The name of the values on one side of a binary label: their own when there is one only.
std::string side_name(const std::vector<LabelClass>& classes, const std::vector<std::string>& positive, bool bad) {
  std::vector<std::string> names;
  for (const auto& one : classes) {
    if (matches_any(one.name, positive) == bad) names.push_back(one.name);
  }
  return names.size() == 1 ? names.front() : bad ? "bad" : "good";
}

DecodedLabel decode_by_patterns(const LabelOptions& options, const Texts& texts,
                                const std::vector<LabelClass>& classes) {
  DecodedLabel label;
  int64_t bad = 0;
  std::map<std::string_view, bool> known;
  for (const auto& one : classes) known[one.name] = matches_any(one.name, options.positive);
  for (size_t row = 0; row < texts.present.size(); ++row) {
    const bool is_bad = known.at(label_at(texts, row));
    label.values.push_back(is_bad ? 1.0 : 0.0);
    bad += is_bad ? 1 : 0;
  }
  const auto rows = static_cast<int64_t>(texts.present.size());
  RIFT_REQUIRE(bad > 0 && bad < rows, Code::kData,
               "label column '{}': data.label.positive matches {} of {} rows; it must match some and not all",
               shorten(options.column), bad == 0 ? "none" : "each", rows);
  label.class_names = {side_name(classes, options.positive, false), side_name(classes, options.positive, true)};
  if (classes.size() <= kMostLabelValues) {
    for (const auto& one : classes) label.seen.push_back(one.name);
  }
  return label;
}

DecodedLabel decode_two_values(const LabelOptions& options, const Texts& texts,
                               const std::vector<LabelClass>& classes) {
  const auto rows = texts.present.size();
  RIFT_REQUIRE(classes.size() > 1, Code::kData,
               "label column '{}': all {} rows have the same label; there is nothing to learn", shorten(options.column),
               rows);
  RIFT_REQUIRE(classes.size() == 2, Code::kData,
               "label column '{}': {} different values in {} rows, task: binary expects 2; say task: {}, or name the "
               "bad values with data.label.positive",
               shorten(options.column), classes.size(), rows,
               static_cast<int64_t>(classes.size()) > kMostClasses ? "regression" : "multiclass");
  const BadClass bad = guess_bad_class(classes);
  DecodedLabel label;
  label.class_names = {classes[1 - bad.index].name, classes[bad.index].name};
  for (size_t row = 0; row < rows; ++row)
    label.values.push_back(label_at(texts, row) == label.class_names[1] ? 1.0 : 0.0);
  label.note =
      sentence("data.label_guessed", fmt::arg("column", options.column), fmt::arg("positive", label.class_names[1]),
               fmt::arg("reason", sentence(bad.by_name ? "data.label_reason_name" : "data.label_reason_rarer")));
  return label;
}

DecodedLabel decode_classes(const LabelOptions& options, const Texts& texts, const std::vector<LabelClass>& classes) {
  RIFT_REQUIRE(classes.size() > 1, Code::kData,
               "label column '{}': all {} rows have the same label; there is nothing to learn", shorten(options.column),
               texts.present.size());
  RIFT_REQUIRE(static_cast<int64_t>(classes.size()) <= kMostClasses, Code::kData,
               "label column '{}': {} different values, at most {} classes are learnt; is it task: regression?",
               shorten(options.column), classes.size(), kMostClasses);
  DecodedLabel label;
  std::map<std::string_view, double> index;
  for (const auto& one : classes) {
    index.emplace(one.name, static_cast<double>(label.class_names.size()));
    label.class_names.push_back(one.name);
  }
  for (size_t row = 0; row < texts.present.size(); ++row) label.values.push_back(index.at(label_at(texts, row)));
  return label;
}

/// The classes from the lowest to the highest: as `order` has them, or numbers in their order.
std::vector<std::string> ordered_classes(const LabelOptions& options, const std::vector<LabelClass>& classes) {
  std::vector<std::string> order;
  for (const std::string& name : options.order) order.emplace_back(label_text(name));
  for (size_t i = 0; i < order.size(); ++i)
    RIFT_REQUIRE(std::find(order.begin(), order.begin() + static_cast<std::ptrdiff_t>(i), order[i]) ==
                     order.begin() + static_cast<std::ptrdiff_t>(i),
                 Code::kConfig, "data.label.order: '{}' stands there twice", shorten(order[i]));
  if (!order.empty()) return order;
  std::vector<std::pair<double, std::string>> numbers;
  for (const auto& one : classes) {
    const NumberCell cell = parse_number(one.name, NumberStyle::kPlain);
    RIFT_REQUIRE(cell.state == NumberCell::State::kNumber, Code::kConfig,
                 "label column '{}': its values are no numbers, so their order is not known; name them from the lowest "
                 "to the highest: data.label: {{column: ..., order: [low, ..., high]}}",
                 shorten(options.column));
    numbers.emplace_back(cell.value, one.name);
  }
  std::sort(numbers.begin(), numbers.end());
  for (auto& [value, name] : numbers) order.push_back(std::move(name));
  return order;
}

DecodedLabel decode_ordered(const LabelOptions& options, const Texts& texts, const std::vector<LabelClass>& classes) {
  DecodedLabel label = decode_classes(options, texts, classes);  // checks their number
  label.class_names = ordered_classes(options, classes);
  RIFT_REQUIRE(label.class_names.size() > 1, Code::kConfig, "data.label.order: expected two classes at least");
  const auto& names = label.class_names;
  for (size_t row = 0; row < texts.present.size(); ++row) {
    const auto found = std::find(names.begin(), names.end(), label_at(texts, row));
    RIFT_REQUIRE(found != names.end(), Code::kData,
                 "label column '{}': row {} has a value that data.label.order does not name; it names {}",
                 shorten(options.column), row, list_of(names));
    label.values[row] = static_cast<double>(found - names.begin());
  }
  return label;
}

}  // namespace

bool matches_pattern(std::string_view value, std::string_view pattern) {
  const bool open_front = pattern.starts_with('*');
  if (open_front) pattern.remove_prefix(1);
  const bool open_back = pattern.ends_with('*');
  if (open_back) pattern.remove_suffix(1);
  if (open_front && open_back) return value.find(pattern) != value.npos;
  if (open_front) return value.ends_with(pattern);
  return open_back ? value.starts_with(pattern) : value == pattern;
}

bool matches_any(std::string_view value, const std::vector<std::string>& patterns) {
  return std::any_of(patterns.begin(), patterns.end(), [&](const std::string& pattern) {
    // "1.0" in run.yaml means the class 1, as in the data.
    return matches_pattern(value, pattern) || matches_pattern(value, label_text(pattern));
  });
}

std::vector<LabelClass> label_classes(const Texts& texts) {
  std::map<std::string_view, int64_t> counts;
  for (size_t row = 0; row < texts.present.size(); ++row) {
    const auto cell = texts.get(static_cast<int64_t>(row));
    if (cell && !no_label(*cell)) ++counts[label_text(*cell)];
  }
  std::vector<LabelClass> classes;
  for (const auto& [name, rows] : counts) classes.push_back({std::string(name), rows});
  return classes;
}

BadClass guess_bad_class(const std::vector<LabelClass>& two) {
  RIFT_CHECK(two.size() == 2);
  static constexpr std::array<std::string_view, 13> kBad = {"yes", "true", "bad", "y",  "t",    "ja",  "oui",
                                                            "si",  "sí",   "是",  "坏", "违约", "逾期"};
  for (const size_t i : {size_t{0}, size_t{1}}) {
    const std::string name = lower_case(two[i].name);
    const std::string other = lower_case(two[1 - i].name);
    // 1 beside 2 is a code in which nobody knows the bad one.
    if (name == "1" && (other == "0" || other == "-1")) return {i, true};
    if (name != "1" && std::find(kBad.begin(), kBad.end(), name) != kBad.end()) return {i, true};
  }
  return {two[0].rows < two[1].rows ? size_t{0} : size_t{1}, false};
}

DecodedLabel decode_label(const LabelOptions& options, Task task, const Texts& texts) {
  RIFT_REQUIRE(task == Task::kBinary || options.positive.empty(), Code::kConfig,
               "data.label.positive: only task: binary has a bad class, this task is {}; leave it out",
               task_name(task));
  RIFT_REQUIRE(task == Task::kOrdinal || options.order.empty(), Code::kConfig,
               "data.label.order: only the classes of task: ordinal have an order, this task is {}; leave it out",
               task_name(task));
  require_every_label(options.column, texts);
  if (task == Task::kRegression) {
    const NumberStyle style = number_style_of(texts);
    return {
        .values = decode_numbers(options.column, texts, style), .class_names = {}, .note = {}, .number_style = style};
  }
  const auto classes = label_classes(texts);
  if (task == Task::kMulticlass) return decode_classes(options, texts, classes);
  if (task == Task::kOrdinal) return decode_ordered(options, texts, classes);
  return options.positive.empty() ? decode_two_values(options, texts, classes)
                                  : decode_by_patterns(options, texts, classes);
}

std::vector<double> decode_flag(std::string_view column, const Texts& texts) {
  static constexpr std::array<std::string_view, 5> kHolds = {"1", "yes", "true", "y", "t"};
  static constexpr std::array<std::string_view, 5> kHoldsNot = {"0", "no", "false", "n", "f"};
  require_every_label(column, texts);
  std::vector<double> values;
  for (size_t row = 0; row < texts.present.size(); ++row) {
    const std::string value = lower_case(label_at(texts, row));
    const bool holds = std::ranges::find(kHolds, value) != kHolds.end();
    RIFT_REQUIRE(holds || std::ranges::find(kHoldsNot, value) != kHoldsNot.end(), Code::kData,
                 "label column '{}': row {} is neither 0 nor 1 (nor no or yes, false or true), which a label of task: "
                 "multilabel is",
                 shorten(column), row);
    values.push_back(holds ? 1.0 : 0.0);
  }
  return values;
}

std::vector<double> decode_known_label(const Schema& schema, const Texts& texts) {
  const Field* field = schema.with_role(Role::kLabel);
  RIFT_CHECK(field != nullptr);
  require_every_label(field->name, texts);
  if (schema.task == Task::kRegression)
    return decode_numbers(field->name, texts, number_style_from_name(field->number_style));
  const bool by_patterns = schema.task == Task::kBinary && !schema.positive.empty();
  const auto& known = by_patterns ? schema.label_values : schema.class_names;
  std::vector<double> values;
  for (size_t row = 0; row < texts.present.size(); ++row) {
    const std::string_view value = label_at(texts, row);
    const auto found = std::find(known.begin(), known.end(), value);
    const bool is_bad = by_patterns && matches_any(value, schema.positive);
    RIFT_REQUIRE(
        found != known.end() || is_bad || (by_patterns && known.empty()), Code::kData,
        "label column '{}': row {} has a label that the model was not trained on; it knows {}; write the labels "
        "as in the training data, or leave such rows out (sql: SELECT ... WHERE ...)",
        shorten(field->name), row, list_of(known));
    values.push_back(by_patterns ? is_bad : static_cast<double>(found - known.begin()));
  }
  return values;
}

}  // namespace rift::data
