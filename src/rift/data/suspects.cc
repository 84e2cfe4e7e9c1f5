#include "rift/data/suspects.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <numeric>

#include "rift/base/count_text.h"
#include "rift/base/sentences.h"
#include "rift/base/threads.h"
#include "rift/data/feature_evidence.h"
#include "rift/data/split.h"
#include "rift/data/sum_parts.h"

namespace rift::data {

namespace {

constexpr double kLaterShare = 0.2;
constexpr double kStrongAuc = 0.8;
constexpr double kRatioGain = 0.05;
constexpr double kTowerLead = 0.1;
constexpr double kNotable = 0.1;  // |AUC - .5| below which a column is no candidate for the leak in a ratio
constexpr size_t kSampleRows = 10'000;
constexpr size_t kFewestOfAClass = 20;
constexpr int64_t kFewestSeparated = 5;  // of a class: a few rows are set apart by some column just so
constexpr double kBulk = 0.9;
constexpr int64_t kMicrosecondsPerYear = int64_t{31'557'600} * 1'000'000;
constexpr int64_t kDecade = 10;
constexpr int64_t kMostYearsOfApplications = 5;
constexpr double kNearlyAll = 0.95;

double strength(double auc) { return std::fabs(auc - 0.5); }
std::string shown(double strength) { return fmt::format("{:.2f}", 0.5 + strength); }

/// Rows that the pairwise rules look at: the first by rank, so that any order of the file gives a fair draw.
std::vector<size_t> sample_rows(size_t rows) {
  std::vector<uint64_t> ids(rows);
  std::iota(ids.begin(), ids.end(), uint64_t{0});
  std::vector<size_t> sample;
  for (const int64_t row : rank_order(ids, 1)) {
    if (sample.size() == kSampleRows) break;
    sample.push_back(static_cast<size_t>(row));
  }
  std::sort(sample.begin(), sample.end());
  return sample;
}

class Finder {
 public:
  Finder(const std::vector<Column>& columns, std::span<const uint8_t> usable, std::span<const double> labels,
         std::optional<size_t> decision)
      : columns_(columns), usable_(usable), labels_(labels), decision_(decision), why_(columns.size()) {
    const std::ptrdiff_t bad = std::count(labels.begin(), labels.end(), 1.0);
    rarest_ = std::min<int64_t>(bad, static_cast<int64_t>(labels.size()) - bad);
  }

  std::vector<std::string> run() {
    find_later_dates();
    if (!labels_.empty()) {
      find_single_columns();
      find_ratios();
      find_parts();
      find_tower();
    }
    return std::move(why_);
  }

 private:
  bool open(size_t i) const { return usable_[i] != 0 && why_[i].empty() && i != decision_; }

  void find_later_dates() {
    if (!decision_) return;
    const auto& decided = columns_[*decision_].times();
    for (size_t i = 0; i < columns_.size(); ++i) {
      if (!open(i) || columns_[i].storage() != Storage::kTime) continue;
      int64_t filled = 0;
      int64_t later = 0;
      for (size_t row = 0; row < decided.size(); ++row) {
        const int64_t time = columns_[i].times()[row];
        filled += time != kMissingTime ? 1 : 0;
        later += time != kMissingTime && time > decided[row] ? 1 : 0;
      }
      const double share = filled == 0 ? 0.0 : static_cast<double>(later) / static_cast<double>(filled);
      if (share > kLaterShare)
        why_[i] = sentence("suspect.after_decision", fmt::arg("time", columns_[*decision_].name),
                           fmt::arg("share", percent_text(share)));
    }
  }

