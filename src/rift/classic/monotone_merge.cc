#include "rift/classic/monotone_merge.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "rift/base/error.h"

namespace rift::classic {
namespace {

constexpr double kImpossible = -std::numeric_limits<double>::infinity();

struct Merge {
  double value = kImpossible;
  std::vector<size_t> ends;
};

/// The dynamic program for one shape. A state is (bins so far k, last bin [from, to), turned or not).
class Program {
 public:
  Program(std::span<const Counts> bins, const Counts& sample, const MergeOptions& options)
      : size_(bins.size()),
        options_(options),
        counts_(size_ * (size_ + 1)),
        bad_rate_(counts_.size()),
        value_(counts_.size(), kImpossible) {
    for (size_t from = 0; from < size_; ++from) {
      Counts sum;
      for (size_t to = from + 1; to <= size_; ++to) {
        sum += bins[to - 1];
        counts_[at(from, to)] = sum;
        bad_rate_[at(from, to)] = sum.bad / sum.total();
        if (sum.total() >= options.min_weight && sum.total() > 0.0)
          value_[at(from, to)] = information_value(sum, sample, options.smoothing);
      }
    }
  }

  Merge best(Trend trend) {
    const bool turns = trend == Trend::kPeak || trend == Trend::kValley;
    const size_t most = std::min(static_cast<size_t>(options_.max_bins), size_);
    layers_.assign(most, {});
    Merge merge;
    for (size_t k = 0; k < most; ++k) {
      bool is_open = false;
      for (int turned = 0; turned <= (turns ? 1 : 0); ++turned) is_open |= fill(k, turned, trend);
      for (int turned = 0; turned <= (turns ? 1 : 0); ++turned) take_best(k, turned, merge);
      if (!is_open) break;
    }
    return merge;
  }

 private:
  struct Cell {
    double value = kImpossible;
    int32_t before = -1;  // start of the bin before; -1 = this is the first
    int8_t before_turned = 0;
  };
  struct Layer {
    std::vector<Cell> cells[2];
  };

  size_t at(size_t from, size_t to) const { return from * (size_ + 1) + to; }

  /// May [from, to) follow [before, from)? `up` is the direction asked of the bad rate: +1, -1 or 0 for any.
  bool may_follow(size_t before, size_t from, size_t to, int up) const {
    const double difference = bad_rate_[at(from, to)] - bad_rate_[at(before, from)];
    if (up > 0 && !(difference > 0.0)) return false;
    if (up < 0 && !(difference < 0.0)) return false;
    if (options_.max_p_value >= 1.0) return true;
    const Counts& a = counts_[at(before, from)];
    const Counts& b = counts_[at(from, to)];
    const double pooled = (a.bad + b.bad) / (a.total() + b.total());
    const double error = std::sqrt(pooled * (1.0 - pooled) * (1.0 / a.total() + 1.0 / b.total()));
    return error > 0.0 && std::erfc(std::abs(difference) / error / std::sqrt(2.0)) <= options_.max_p_value;
  }

  static int direction(Trend trend, int turned) {
    switch (trend) {
      case Trend::kAscending:
        return 1;
      case Trend::kDescending:
        return -1;
      case Trend::kPeak:
        return turned ? -1 : 1;
      case Trend::kValley:
        return turned ? 1 : -1;
      default:
        return 0;
    }
  }

  /// Where a bin may go on from, the best first.
  struct Start {
    double value = kImpossible;
    int32_t before = 0;
    int8_t turned = 0;
  };

  std::vector<Start> starts(size_t k, int turned, size_t from) const {
    std::vector<Start> starts;
    starts.reserve(from * static_cast<size_t>(turned + 1));
    for (int8_t was_turned = 0; was_turned <= turned; ++was_turned) {
      const auto& cells = layers_[k - 1].cells[was_turned];
      for (size_t before = 0; before < from; ++before) {
        const double value = cells[at(before, from)].value;
        if (value != kImpossible) starts.push_back({value, static_cast<int32_t>(before), was_turned});
      }
    }
    std::sort(starts.begin(), starts.end(), [](const Start& a, const Start& b) {
      if (a.value != b.value) return a.value > b.value;
      return a.turned != b.turned ? a.turned < b.turned : a.before < b.before;
    });
    return starts;
  }

