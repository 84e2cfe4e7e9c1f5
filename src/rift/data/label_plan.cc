#include "rift/data/label_plan.h"

#include <algorithm>
#include <array>
#include <set>
#include <string_view>

#include "rift/base/error.h"
#include "rift/base/sentences.h"
#include "rift/data/column_summary.h"

namespace rift::data {

namespace {

constexpr int64_t kMostNumberClasses = 20;
constexpr size_t kMostShown = 20;
constexpr int64_t kFewestShown = 5;  // rows: a rarer value may be one customer's
constexpr double kMostlyOnce = 0.5;

bool is_behind_note(std::string_view value, std::string_view root) {
  if (value.size() <= root.size() || !value.ends_with(root)) return false;
  value.remove_suffix(root.size());
  return value.ends_with(':') || value.ends_with(": ");
}

/// "Old policy: Paid" and "Old policy: Defaulted" beside "Paid" and "Defaulted" are {"Paid", "Defaulted"}; empty when
/// the classes are not two with the same notes in front.
std::vector<std::string> two_roots(const std::vector<LabelClass>& classes) {
  std::vector<std::string> roots;
  for (const auto& one : classes) {
    const bool has_root = std::any_of(classes.begin(), classes.end(),
                                      [&](const LabelClass& other) { return is_behind_note(one.name, other.name); });
    if (!has_root) roots.push_back(one.name);
  }
  if (roots.size() != 2) return {};
  std::array<std::set<std::string_view>, 2> notes;
  for (const auto& one : classes) {
    for (const size_t i : {size_t{0}, size_t{1}}) {
      if (is_behind_note(one.name, roots[i]))
        notes[i].insert(std::string_view(one.name).substr(0, one.name.size() - roots[i].size()));
    }
  }
  return notes[0] == notes[1] ? roots : std::vector<std::string>();
}

/// The most frequent classes with their rows, and how many others there are.
std::string rows_of_classes(const std::vector<LabelClass>& classes) {
  std::vector<LabelClass> shown;
  std::copy_if(classes.begin(), classes.end(), std::back_inserter(shown),
               [](const LabelClass& one) { return one.rows >= kFewestShown; });
  if (shown.size() > kMostShown) {
    std::stable_sort(shown.begin(), shown.end(),
                     [](const LabelClass& a, const LabelClass& b) { return a.rows > b.rows; });
    shown.resize(kMostShown);
  }
  std::string list;
  int64_t rows = 0;
  for (const auto& one : shown)
    list += fmt::format("{}{} ({})", list.empty() ? "" : ", ", shorten(one.name, 40), one.rows);
  if (shown.size() == classes.size()) return list;
  for (const auto& one : classes) rows += one.rows;
  for (const auto& one : shown) rows -= one.rows;
  const std::string others =
      sentence("propose.other_classes", fmt::arg("count", classes.size() - shown.size()), fmt::arg("rows", rows));
  return list.empty() ? others : list + ", " + others;
}

/// The bad one of two classes, and a sentence on why.
void choose_bad(const std::string& column, const std::vector<LabelClass>& two, std::string_view star, LabelPlan& plan) {
  const BadClass bad = guess_bad_class(two);
  plan.positive = {fmt::format("{}{}", star, two[bad.index].name)};
  plan.notes.push_back(
      sentence("data.label_guessed", fmt::arg("column", column), fmt::arg("positive", plan.positive.front()),
               fmt::arg("reason", sentence(bad.by_name ? "data.label_reason_name" : "data.label_reason_rarer"))));
}

void require_classes(const std::string& column, int64_t classes, const ColumnSummary& summary) {
  RIFT_REQUIRE(classes > 1, Code::kData, "label column '{}': all rows have the same label; there is nothing to learn",
               shorten(column));
  if (summary.numbers || classes == 2) return;
  const bool mostly_once = classes > kMostNumberClasses && summary.distinct_share() > kMostlyOnce;
  RIFT_REQUIRE(!mostly_once && classes < summary.filled(), Code::kData,
               "label column '{}': {} different values in {} rows, and they are no numbers: it names rows rather than "
               "what became of them; give the column of the outcome by --label, or make classes of it in a query "
               "(sql: SELECT ..., CASE WHEN ... THEN 1 ELSE 0 END AS bad FROM ...)",
               shorten(column), classes, summary.rows);
}

}  // namespace

LabelPlan plan_label(const std::string& column, const Texts& texts, const std::vector<LabelClass>& classes) {
  LabelPlan plan;
  const Column copy{.name = column, .values = texts};
  const ColumnSummary summary = summarize(copy);
  const auto count = static_cast<int64_t>(classes.size());
  require_classes(column, count, summary);
  if (summary.numbers && count > 2 && (count > kMostNumberClasses || !summary.whole)) {
    plan.task = Task::kRegression;
    plan.notes.push_back(sentence("propose.regression", fmt::arg("column", column), fmt::arg("count", count)));
    return plan;
  }
  const std::vector<std::string> roots =
      count > 2 && !summary.numbers ? two_roots(classes) : std::vector<std::string>();
  if (count == 2) {
    choose_bad(column, classes, "", plan);
  } else if (roots.empty()) {
    plan.task = Task::kMulticlass;
  } else {
    std::vector<LabelClass> groups = {{roots[0], 0}, {roots[1], 0}};
    for (const auto& one : classes)
      groups[one.name == roots[0] || is_behind_note(one.name, roots[0]) ? 0 : 1].rows += one.rows;
    choose_bad(column, groups, "*", plan);
  }
  plan.notes.push_back(
      sentence("propose.classes", fmt::arg("column", column), fmt::arg("classes", rows_of_classes(classes))));
  return plan;
}

}  // namespace rift::data
