#include "rift/data/propose.h"

#include <algorithm>
#include <map>
#include <numeric>
#include <utility>

#include "rift/base/error.h"
#include "rift/base/sentences.h"
#include "rift/data/column_summary.h"
#include "rift/data/convert_column.h"
#include "rift/data/label.h"
#include "rift/data/label_plan.h"
#include "rift/data/leakage.h"
#include "rift/data/raw_records.h"
#include "rift/data/suspects.h"

namespace rift::data {

namespace {

constexpr double kTestShare = 0.25;
constexpr int64_t kEnoughOfAClass = 50;
constexpr double kMostlyDistinct = 0.3;
constexpr double kManyRepeated = 0.02;
constexpr int64_t kQuickRows = 100'000;  // and values: what each model can be fitted on dozens of times in minutes
constexpr int64_t kQuickValues = 2'000'000;

/// The first day of the test part, such that about a quarter of the rows lies in it; nullopt when one side would be
/// left without enough rows of a class.
std::optional<int64_t> test_from(const std::vector<int64_t>& times, std::span<const double> labels, Task task) {
  constexpr int64_t kDay = int64_t{86'400} * 1'000'000;
  std::map<int64_t, int64_t> rows_of_day;
  for (const int64_t time : times) ++rows_of_day[(time >= 0 ? time : time - kDay + 1) / kDay * kDay];
  const auto rows = static_cast<double>(times.size());
  std::optional<int64_t> best;
  double best_distance = kTestShare;
  int64_t later = 0;
  for (auto day = rows_of_day.rbegin(); day != rows_of_day.rend(); ++day) {
    later += day->second;
    const double distance = std::abs(static_cast<double>(later) / rows - kTestShare);
    if (distance >= best_distance) continue;
    best = day->first;
    best_distance = distance;
  }
  if (!best || task != Task::kBinary) return best;
  int64_t counts[2][2] = {};
  for (size_t row = 0; row < times.size(); ++row) ++counts[times[row] >= *best ? 1 : 0][labels[row] == 1.0 ? 1 : 0];
  for (const auto& side : counts) {
    if (side[0] < kEnoughOfAClass || side[1] < kEnoughOfAClass) return std::nullopt;
  }
  return best;
}

Source open_with_label(const ProposeSpec& spec) {
  Source source(spec.source, {.base_directory = spec.base_directory, .known_names = {spec.label}});
  if (!source.find(spec.label)) fail_without(source, spec.label, "--label", source.column_names());
  return source;
}

class Proposer {
 public:
  explicit Proposer(const ProposeSpec& spec) : spec_(spec) {}

  Proposal run() {
    read();
    proposal_.data.source = spec_.source;
    proposal_.data.label.column = spec_.label;
    plan_task();
    guess_kinds();
    choose_id();
    decision_ = find_decision_date(columns_);
    suspect();
    require_features();
    note_repeated_rows();
    choose_split();
    write_columns();
    return std::move(proposal_);
  }

 private:
  void read() {
    Source source = open_with_label(spec_);
    std::vector<WantedColumn> wanted;
    for (const auto& name : source.column_names()) wanted.push_back({.name = name, .as_text = name == spec_.label});
    RawRecords records = read_records(source, wanted);
    numbered_ = records.numbered;
    proposal_.rows = records.rows();
    for (Column& column : records.columns) {
      if (column.name == spec_.label) {
        label_ = std::get<Texts>(std::move(column.values));
        label_place_ = columns_.size();
        column.values = Numbers{std::vector<double>(static_cast<size_t>(proposal_.rows))};
      }
      columns_.push_back(std::move(column));
    }
  }

  void plan_task() {
    const auto classes = label_classes(label_);
    LabelPlan plan = plan_label(spec_.label, label_, classes);
    proposal_.task = plan.task;
    proposal_.data.label.positive = std::move(plan.positive);
    proposal_.notes = std::move(plan.notes);
    values_ = decode_label(proposal_.data.label, plan.task, label_).values;
    RIFT_REQUIRE(plan.task != Task::kBinary || rarest_class() > 1, Code::kData,
                 "label column '{}': one of the two classes has a single row; it takes at least two, one to learn from "
                 "and one to test on",
                 shorten(spec_.label));
  }

  void guess_kinds() {
    for (size_t i = 0; i < columns_.size(); ++i) {
      ColumnProposal one{.name = columns_[i].name};
      if (i == label_place_) {
        one.role = Role::kLabel;
        one.kind = proposal_.task == Task::kRegression ? Kind::kNumber : Kind::kCategory;
        proposal_.columns.push_back(std::move(one));
        summaries_.emplace_back();
        names_rows_.push_back(false);
        continue;
      }
      const ColumnSummary summary = summarize(columns_[i]);
      const KindGuess guess = guess_kind(summary);
      one.kind = guess.kind;
      one.why = why_of(guess.reason);
      if (guess.kind == Kind::kNumber && is_percent(summary.number_style)) one.why = sentence("why.percent");
      note_unreadable(one.name, guess.reason);
      one.missing_share = summary.missing_share();
      one.distinct = summary.distinct;
      const double number_share =
          summary.filled() == 0 ? 0.0
                                : static_cast<double>(summary.number_cells) / static_cast<double>(summary.filled());
      if (guess.kind != Kind::kNumber && guess.kind != Kind::kIgnore && number_share > 0.9 &&
          summary.stored == Storage::kText)
        one.why = sentence("why.nearly_numbers", fmt::arg("share", fmt::format("{:.1f} %", 100.0 * number_share)));
      if (guess.kind == Kind::kIgnore) {
        one.role = Role::kIgnored;
      } else {
        columns_[i] = convert_column(std::move(columns_[i]), guess.kind, summary.style()).column;
      }
      proposal_.columns.push_back(std::move(one));
      summaries_.push_back(summary);
      names_rows_.push_back(guess.reason == KindReason::kNamesRows);
    }
  }

  /// Columns that a model would learn from if they were written otherwise.
  void note_unreadable(const std::string& name, KindReason reason) {
    if (reason == KindReason::kUnclearDates || reason == KindReason::kUnclearCommas || reason == KindReason::kAmounts)
      proposal_.notes.push_back(sentence("data.ignored", fmt::arg("column", name), fmt::arg("why", why_of(reason))));
  }

  /// The first column with a value of its own in every row.
  void choose_id() {
    for (size_t i = 0; i < columns_.size() && !proposal_.data.id; ++i) {
      ColumnProposal& one = proposal_.columns[i];
      if (i == label_place_ || !names_rows_[i] || summaries_[i].distinct != proposal_.rows) continue;
      proposal_.data.id = one.name;
      one.role = Role::kId;
    }
    RIFT_REQUIRE(numbered_ || proposal_.data.id, Code::kConfig,
                 "{}: no column has a value of its own in every row, and rows of a query or of several files need an "
                 "id; add one to the query (row_number() OVER () AS id)",
                 numbered_ ? spec_.source : "data.source");
  }

  void suspect() {
    std::vector<uint8_t> usable;
    for (const auto& one : proposal_.columns)
      usable.push_back(one.role == Role::kFeature && one.kind != Kind::kIgnore ? 1 : 0);
    const bool binary = proposal_.task == Task::kBinary;
    auto why = find_suspects(columns_, usable, binary ? std::span<const double>(values_) : std::span<const double>(),
                             decision_);
    int64_t suspects = 0;
    for (size_t i = 0; i < why.size(); ++i) {
      if (why[i].empty()) continue;
      ColumnProposal& one = proposal_.columns[i];
      one.kind = Kind::kIgnore;
      one.role = Role::kIgnored;
      one.suspected_leak = true;
      one.why = std::move(why[i]);
      ++suspects;
    }
    if (suspects > 0) proposal_.notes.push_back(sentence("propose.suspects", fmt::arg("count", suspects)));
  }

  void require_features() const {
    int64_t suspects = 0;
    for (const ColumnProposal& one : proposal_.columns) {
      if (one.role == Role::kFeature) return;
      suspects += one.suspected_leak ? 1 : 0;
    }
    const std::string source = numbered_ ? spec_.source : "data.source";
    RIFT_REQUIRE(suspects == 0, Code::kData,
                 "{}: {} columns look as if they were filled after the decision, and no other is left that a model "
                 "could learn from; write a run.yaml by hand if they were known before it",
                 source, suspects);
    RIFT_FAIL(Code::kData,
              "{}: no column is left that a model could learn from: beside the label all are empty, hold one value, or "
              "have another value in every row",
              source);
  }

  /// Rows of a few categories repeat by chance, rows of amounts and texts do not.
  void note_repeated_rows() {
    std::vector<const Column*> features;
    bool tells_rows_apart = false;
    for (size_t i = 0; i < columns_.size(); ++i) {
      if (proposal_.columns[i].role != Role::kFeature) continue;
      features.push_back(&columns_[i]);
      tells_rows_apart = tells_rows_apart || summaries_[i].distinct_share() >= kMostlyDistinct;
    }
    const int64_t repeated = tells_rows_apart ? repeated_rows(features) : 0;
    if (repeated > 0 && static_cast<double>(repeated) >= kManyRepeated * static_cast<double>(proposal_.rows))
      proposal_.notes.push_back(sentence("propose.repeated_rows", fmt::arg("count", repeated)));
  }

  void choose_split() {
    if (decision_) {
      // What a model learns of the day of a decision does not hold for later days, whatever the split.
      const std::string& name = columns_[*decision_].name;
      proposal_.data.time = name;
      proposal_.columns[*decision_].role = Role::kTime;
      proposal_.columns[*decision_].why = sentence("why.decision_date");
      note_dates(name);
      if (const auto from = test_from(columns_[*decision_].times(), values_, proposal_.task)) {
        proposal_.split.kind = OutOfTimeSplit{.column = name, .test_from = format_time(*from)};
        proposal_.notes.push_back(
            sentence("propose.out_of_time", fmt::arg("column", name), fmt::arg("day", format_time(*from))));
        return;
      }
    }
    if (proposal_.task == Task::kRegression && !fits_several_times()) {
      proposal_.split.kind = RandomSplit{};
      return;
    }
    if (fits_several_times()) {
      proposal_.split.kind = KFoldSplit{};
      return;
    }
    StratifiedSplit split;
    if (rarest_class() < 10) {
      // Too few rows to hold some back for every part.
      split.test = 0.5;
      split.validation = 0.0;
    }
    proposal_.split.kind = split;
  }

  void note_dates(const std::string& taken) {
    std::string others;
    for (size_t i = 0; i < columns_.size(); ++i) {
      if (i == *decision_ || columns_[i].storage() != Storage::kTime) continue;
      others += (others.empty() ? "" : ", ") + shorten(columns_[i].name, 40);
    }
    const std::string_view key = others.empty() ? "propose.only_date" : "propose.decision_date";
    proposal_.notes.push_back(sentence(key, fmt::arg("column", taken), fmt::arg("others", others)));
  }

  /// Without texts a comparison takes seconds: then each of five folds is the test part in turn, whose mean tells more
  /// than one draw.
  bool fits_several_times() const {
    const int64_t values = proposal_.rows * static_cast<int64_t>(proposal_.columns.size());
    return proposal_.rows <= kQuickRows && values <= kQuickValues && rarest_class() >= kEnoughOfAClass &&
           std::none_of(proposal_.columns.begin(), proposal_.columns.end(), [](const ColumnProposal& column) {
             return column.role == Role::kFeature && column.kind == Kind::kText;
           });
  }

  /// All rows for a regression.
  int64_t rarest_class() const {
    if (proposal_.task == Task::kRegression) return proposal_.rows;
    std::map<double, int64_t> counts;
    for (const double value : values_) ++counts[value];
    int64_t rarest = proposal_.rows;
    for (const auto& [value, rows] : counts) rarest = std::min(rarest, rows);
    return rarest;
  }

  void write_columns() {
    for (const auto& one : proposal_.columns) {
      if (one.role == Role::kFeature || one.role == Role::kIgnored)
        proposal_.data.columns.emplace_back(one.name, one.kind);
    }
  }

  const ProposeSpec& spec_;
  Proposal proposal_;
  std::vector<Column> columns_;  // as their kinds store them; the label's place holds zeros
  std::vector<ColumnSummary> summaries_;
  std::vector<bool> names_rows_;
  Texts label_;
  size_t label_place_ = 0;
  std::vector<double> values_;  // of the label
  bool numbered_ = true;
  std::optional<size_t> decision_;
};

}  // namespace

Proposal propose(const ProposeSpec& spec) { return Proposer(spec).run(); }

Task guess_task(const ProposeSpec& spec) {
  Source source = open_with_label(spec);
  const WantedColumn wanted[] = {{.name = spec.label, .as_text = true}};
  const RawRecords records = read_records(source, wanted);
  const Texts& label = records.columns.front().texts();
  return plan_label(spec.label, label, label_classes(label)).task;
}

}  // namespace rift::data