  /// False when no bins end here, so that no further ones can follow.
  bool fill(size_t k, int turned, Trend trend) {
    auto& cells = layers_[k].cells[turned];
    cells.assign(value_.size(), {});
    if (k == 0) {
      if (turned) return false;
      for (size_t to = 1; to <= size_; ++to) cells[at(0, to)].value = value_[at(0, to)];
      return true;
    }
    const int up = direction(trend, turned);
    bool is_open = false;
    for (size_t from = k; from < size_; ++from) {
      const std::vector<Start> possible = starts(k, turned, from);
      for (size_t to = from + 1; to <= size_ && !possible.empty(); ++to) {
        if (value_[at(from, to)] == kImpossible) continue;
        const auto first = std::find_if(possible.begin(), possible.end(), [&](const Start& start) {
          return may_follow(static_cast<size_t>(start.before), from, to, up);
        });
        if (first == possible.end()) continue;
        cells[at(from, to)] = {first->value + value_[at(from, to)], first->before, first->turned};
        is_open = true;
      }
    }
    return is_open;
  }

  void take_best(size_t k, int turned, Merge& merge) const {
    const auto& cells = layers_[k].cells[turned];
    for (size_t from = 0; from < size_; ++from) {
      const Cell& last = cells[at(from, size_)];
      // Rounding alone must not add a bin.
      if (!(last.value > merge.value + (merge.ends.empty() ? 0.0 : 1e-12))) continue;
      merge.value = last.value;
      merge.ends = path(k, turned, from);
    }
  }

  std::vector<size_t> path(size_t k, int turned, size_t from) const {
    std::vector<size_t> ends = {size_};
    for (size_t to = size_; k > 0; --k) {
      const Cell& cell = layers_[k].cells[turned][at(from, to)];
      ends.push_back(from);
      to = from;
      from = static_cast<size_t>(cell.before);
      turned = cell.before_turned;
    }
    std::reverse(ends.begin(), ends.end());
    return ends;
  }

  size_t size_;
  const MergeOptions& options_;
  std::vector<Counts> counts_;    // [from, to)
  std::vector<double> bad_rate_;  // of [from, to)
  std::vector<double> value_;     // information value of [from, to), kImpossible when too small
  std::vector<Layer> layers_;     // by k
};

std::vector<Trend> shapes(Trend trend) {
  if (trend == Trend::kMonotone) return {Trend::kAscending, Trend::kDescending};
  // What only rises is a peak that has not turned yet.
  if (trend == Trend::kTurning) return {Trend::kPeak, Trend::kValley};
  return {trend};
}

}  // namespace

double weight_of_evidence(const Counts& bin, const Counts& sample, double smoothing) {
  RIFT_CHECK(sample.good > 0.0 && sample.bad > 0.0 && smoothing > 0.0);
  const double good = bin.good + smoothing * sample.good / sample.total();
  const double bad = bin.bad + smoothing * sample.bad / sample.total();
  return std::log(good / bad) - std::log(sample.good / sample.bad);
}

double information_value(const Counts& bin, const Counts& sample, double smoothing) {
  return (bin.good / sample.good - bin.bad / sample.bad) * weight_of_evidence(bin, sample, smoothing);
}

std::vector<size_t> merge_bins(std::span<const Counts> bins, const Counts& sample, const MergeOptions& options) {
  RIFT_CHECK(!bins.empty() && options.max_bins >= 1);
  Program program(bins, sample, options);
  Merge best;
  for (Trend shape : shapes(options.trend)) {
    Merge merge = program.best(shape);
    if (merge.value > best.value + 1e-12) best = std::move(merge);
  }
  if (best.ends.empty()) return {bins.size()};  // everything together is below min_weight
  return best.ends;
}

}  // namespace rift::classic
