#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "rift/base/options.h"

namespace rift::classic {

/// Shape of the bad rate over ascending bins. kMonotone: up or down, kTurning: up, down, or with one turn, whichever
/// has the higher information value; kFree: no rule.
enum class Trend { kMonotone, kAscending, kDescending, kPeak, kValley, kTurning, kFree };
constexpr auto enum_names(Trend) {
  return std::to_array<EnumName<Trend>>({{Trend::kMonotone, "monotone"},
                                         {Trend::kAscending, "ascending"},
                                         {Trend::kDescending, "descending"},
                                         {Trend::kPeak, "peak"},
                                         {Trend::kValley, "valley"},
                                         {Trend::kTurning, "turning"},
                                         {Trend::kFree, "free"}});
}

/// Sum of row weights by class; without weights the numbers of rows.
struct Counts {
  double good = 0.0;
  double bad = 0.0;
  double total() const { return good + bad; }
  Counts& operator+=(const Counts& other) {
    good += other.good;
    bad += other.bad;
    return *this;
  }
};

/// Weight of evidence of a bin: ln((g + m G/N) / (b + m B/N)) - ln(G/B), positive = better than the whole, with
/// G, B, N the sample's goods, bads and rows and m = `smoothing` rows at the sample's rate; an empty bin has 0.
/// Needs G, B, m > 0. Source: Siddiqi, Credit Risk Scorecards (2006), ch. 6; the smoothing is ours.
double weight_of_evidence(const Counts& bin, const Counts& sample, double smoothing);

/// The bin's term of the information value: (g/G - b/B) * weight of evidence.
double information_value(const Counts& bin, const Counts& sample, double smoothing);

struct MergeOptions {
  Trend trend = Trend::kMonotone;
  int64_t max_bins = 8;
  double min_weight = 0.0;   // of a merged bin; one bin remains when the whole has less
  double max_p_value = 1.0;  // neighbours must differ at this level (two proportions, pooled z); 1 = any difference
  double smoothing = 1.0;
};

/// Merges neighbouring pre-bins into at most max_bins bins so that the sum of information values is the largest that
/// the rules allow; exact, by dynamic programming over (last bin, number of bins) in O(max_bins P^3). Equal values are
/// decided for fewer bins. `sample` may be larger than the sum of `bins` (missing and special rows counted).
/// Returns the end (exclusive) of each merged bin; the last is bins.size(). Needs at least one pre-bin.
std::vector<size_t> merge_bins(std::span<const Counts> bins, const Counts& sample, const MergeOptions& options);

}  // namespace rift::classic
