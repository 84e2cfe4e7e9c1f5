#include "rift/data/feature_evidence.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <unordered_map>

#include "rift/data/split.h"

namespace rift::data {

namespace {

constexpr double kPriorRows = 10.0;
constexpr int64_t kFewestEvents = 30;
constexpr double kOneClass = 0.98;
constexpr double kLargestClass = 0.9;
constexpr double kLogChance = -20.7;  // ln 1e-9

struct BadCount {
  int64_t rows = 0;
  int64_t bad = 0;
};

/// Every value of a column as a number that is equal for equal values; -1 for missing.
std::vector<int64_t> value_codes(const Column& column) {
  std::vector<int64_t> codes(static_cast<size_t>(column.rows()), -1);
  const auto encode = [&](auto&& value_at) {
    std::unordered_map<std::decay_t<decltype(value_at(int64_t{0}))>, int64_t> seen;
    for (int64_t row = 0; row < column.rows(); ++row) {
      if (column.missing(row)) continue;
      codes[static_cast<size_t>(row)] =
          seen.try_emplace(value_at(row), static_cast<int64_t>(seen.size())).first->second;
    }
  };
  if (column.storage() == Storage::kText) {
    encode([&](int64_t row) { return *column.texts().get(row); });
  } else if (column.storage() == Storage::kTime) {
    encode([&](int64_t row) { return column.times()[static_cast<size_t>(row)]; });
  } else {
    encode([&](int64_t row) { return column.numbers()[static_cast<size_t>(row)]; });
  }
  return codes;
}

bool is_bad(double label) { return label == 1.0; }

}  // namespace

double rank_auc(std::span<const double> values, std::span<const double> labels) {
  std::vector<std::pair<double, bool>> ranked;
  ranked.reserve(values.size());
  for (size_t i = 0; i < values.size(); ++i) {
    if (!std::isnan(values[i])) ranked.emplace_back(values[i], is_bad(labels[i]));
  }
  std::sort(ranked.begin(), ranked.end());
  double bad = 0.0;
  double wins = 0.0;  // of bad over good rows, ties half
  double good_below = 0.0;
  for (size_t i = 0; i < ranked.size();) {
    double bad_here = 0.0;
    double good_here = 0.0;
    size_t j = i;
    for (; j < ranked.size() && ranked[j].first == ranked[i].first; ++j)
      (ranked[j].second ? bad_here : good_here) += 1.0;
    wins += bad_here * (good_below + 0.5 * good_here);
    good_below += good_here;
    bad += bad_here;
    i = j;
  }
  return bad == 0.0 || good_below == 0.0 ? 0.5 : wins / (bad * good_below);
}

double category_auc(const Column& column, std::span<const double> labels) {
  const std::vector<int64_t> codes = value_codes(column);
  const int64_t values = codes.empty() ? 0 : *std::max_element(codes.begin(), codes.end()) + 1;
  std::array<std::vector<BadCount>, 2> counts;
  for (auto& half : counts) half.resize(static_cast<size_t>(values));
  std::array<BadCount, 2> total;
  std::vector<uint8_t> half_of(codes.size());
  for (size_t i = 0; i < codes.size(); ++i) {
    half_of[i] = static_cast<uint8_t>(split_key(i, 0) & 1);
    if (codes[i] < 0) continue;
    BadCount& count = counts[half_of[i]][static_cast<size_t>(codes[i])];
    ++count.rows;
    ++total[half_of[i]].rows;
    count.bad += is_bad(labels[i]) ? 1 : 0;
    total[half_of[i]].bad += is_bad(labels[i]) ? 1 : 0;
  }
  double sum = 0.0;
  for (size_t half = 0; half < 2; ++half) {
    const BadCount& others = total[1 - half];
    if (others.rows == 0) return 0.5;
    const double overall = static_cast<double>(others.bad) / static_cast<double>(others.rows);
    std::vector<double> rates;
    std::vector<double> own;
    for (size_t i = 0; i < codes.size(); ++i) {
      if (codes[i] < 0 || half_of[i] != half) continue;
      const BadCount& count = counts[1 - half][static_cast<size_t>(codes[i])];
      rates.push_back((static_cast<double>(count.bad) + kPriorRows * overall) /
                      (static_cast<double>(count.rows) + kPriorRows));
      own.push_back(labels[i]);
    }
    sum += rank_auc(rates, own);
  }
  return sum / 2.0;
}

double single_auc(const Column& column, std::span<const double> labels) {
  if (column.storage() == Storage::kText) return category_auc(column, labels);
  if (column.storage() == Storage::kNumber) return rank_auc(column.numbers(), labels);
  std::vector<double> values;
  for (const int64_t time : column.times())
    values.push_back(time == kMissingTime ? std::numeric_limits<double>::quiet_NaN() : static_cast<double>(time));
  return rank_auc(values, labels);
}

OneClassEvent one_class_event(const Column& column, std::span<const double> labels) {
  const std::vector<int64_t> codes = value_codes(column);
  std::unordered_map<int64_t, int64_t> rows_of;
  for (const int64_t code : codes) ++rows_of[code];
  int64_t usual = -1;
  int64_t most = 0;
  for (const auto& [code, rows] : rows_of) {
    if (rows > most || (rows == most && code < usual)) {
      usual = code;
      most = rows;
    }
  }
  BadCount all;
  BadCount event;
  for (size_t i = 0; i < codes.size(); ++i) {
    ++all.rows;
    all.bad += is_bad(labels[i]) ? 1 : 0;
    if (codes[i] == usual) continue;
    ++event.rows;
    event.bad += is_bad(labels[i]) ? 1 : 0;
  }
  OneClassEvent found{.by_missing = usual == -1, .rows = event.rows};
  const double bad = static_cast<double>(all.bad);
  const double good = static_cast<double>(all.rows - all.bad);
  if (bad == 0.0 || good == 0.0 || event.rows < kFewestEvents) return found;
  const double event_bad = static_cast<double>(event.bad);
  const double event_rows = static_cast<double>(event.rows);
  found.share_bad = event_bad / bad;
  found.share_good = (event_rows - event_bad) / good;
  const bool of_bad = event_bad * 2.0 > event_rows;
  const double purity = of_bad ? event_bad / event_rows : 1.0 - event_bad / event_rows;
  const double base = (of_bad ? bad : good) / (bad + good);
  // A bound on the chance of so pure a set (Chernoff): exp(-n KL(purity, base)).
  const double divergence = purity * std::log(purity / base) +
                            (purity < 1.0 ? (1.0 - purity) * std::log((1.0 - purity) / (1.0 - base)) : 0.0);
  found.found = purity >= kOneClass && base <= kLargestClass && -event_rows * divergence < kLogChance;
  return found;
}

}  // namespace rift::data
