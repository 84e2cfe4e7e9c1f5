#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <numeric>
#include <tuple>
#include <unordered_map>

#include "rift/base/error.h"
#include "rift/base/sha256.h"
#include "rift/data/load_dataset.h"

namespace rift::data {

namespace {

/// What is dealt to parts as one: a row, or the rows of a group.
struct Unit {
  uint64_t row_id = 0;  // of the first row
  double label = 0.0;   // of the first row
  std::vector<int64_t> rows;
};

/// What split rules call a row; a dataset that was not loaded but made may leave it to the row's place.
uint64_t split_row_of(const Dataset& dataset, int64_t row) {
  const auto i = static_cast<size_t>(row);
  if (!dataset.split_row.empty()) return dataset.split_row[i];
  return static_cast<uint64_t>(dataset.table.source_row.empty() ? row : dataset.table.source_row[i]);
}

/// Units of `rows` in the order of their first rows.
std::vector<Unit> make_units(const Dataset& dataset, std::span<const int64_t> rows) {
  std::vector<Unit> units;
  std::unordered_map<std::string_view, size_t> unit_of_group;
  for (const int64_t row : rows) {
    const auto i = static_cast<size_t>(row);
    if (!dataset.group.empty()) {
      const auto [at, is_new] = unit_of_group.try_emplace(dataset.group[i], units.size());
      if (!is_new) {
        units[at->second].rows.push_back(row);
        continue;
      }
    }
    units.push_back({.row_id = split_row_of(dataset, row), .label = dataset.label[i], .rows = {row}});
  }
  return units;
}

std::vector<uint64_t> row_ids(const std::vector<Unit>& units) {
  std::vector<uint64_t> ids;
  for (const Unit& unit : units) ids.push_back(unit.row_id);
  return ids;
}

/// Empty when classes do not matter: regression has none.
std::vector<double> classes(const Dataset& dataset, const std::vector<Unit>& units, bool stratified) {
  std::vector<double> labels;
  if (!stratified || dataset.schema.task == Task::kRegression) return labels;
  for (const Unit& unit : units) labels.push_back(unit.label);
  return labels;
}

struct Shares {
  double test = 0.0;
  double calibration = 0.0;
  double validation = 0.0;
};

/// Deals units to test, calibration and validation by rank; the others stay as they are in `part`.
void deal(const std::vector<Unit>& units, std::span<const double> labels, const Shares& shares, uint64_t seed,
          std::vector<Part>& part) {
  struct Class {
    int64_t rows = 0;
    int64_t dealt = 0;
  };
  std::map<double, Class> by_class;
  const auto class_of = [&](size_t unit) -> Class& { return by_class[labels.empty() ? 0.0 : labels[unit]]; };
  for (size_t u = 0; u < units.size(); ++u) class_of(u).rows += static_cast<int64_t>(units[u].rows.size());
  for (const int64_t position : rank_order(row_ids(units), seed)) {
    const auto u = static_cast<size_t>(position);
    Class& own = class_of(u);
    const auto rows_of = [&](double share) {
      return static_cast<int64_t>(std::floor(share * static_cast<double>(own.rows) + 0.5));
    };
    const int64_t test_end = rows_of(shares.test);
    const int64_t calibration_end = test_end + rows_of(shares.calibration);
    const int64_t validation_end = calibration_end + rows_of(shares.validation);
    const Part to = own.dealt < test_end          ? Part::kTest
                    : own.dealt < calibration_end ? Part::kCalibration
                    : own.dealt < validation_end  ? Part::kValidation
                                                  : Part::kTrain;
    for (const int64_t row : units[u].rows) part[static_cast<size_t>(row)] = to;
    own.dealt += static_cast<int64_t>(units[u].rows.size());
  }
}

void require_shares(const Shares& shares) {
  const double sum = shares.test + shares.calibration + shares.validation;
  RIFT_REQUIRE(sum < 1.0, Code::kConfig,
               "split: test, calibration and validation take {:.3g} of the rows; leave some to the training part", sum);
}

class Splitter {
 public:
  Splitter(const Dataset& dataset, uint64_t seed)
      : dataset_(dataset), seed_(seed), part_(static_cast<size_t>(dataset.rows()), Part::kTrain) {}

  void operator()(const RandomSplit& options) { by_rank(options, false); }
  void operator()(const StratifiedSplit& options) { by_rank(options, true); }
  void operator()(const GroupSplit& options) {
    RIFT_REQUIRE(!dataset_.group.empty(), Code::kConfig,
                 "split.kind: group needs data.group, the column of the groups");
    by_rank(options, false);
  }

