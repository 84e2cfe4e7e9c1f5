#include "rift/classic/binning.h"

#include <algorithm>
#include <cmath>
#include <map>

#include "rift/base/error.h"

namespace rift::classic {
namespace {

constexpr size_t kMostCodes = 5;
constexpr size_t kMostCategories = 100;  // beyond them by frequency: pooled with the rare ones
constexpr int64_t kSharedByRows = 5;     // a value that fewer rows have could tell who they are: pooled as well

double weight_at(std::span<const double> weights, size_t row) { return weights.empty() ? 1.0 : weights[row]; }

Counts counts_of(double label, double weight) { return label > 0.5 ? Counts{.bad = weight} : Counts{.good = weight}; }

Counts sample_counts(std::span<const double> labels, std::span<const double> weights) {
  Counts sample;
  for (size_t i = 0; i < labels.size(); ++i) sample += counts_of(labels[i], weight_at(weights, i));
  RIFT_REQUIRE(sample.good > 0.0 && sample.bad > 0.0, Code::kData,
               "the training rows hold one class only ({} rows): a scorecard needs good and bad ones", labels.size());
  return sample;
}

MergeOptions merge_options(const BinningOptions& options, const Counts& sample, Trend trend) {
  return {.trend = trend,
          .max_bins = options.max_bins,
          .min_weight = options.min_bin_share * sample.total(),
          .max_p_value = options.max_p_value,
          .smoothing = options.smoothing};
}

struct Tie {
  double value;
  Counts counts;
};

/// Distinct values ascending with their counts.
std::vector<Tie> ties_of(std::vector<Tie> rows) {
  std::stable_sort(rows.begin(), rows.end(), [](const Tie& a, const Tie& b) { return a.value < b.value; });
  std::vector<Tie> ties;
  for (const Tie& row : rows) {
    if (ties.empty() || ties.back().value != row.value) {
      ties.push_back(row);
    } else {
      ties.back().counts += row.counts;
    }
  }
  return ties;
}

/// Pre-bins of about equal weight; a value heavier than that stands alone. Each has the first value of its range.
std::vector<Tie> quantile_bins(const std::vector<Tie>& ties, int64_t count) {
  double left = 0.0;
  for (const Tie& tie : ties) left += tie.counts.total();
  const double wanted = left / static_cast<double>(count);
  std::vector<Tie> bins;
  bool is_full = true;
  for (const Tie& tie : ties) {
    if (is_full || tie.counts.total() >= wanted) {
      bins.push_back(tie);
    } else {
      bins.back().counts += tie.counts;
    }
    is_full = bins.back().counts.total() >= wanted;
  }
  return bins;
}

std::vector<double> codes_in(std::span<const double> values, const BinningOptions& options) {
  if (options.special_codes == SpecialCodes::kAutomatic) return find_special_codes(values);
  if (options.special_codes == SpecialCodes::kNone) return {};
  std::vector<double> codes = options.codes;
  std::sort(codes.begin(), codes.end());
  codes.erase(std::unique(codes.begin(), codes.end()), codes.end());
  return codes;
}

struct Group {
  std::vector<std::string_view> names;
  bool is_other = false;
  Counts counts;
};

struct Category {
  Counts counts;
  int64_t rows = 0;
};

/// Frequent categories on their own, the others in one group.
std::vector<Group> category_groups(const std::map<std::string_view, Category>& categories, double min_weight) {
  std::vector<std::pair<std::string_view, Category>> by_weight(categories.begin(), categories.end());
  std::stable_sort(by_weight.begin(), by_weight.end(),
                   [](const auto& a, const auto& b) { return a.second.counts.total() > b.second.counts.total(); });
  std::vector<Group> groups;
  Group other;
  for (const auto& [name, category] : by_weight) {
    const bool shared = category.rows >= kSharedByRows && category.counts.total() >= min_weight;
    if (shared && groups.size() < kMostCategories) {
      groups.push_back({{name}, false, category.counts});
    } else {
      other.is_other = true;
      other.counts += category.counts;
    }
  }
  if (other.is_other) groups.push_back(std::move(other));
  return groups;
}

}  // namespace

std::vector<double> find_special_codes(std::span<const double> values) {
  std::vector<double> codes;
  for (double value : values) {
    if (!(value < 0.0)) continue;
    if (!std::isfinite(value) || value != std::floor(value)) return {};
    const auto place = std::lower_bound(codes.begin(), codes.end(), value);
    if (place != codes.end() && *place == value) continue;
    if (codes.size() == kMostCodes) return {};
    codes.insert(place, value);
  }
  const bool has_amounts = std::any_of(values.begin(), values.end(), [](double value) { return value >= 0.0; });
  return has_amounts ? codes : std::vector<double>{};
}

VariableBins VariableBins::fit_number(std::span<const double> values, std::span<const double> labels,
                                      std::span<const double> weights, const BinningOptions& options) {
  RIFT_CHECK(values.size() == labels.size() && (weights.empty() || weights.size() == labels.size()));
  const Counts sample = sample_counts(labels, weights);
  const std::vector<double> codes = codes_in(values, options);
  std::vector<Counts> code_counts(codes.size());
  Counts missing;
  std::vector<Tie> rows;
  for (size_t i = 0; i < values.size(); ++i) {
    const Counts counts = counts_of(labels[i], weight_at(weights, i));
    const auto code = std::lower_bound(codes.begin(), codes.end(), values[i]);
    if (std::isnan(values[i])) {
      missing += counts;
    } else if (code != codes.end() && *code == values[i]) {
      code_counts[static_cast<size_t>(code - codes.begin())] += counts;
    } else if (counts.total() > 0.0) {
      rows.push_back({values[i], counts});
    }
  }

  VariableBins variable;
  const std::vector<Tie> pre_bins = quantile_bins(ties_of(std::move(rows)), options.pre_bins);
  std::vector<Counts> pre_counts;
  for (const Tie& bin : pre_bins) pre_counts.push_back(bin.counts);
  if (pre_bins.empty()) {
    variable.bins_.push_back({});
  } else {
    size_t from = 0;
    for (size_t to : merge_bins(pre_counts, sample, merge_options(options, sample, options.trend))) {
      Bin bin;
      if (from > 0) bin.low = variable.bins_.back().high = pre_bins[from].value;
      for (; from < to; ++from) bin.counts += pre_counts[from];
      variable.bins_.push_back(std::move(bin));
    }
  }
  for (size_t c = 0; c < codes.size(); ++c)
    variable.bins_.push_back({.kind = BinKind::kSpecial, .code = codes[c], .counts = code_counts[c]});
  variable.bins_.push_back({.kind = BinKind::kMissing, .counts = missing});
  variable.finish(sample, options.smoothing);
  return variable;
}

VariableBins VariableBins::fit_category(std::span<const std::optional<std::string_view>> values,
                                        std::span<const double> labels, std::span<const double> weights,
                                        const BinningOptions& options) {
  RIFT_CHECK(values.size() == labels.size() && (weights.empty() || weights.size() == labels.size()));
  const Counts sample = sample_counts(labels, weights);
  std::map<std::string_view, Category> categories;
  Counts missing;
  for (size_t i = 0; i < values.size(); ++i) {
    const Counts counts = counts_of(labels[i], weight_at(weights, i));
    if (!values[i]) {
      missing += counts;
      continue;
    }
    Category& category = categories[*values[i]];
    category.counts += counts;
    ++category.rows;
  }

  std::vector<Group> groups = category_groups(categories, options.rare_share * sample.total());
  const double overall = sample.bad / sample.total();
  const auto rate = [&](const Group& group) {
    return (group.counts.bad + options.smoothing * overall) / (group.counts.total() + options.smoothing);
  };
  std::stable_sort(groups.begin(), groups.end(), [&](const Group& a, const Group& b) { return rate(a) < rate(b); });

  VariableBins variable;
  variable.is_number_ = false;
  std::vector<Counts> counts;
  for (const Group& group : groups) counts.push_back(group.counts);
  bool has_other = false;
  size_t from = 0;
  // Sorted by bad rate there is nothing left to constrain but the size of the bins.
  if (!groups.empty()) {
    for (size_t to : merge_bins(counts, sample, merge_options(options, sample, Trend::kFree))) {
      Bin bin{.kind = BinKind::kCategories};
      for (; from < to; ++from) {
        bin.counts += groups[from].counts;
        bin.holds_other = bin.holds_other || groups[from].is_other;
        bin.categories.insert(bin.categories.end(), groups[from].names.begin(), groups[from].names.end());
      }
      has_other = has_other || bin.holds_other;
      variable.bins_.push_back(std::move(bin));
    }
  }
  if (!has_other) variable.bins_.push_back({.kind = BinKind::kCategories, .holds_other = true});
  variable.bins_.push_back({.kind = BinKind::kMissing, .counts = missing});
  variable.finish(sample, options.smoothing);
  return variable;
}

void VariableBins::finish(const Counts& sample, double smoothing) {
  for (Bin& bin : bins_) {
    bin.woe = weight_of_evidence(bin.counts, sample, smoothing);
    information_value_ += classic::information_value(bin.counts, sample, smoothing);
  }
  index();
}

void VariableBins::index() {
  size_t missing = 0, other = 0;
  for (size_t i = 0; i < bins_.size(); ++i) {
    const Bin& bin = bins_[i];
    switch (bin.kind) {
      case BinKind::kRange: {
        const double before = i == 0 ? -std::numeric_limits<double>::infinity() : bins_[i - 1].high;
        RIFT_REQUIRE(is_number_ && bin.low == before && bin.low < bin.high, Code::kArtefact,
                     "bin {}: ranges must follow each other", i);
        if (i > 0) edges_.push_back(bin.low);
        break;
      }
      case BinKind::kSpecial:
        RIFT_REQUIRE(is_number_, Code::kArtefact, "bin {}: a special code among categories", i);
        codes_.emplace_back(bin.code, i);
        break;
      case BinKind::kCategories:
        RIFT_REQUIRE(!is_number_, Code::kArtefact, "bin {}: categories among ranges", i);
        for (const std::string& name : bin.categories)
          RIFT_REQUIRE(category_bin_.emplace(name, i).second, Code::kArtefact, "bin {}: a category stands in two", i);
        if (bin.holds_other) {
          other_bin_ = i;
          ++other;
        }
        break;
      case BinKind::kMissing:
        missing_bin_ = i;
        ++missing;
        break;
    }
  }
  const bool covers = is_number_ ? bins_.front().kind == BinKind::kRange &&
                                       bins_[edges_.size()].high == std::numeric_limits<double>::infinity()
                                 : other == 1;
  RIFT_REQUIRE(missing == 1 && covers, Code::kArtefact, "bins leave some values without a place or give them two");
}

size_t VariableBins::bin_of(double value) const {
  if (std::isnan(value)) return missing_bin_;
  for (const auto& [code, bin] : codes_)
    if (code == value) return bin;
  return static_cast<size_t>(std::upper_bound(edges_.begin(), edges_.end(), value) - edges_.begin());
}

size_t VariableBins::bin_of(std::optional<std::string_view> value) const {
  if (!value) return missing_bin_;
  const auto found = category_bin_.find(*value);
  return found == category_bin_.end() ? other_bin_ : found->second;
}

}  // namespace rift::classic