  void find_single_columns() {
    strength_.assign(columns_.size(), 0.0);
    std::vector<OneClassEvent> events(columns_.size());
    parallel_for(static_cast<int64_t>(columns_.size()), 1, [&](int64_t begin, int64_t end) {
      for (auto i = static_cast<size_t>(begin); i < static_cast<size_t>(end); ++i) {
        if (!open(i)) continue;
        strength_[i] = strength(single_auc(columns_[i], labels_));
        events[i] = one_class_event(columns_[i], labels_);
      }
    });
    for (size_t i = 0; i < columns_.size(); ++i) {
      if (!open(i)) continue;
      if (events[i].found)
        why_[i] = sentence(events[i].by_missing ? "leakage.filled_for_one_class" : "leakage.event_of_one_class",
                           fmt::arg("share_bad", percent_text(events[i].share_bad)),
                           fmt::arg("share_good", percent_text(events[i].share_good)));
      else if (strength_[i] > kSeparatesAuc - 0.5 && rarest_ >= kFewestSeparated)
        why_[i] = sentence("leakage.separates", fmt::arg("auc", shown(strength_[i])));
    }
  }

  /// Strengths over the rows in which both columns are above zero.
  struct Pair {
    double ratio = 0.0;
    double single = 0.0;  // of the stronger of the two
  };
  Pair look_at(size_t x, size_t z, std::span<const size_t> rows) const {
    const auto& xs = columns_[x].numbers();
    const auto& zs = columns_[z].numbers();
    std::vector<double> x_values;
    std::vector<double> z_values;
    std::vector<double> ratios;
    std::vector<double> own;
    size_t bad = 0;
    for (const size_t row : rows) {
      if (!(xs[row] > 0.0 && zs[row] > 0.0)) continue;
      x_values.push_back(xs[row]);
      z_values.push_back(zs[row]);
      ratios.push_back(xs[row] / zs[row]);
      own.push_back(labels_[row]);
      bad += labels_[row] == 1.0 ? 1 : 0;
    }
    if (own.size() * 2 < rows.size() || bad < kFewestOfAClass || own.size() - bad < kFewestOfAClass) return {};
    const double ratio = strength(rank_auc(ratios, own));
    // The two columns alone need not be ranked for a ratio that says too little anyway.
    if (ratio < kStrongAuc - 0.5) return {};
    return {ratio, std::max(strength(rank_auc(x_values, own)), strength(rank_auc(z_values, own)))};
  }

  void find_ratios() {
    std::vector<size_t> numbers;
    for (size_t i = 0; i < columns_.size(); ++i) {
      if (open(i) && columns_[i].storage() == Storage::kNumber) numbers.push_back(i);
    }
    const std::vector<size_t> sample = sample_rows(labels_.size());
    std::vector<size_t> every_row(labels_.size());
    std::iota(every_row.begin(), every_row.end(), size_t{0});
    std::vector<std::string> found(columns_.size());
    parallel_for(static_cast<int64_t>(numbers.size()), 1, [&](int64_t begin, int64_t end) {
      for (int64_t n = begin; n < end; ++n) {
        const size_t x = numbers[static_cast<size_t>(n)];
        if (strength_[x] < kNotable) continue;
        size_t best = x;
        Pair best_pair;
        for (const size_t z : numbers) {
          if (z == x || strength_[z] > strength_[x]) continue;
          const Pair pair = look_at(x, z, sample);
          if (!stands_out(pair) || pair.ratio <= best_pair.ratio) continue;
          best = z;
          best_pair = pair;
        }
        const Pair whole = best == x ? Pair{} : look_at(x, best, every_row);
        if (stands_out(whole))
          found[x] = sentence("suspect.ratio", fmt::arg("other", columns_[best].name),
                              fmt::arg("auc", shown(whole.ratio)), fmt::arg("single", shown(whole.single)));
      }
    });
    for (const size_t x : numbers) why_[x] = std::move(found[x]);
  }

  static bool stands_out(const Pair& pair) {
    return pair.ratio >= kStrongAuc - 0.5 && pair.ratio - pair.single >= kRatioGain;
  }

  void find_parts() {
    std::vector<size_t> numbers;
    for (size_t i = 0; i < columns_.size(); ++i) {
      if (usable_[i] != 0 && columns_[i].storage() == Storage::kNumber) numbers.push_back(i);
    }
    std::vector<const std::vector<double>*> values;
    for (const size_t i : numbers) values.push_back(&columns_[i].numbers());
    const SumParts sums(values, sample_rows(labels_.size()));
    std::vector<std::pair<size_t, std::string>> found;
    for (size_t t = 0; t < numbers.size(); ++t) {
      if (why_[numbers[t]].empty()) continue;
      for (const SumParts::Part& part : sums.parts_of(t)) {
        if (part.squared_correlation < kBulk)
          found.emplace_back(numbers[part.column],
                             sentence("suspect.part", fmt::arg("total", columns_[numbers[t]].name)));
      }
    }
    for (auto& [column, why] : found) {
      if (open(column)) why_[column] = std::move(why);
    }
  }