  void operator()(const OutOfTimeSplit& options) {
    require_shares({0.0, options.calibration, options.validation});
    const auto from = parse_time(options.test_from);
    RIFT_REQUIRE(from, Code::kConfig, "split.test_from: expected a day such as 2024-07-01, got '{}'",
                 shorten(options.test_from));
    const std::vector<int64_t>& times = times_of(options.column);
    std::vector<int64_t> earlier;
    for (size_t i = 0; i < times.size(); ++i) {
      RIFT_REQUIRE(times[i] != kMissingTime, Code::kData,
                   "column '{}': row {} has no date, so it stands neither before nor after split.test_from; leave such "
                   "rows out (sql: ... WHERE ... IS NOT NULL)",
                   column_name(options.column), i);
      if (times[i] >= *from) {
        part_[i] = Part::kTest;
      } else {
        earlier.push_back(static_cast<int64_t>(i));
      }
    }
    const auto units = make_units(dataset_, earlier);
    deal(units, {}, {0.0, options.calibration, options.validation}, seed_, part_);
  }

  void operator()(const KFoldSplit& options) {
    const int64_t fold = options.fold.value_or(0);
    RIFT_REQUIRE(fold < options.k, Code::kConfig, "split.fold: expected 0 to {}, got {}", options.k - 1, fold);
    require_shares({0.0, options.calibration, options.validation});
    std::vector<Unit> units = make_units(dataset_, all_rows());
    const auto fold_of = folds(row_ids(units), classes(dataset_, units, options.stratified), options.k, seed_);
    std::vector<Unit> others;
    for (size_t u = 0; u < units.size(); ++u) {
      if (fold_of[u] != fold) {
        others.push_back(std::move(units[u]));
        continue;
      }
      for (const int64_t row : units[u].rows) part_[static_cast<size_t>(row)] = Part::kTest;
    }
    deal(others, classes(dataset_, others, options.stratified), {0.0, options.calibration, options.validation}, seed_,
         part_);
  }

  void operator()(const FilesSplit&) { part_ = dataset_.split.part; }

  std::vector<Part> take() { return std::move(part_); }

 private:
  std::vector<int64_t> all_rows() const {
    std::vector<int64_t> rows(part_.size());
    std::iota(rows.begin(), rows.end(), 0);
    return rows;
  }

  void by_rank(const RandomSplit& options, bool stratified) {
    const Shares shares{options.test, options.calibration, options.validation};
    require_shares(shares);
    const auto units = make_units(dataset_, all_rows());
    deal(units, classes(dataset_, units, stratified), shares, seed_, part_);
  }

  std::string column_name(const std::string& column) const {
    const Field* time = dataset_.schema.with_role(Role::kTime);
    return shorten(column.empty() && time != nullptr ? time->name : column);
  }

  const std::vector<int64_t>& times_of(const std::string& column) const {
    const Field* time = dataset_.schema.with_role(Role::kTime);
    if (column.empty() || (time != nullptr && time->name == column)) {
      RIFT_REQUIRE(!dataset_.time.empty(), Code::kConfig,
                   "split.kind: out_of_time needs a date column: name it in split.column or data.time");
      return dataset_.time;
    }
    const Column* found = dataset_.table.find(column);
    RIFT_REQUIRE(found != nullptr && found->storage() == Storage::kTime, Code::kConfig,
                 "split.column: '{}' is no date column among the features; name it in data.time", shorten(column));
    return found->times();
  }

