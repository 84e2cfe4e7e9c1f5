#pragma once

#include <cstdint>
#include <functional>
#include <limits>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "rift/base/json.h"
#include "rift/base/options.h"
#include "rift/classic/monotone_merge.h"

namespace rift::classic {

/// How numbers that are codes rather than amounts are found: in a column otherwise at least 0, negative whole numbers
/// of at most five kinds (-9 = no bureau record), or those listed, or none.
enum class SpecialCodes { kAutomatic, kListed, kNone };
constexpr auto enum_names(SpecialCodes) {
  return std::to_array<EnumName<SpecialCodes>>(
      {{SpecialCodes::kAutomatic, "automatic"}, {SpecialCodes::kListed, "listed"}, {SpecialCodes::kNone, "none"}});
}

struct BinningOptions {
  Trend trend = Trend::kMonotone;
  int64_t max_bins = 8;
  double min_bin_share = 0.03;
  double max_p_value = 1.0;
  double smoothing = 4.0;
  int64_t pre_bins = 50;
  double rare_share = 0.01;
  SpecialCodes special_codes = SpecialCodes::kAutomatic;
  std::vector<double> codes;
  template <class V>
  void visit(V& v) {
    v("trend", trend, "Shape of the bad rate over the bins of a number.");
    v("max_bins", max_bins, "Most bins of a variable, missing and special codes not counted.", in_range(1, 50));
    v("min_bin_share", min_bin_share, "Smallest share of the rows in a bin.", in_half_open(0.0, 0.5));
    v("max_p_value", max_p_value, "Neighbouring bins differ at this level; 1 = no test.", in_range(0.0, 1.0));
    v("smoothing", smoothing, "Rows at the overall bad rate that are added to each bin's weight of evidence.",
      positive());
    v("pre_bins", pre_bins, "Quantiles from which the bins of a number are merged.", in_range(2, 200));
    v("rare_share", rare_share,
      "Categories with a smaller share of the rows, and those of fewer than five rows, are pooled with unseen ones.",
      in_half_open(0.0, 0.5));
    v("special_codes", special_codes, "Which numbers are codes with a bin of their own.");
    v("codes", codes, "The codes when listed.");
  }
};

enum class BinKind { kRange, kCategories, kSpecial, kMissing };

/// One row of a scorecard's table for a variable.
struct Bin {
  BinKind kind = BinKind::kRange;
  double low = -std::numeric_limits<double>::infinity();  // kRange: low <= x < high
  double high = std::numeric_limits<double>::infinity();
  double code = 0.0;                    // kSpecial
  std::vector<std::string> categories;  // kCategories, most frequent first
  bool holds_other = false;             // kCategories: also rare and unseen values
  Counts counts;                        // of the training rows
  double woe = 0.0;
};

/// The bins of one variable, fitted on training rows: ranges of a number (kept to the trend) or groups of categories
/// (sorted by bad rate, then merged by the same program), special codes, missing. Every value has a bin:
///   - missing: its own bin; neutral (woe 0) where training had none
///   - category that was rare or absent in training: the bin with holds_other, neutral where nothing was rare
///   - infinities: the outermost range
/// Throws kData when the training rows hold one class only.
class VariableBins {
 public:
  /// labels 0/1, 1 = bad; weights empty = all one. All of the length of values. NaN = missing.
  static VariableBins fit_number(std::span<const double> values, std::span<const double> labels,
                                 std::span<const double> weights, const BinningOptions& options);
  static VariableBins fit_category(std::span<const std::optional<std::string_view>> values,
                                   std::span<const double> labels, std::span<const double> weights,
                                   const BinningOptions& options);

  bool is_number() const { return is_number_; }
  const std::vector<Bin>& bins() const { return bins_; }  // ranges or groups, then codes, then missing
  size_t bin_of(double value) const;                      // numbers
  size_t bin_of(std::optional<std::string_view> value) const;
  double woe(size_t bin) const { return bins_[bin].woe; }
  double information_value() const { return information_value_; }

  Json to_json() const;
  static VariableBins from_json(const Json& json);  // throws kArtefact

 private:
  struct Hash {
    using is_transparent = void;
    size_t operator()(std::string_view text) const { return std::hash<std::string_view>{}(text); }
  };
  void finish(const Counts& sample, double smoothing);
  void index();  // look-up tables out of bins_; throws kArtefact when they are not a partition

  bool is_number_ = true;
  double information_value_ = 0.0;
  std::vector<Bin> bins_;
  std::vector<double> edges_;  // numbers: low of ranges 1..
  std::vector<std::pair<double, size_t>> codes_;
  std::unordered_map<std::string, size_t, Hash, std::equal_to<>> category_bin_;
  size_t other_bin_ = 0;
  size_t missing_bin_ = 0;
};

/// The codes that kAutomatic finds, ascending.
std::vector<double> find_special_codes(std::span<const double> values);

}  // namespace rift::classic