  void find_tower() {
    size_t strongest = columns_.size();
    double first = 0.0;
    double second = 0.0;
    for (size_t i = 0; i < columns_.size(); ++i) {
      if (!open(i)) continue;
      if (strength_[i] > first) {
        second = first;
        first = strength_[i];
        strongest = i;
      } else {
        second = std::max(second, strength_[i]);
      }
    }
    if (rarest_ >= static_cast<int64_t>(kFewestOfAClass) && first >= kStrongAuc - 0.5 && first - second >= kTowerLead &&
        second > 0.0)
      why_[strongest] = sentence("suspect.tower", fmt::arg("auc", shown(first)), fmt::arg("next", shown(second)));
  }

  const std::vector<Column>& columns_;
  std::span<const uint8_t> usable_;
  std::span<const double> labels_;
  std::optional<size_t> decision_;
  std::vector<std::string> why_;
  int64_t rarest_ = 0;            // rows of the rarer class
  std::vector<double> strength_;  // |AUC - .5| of a column alone
};

struct DateSpread {
  size_t column = 0;
  int64_t spread = 0;  // of its middle half of rows, microseconds
};

/// nullopt for a column that is no date of a decision whatever the others are.
std::optional<DateSpread> spread_of(const std::vector<Column>& columns, size_t column) {
  if (columns[column].storage() != Storage::kTime) return std::nullopt;
  std::vector<int64_t> times = columns[column].times();
  if (times.empty() || std::find(times.begin(), times.end(), kMissingTime) != times.end()) return std::nullopt;
  std::sort(times.begin(), times.end());
  const size_t half = times.size() / 2;
  bool one_value = false;
  for (size_t row = 0; row + half < times.size(); ++row) one_value = one_value || times[row] == times[row + half];
  const int64_t spread = times[times.size() * 3 / 4] - times[times.size() / 4];
  if (one_value || spread >= kDecade * kMicrosecondsPerYear) return std::nullopt;
  return DateSpread{.column = column, .spread = spread};
}

/// `first` is never later than `second` in nearly all rows, and mostly earlier.
bool lies_before(const std::vector<int64_t>& first, const std::vector<int64_t>& second) {
  int64_t earlier = 0;
  int64_t later = 0;
  for (size_t row = 0; row < first.size(); ++row) {
    earlier += first[row] < second[row] ? 1 : 0;
    later += first[row] > second[row] ? 1 : 0;
  }
  const auto rows = static_cast<double>(first.size());
  return static_cast<double>(later) <= (1.0 - kNearlyAll) * rows && static_cast<double>(earlier) > 0.5 * rows;
}

}  // namespace

std::optional<size_t> find_decision_date(const std::vector<Column>& columns) {
  std::vector<DateSpread> dates;
  for (size_t i = 0; i < columns.size(); ++i) {
    if (auto date = spread_of(columns, i)) dates.push_back(*date);
  }
  const auto narrower = [](const DateSpread& a, const DateSpread& b) { return a.spread < b.spread; };
  const auto narrowest = std::min_element(dates.begin(), dates.end(), narrower);
  if (narrowest == dates.end()) return std::nullopt;
  // A date of an outcome lies close together too where the book was closed soon after.
  DateSpread best = *narrowest;
  for (const DateSpread& date : dates) {
    const bool like_applications = date.spread < kMostYearsOfApplications * kMicrosecondsPerYear;
    if (like_applications && lies_before(columns[date.column].times(), columns[best.column].times())) best = date;
  }
  return best.column;
}

std::vector<std::string> find_suspects(const std::vector<Column>& columns, std::span<const uint8_t> usable,
                                       std::span<const double> labels, std::optional<size_t> decision) {
  return Finder(columns, usable, labels, decision).run();
}

}  // namespace rift::data