  const Dataset& dataset_;
  uint64_t seed_;
  std::vector<Part> part_;
};

/// By Part: whether the split asks for it. There is always a training part.
using WantedParts = std::array<bool, kParts>;

WantedParts wanted_parts(const SplitOptions& options) {
  const auto parts = [](bool validation, bool calibration, bool test) {
    return WantedParts{true, validation, calibration, test};  // in the order of Part
  };
  return std::visit(
      [&]<class Kind>(const Kind& kind) {
        if constexpr (std::is_same_v<Kind, FilesSplit>) {
          return parts(!kind.validation.empty(), !kind.calibration.empty(), !kind.test.empty());
        } else if constexpr (std::is_base_of_v<RandomSplit, Kind>) {
          return parts(kind.validation > 0.0, kind.calibration > 0.0, kind.test > 0.0);
        } else {
          return parts(kind.validation > 0.0, kind.calibration > 0.0, true);
        }
      },
      options.kind);
}

void require_usable(const Dataset& dataset, const std::vector<Part>& part, const WantedParts& wanted) {
  std::array<int64_t, kParts> rows{};
  std::array<int64_t, kParts> bad{};
  for (size_t i = 0; i < part.size(); ++i) {
    ++rows[static_cast<size_t>(part[i])];
    bad[static_cast<size_t>(part[i])] += dataset.label[i] == 1.0 ? 1 : 0;
  }
  for (size_t p = 0; p < kParts; ++p) {
    const auto name = part_name(static_cast<Part>(p));
    RIFT_REQUIRE(rows[p] > 0 || !wanted[p], Code::kData,
                 "split: the {} part of {} rows is empty; give it a larger share", name, part.size());
    if (dataset.schema.task != Task::kBinary || rows[p] == 0) continue;
    RIFT_REQUIRE(bad[p] > 0 && bad[p] < rows[p], Code::kData,
                 "split: the {} part has {} rows and {} of them are bad; it needs rows of both classes, so give it a "
                 "larger share or deal the rows otherwise",
                 name, rows[p], bad[p]);
  }
}

}  // namespace

void SplitOptions::check(std::string_view path) const {
  const auto* folds = std::get_if<KFoldSplit>(&kind);
  RIFT_REQUIRE(folds == nullptr || !folds->fold || folds->repeats == 1, Code::kConfig,
               "{}.repeats: one fold is the test part ({}.fold), so there is nothing to repeat; leave one of them out",
               path, path);
}

Split make_split(const Dataset& dataset, const SplitOptions& options) {
  RIFT_CHECK(static_cast<int64_t>(dataset.label.size()) == dataset.rows());
  Splitter splitter(dataset, static_cast<uint64_t>(options.seed));
  std::visit(splitter, options.kind);
  Split split{.part = splitter.take(), .digest = {}};
  require_usable(dataset, split.part, wanted_parts(options));
  static_assert(sizeof(Part) == 1);
  split.digest = sha256_hex(std::string_view(reinterpret_cast<const char*>(split.part.data()), split.part.size()));
  return split;
}

Split make_fold(const Dataset& dataset, const SplitOptions& options, int64_t fold, int64_t repeat) {
  const auto* k_fold = std::get_if<KFoldSplit>(&options.kind);
  RIFT_REQUIRE(k_fold != nullptr, Code::kConfig, "split.kind: folds belong to k_fold");
  SplitOptions one{.kind = *k_fold, .seed = options.seed + repeat};
  std::get<KFoldSplit>(one.kind).fold = fold;
  return make_split(dataset, one);
}

std::vector<int32_t> inner_folds(const Dataset& dataset, std::span<const int64_t> rows, int64_t k, uint64_t seed) {
  const auto units = make_units(dataset, rows);
  const auto fold_of_unit = folds(row_ids(units), classes(dataset, units, true), k, seed);
  std::unordered_map<int64_t, int32_t> fold_of_row;
  fold_of_row.reserve(rows.size());
  for (size_t u = 0; u < units.size(); ++u) {
    for (const int64_t row : units[u].rows) fold_of_row[row] = fold_of_unit[u];
  }
  std::vector<int32_t> fold;
  fold.reserve(rows.size());
  for (const int64_t row : rows) fold.push_back(fold_of_row.at(row));
  return fold;
}

namespace {

/// A unit and where it comes up.
struct Placed {
  double place = 0.0;
  uint64_t key = 0;
  Unit unit;
};

/// Adds the units of one part.
void place_units(const Dataset& dataset, std::vector<Unit> units, uint64_t seed, std::vector<Placed>& placed) {
  const std::vector<double> labels = classes(dataset, units, true);
  const auto class_of = [&](size_t unit) { return labels.empty() ? 0.0 : labels[unit]; };
  std::map<double, double> rows, before;
  for (size_t u = 0; u < units.size(); ++u) rows[class_of(u)] += static_cast<double>(units[u].rows.size());
  for (const int64_t position : rank_order(row_ids(units), seed)) {
    const auto u = static_cast<size_t>(position);
    const auto own = static_cast<double>(units[u].rows.size());
    double& so_far = before[class_of(u)];
    placed.push_back({.place = (so_far + own / 2) / rows[class_of(u)],
                      .key = split_key(units[u].row_id, seed),
                      .unit = std::move(units[u])});
    so_far += own;
  }
}

}  // namespace

std::vector<std::vector<int64_t>> sampling_order(const Dataset& dataset, const Split& split, uint64_t seed) {
  std::vector<Placed> placed;
  for (const Part part : {Part::kTrain, Part::kValidation, Part::kCalibration}) {
    place_units(dataset, make_units(dataset, split.rows(part)), seed, placed);
  }
  std::ranges::sort(placed, {}, [](const Placed& one) { return std::tuple(one.place, one.key, one.unit.rows[0]); });
  std::vector<std::vector<int64_t>> order;
  for (Placed& one : placed) order.push_back(std::move(one.unit.rows));
  return order;
}

}  // namespace rift::data
