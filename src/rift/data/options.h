#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "rift/base/options.h"
#include "rift/data/schema.h"

/// run.yaml's `data:` and `split:`.
namespace rift::data {

constexpr auto enum_names(Task) {
  return std::to_array<EnumName<Task>>({{Task::kBinary, "binary"},
                                        {Task::kMulticlass, "multiclass"},
                                        {Task::kRegression, "regression"},
                                        {Task::kOrdinal, "ordinal"},
                                        {Task::kMultilabel, "multilabel"}});
}
constexpr auto later_names(Task) { return std::to_array<std::string_view>({"anomaly", "forecast"}); }
constexpr auto enum_names(Kind) {
  return std::to_array<EnumName<Kind>>({{Kind::kNumber, "number"},
                                        {Kind::kCategory, "category"},
                                        {Kind::kText, "text"},
                                        {Kind::kDate, "date"},
                                        {Kind::kIgnore, "ignore"}});
}
constexpr auto later_names(Kind) { return std::to_array<std::string_view>({"image", "audio", "events"}); }

struct LabelOptions {
  static constexpr std::string_view kScalarKey = "column";
  std::string column;
  std::vector<std::string> positive;
  std::vector<std::string> columns;
  std::vector<std::string> order;
  template <class V>
  void visit(V& v) {
    v("column", column, "Column to be predicted.");
    v("positive", positive,
      "Values that count as bad; * at either end stands for anything. Left out: yes, true, bad or 1 (beside 0), "
      "else the rarer class.");
    v("columns", columns, "task: multilabel: the columns to be predicted, each 0 or 1 (no/yes, false/true).");
    v("order", order,
      "task: ordinal: the values from the lowest class to the highest; left out: numbers in their order.");
  }
};

/// Whether a source is a query ("sql: SELECT ...") and no file.
inline constexpr std::string_view kQuery = "sql:";
inline bool is_query(std::string_view source) { return source.starts_with(kQuery); }

struct DataOptions {
  std::string source;
  std::optional<std::string> folder;
  LabelOptions label;
  std::optional<std::string> id;
  std::optional<std::string> time;
  std::optional<std::string> group;
  std::optional<std::string> weight;
  std::vector<std::string> protected_columns;
  OptionMap<Kind> columns;
  std::optional<std::string> captions;
  std::string memory_limit = "2GB";
  template <class V>
  void visit(V& v) {
    v("source", source, "A file or glob (CSV, CSV.gz, Parquet, JSONL), or 'sql: SELECT ...' over files.");
    v("folder", folder, "Folder that a query's files are relative to; run.yaml's when left out.");
    v("label", label, "What is predicted.");
    v("id", id, "Column that names a row; the 0-based row number when left out.");
    v("time", time, "Column with the time of the decision; a feature dated later is a leak.");
    v("group", group, "Column whose rows stay together in a split, such as the customer; may be that of id.");
    v("weight", weight, "Column with the weight of a row.");
    v("protected", protected_columns, "Columns kept for fairness checks and never used as a feature.");
    v("columns", columns, "Kind of a column; columns left out are looked at and guessed.");
    v("captions", captions, "YAML file with readable names, units and value names of columns.");
    v("memory_limit", memory_limit, "Memory that reading may use, such as 2GB.");
  }
};

/// Rows by rank of their key, whatever their class.
struct RandomSplit {
  double test = 0.2;
  double calibration = 0.0;
  double validation = 0.1;
  template <class V>
  void visit(V& v) {
    v("test", test, "Share of the rows in the test part.", in_half_open(0.0, 1.0));
    v("calibration", calibration, "Share in the calibration part; 0: calibrators are fitted out of fold.",
      in_half_open(0.0, 1.0));
    v("validation", validation, "Share in the validation part.", in_half_open(0.0, 1.0));
  }
};
/// The same within each class, so that every part has the same bad rate.
struct StratifiedSplit : RandomSplit {};
/// The same over whole groups (data.group).
struct GroupSplit : RandomSplit {};

/// Test rows from a day on; calibration and validation by rank from the rows before it, as shares of those.
struct OutOfTimeSplit {
  std::string column;
  std::string test_from;
  double calibration = 0.0;
  double validation = 0.1;
  template <class V>
  void visit(V& v) {
    v("column", column, "Date column; data.time when left out.");
    v("test_from", test_from, "First day of the test part, YYYY-MM-DD.");
    v("calibration", calibration, "Share of the earlier rows in the calibration part.", in_half_open(0.0, 1.0));
    v("validation", validation, "Share of the earlier rows in the validation part.", in_half_open(0.0, 1.0));
  }
};

/// Fold `fold` of k is the test part; with `fold` left out, compare runs every fold and reports the mean.
struct KFoldSplit {
  int64_t k = 5;
  std::optional<int64_t> fold;
  int64_t repeats = 1;
  bool stratified = true;
  double calibration = 0.0;
  double validation = 0.1;
  template <class V>
  void visit(V& v) {
    v("k", k, "Folds.", in_range(2, 1000));
    v("fold", fold, "The one fold that is the test part; left out: each in turn, figures over all of them.",
      at_least(0));
    v("repeats", repeats, "Times the folds are drawn anew, with seeds seed, seed + 1, ...", in_range(1, 1000));
    v("stratified", stratified, "Folds within each class.");
    v("calibration", calibration, "Share of the other folds in the calibration part.", in_half_open(0.0, 1.0));
    v("validation", validation, "Share of the other folds in the validation part.", in_half_open(0.0, 1.0));
  }
};

/// Parts given as files of the same columns; data.source is the training part.
struct FilesSplit {
  std::string test;
  std::string calibration;
  std::string validation;
  template <class V>
  void visit(V& v) {
    v("test", test, "File with the test rows.");
    v("calibration", calibration, "File with the calibration rows; empty = none.");
    v("validation", validation, "File with the validation rows; empty = none.");
  }
};

inline constexpr std::array<std::string_view, 6> kSplitNames = {"random",      "stratified", "group",
                                                                "out_of_time", "k_fold",     "files"};

struct SplitOptions {
  std::variant<RandomSplit, StratifiedSplit, GroupSplit, OutOfTimeSplit, KFoldSplit, FilesSplit> kind =
      StratifiedSplit{};
  int64_t seed = 1;
  template <class V>
  void visit(V& v) {
    v.choice("kind", kind, kSplitNames, "How rows are dealt to parts.");
    v("seed", seed, "Seed of the row keys.", seed_range());
  }
  void check(std::string_view path) const;  // throws kConfig for keys that contradict each other
};

}  // namespace rift::data
