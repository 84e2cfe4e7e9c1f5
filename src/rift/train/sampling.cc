#include "rift/train/sampling.h"

#include <algorithm>
#include <cmath>

#include "rift/base/error.h"
#include "rift/base/log_odds.h"
#include "rift/base/random.h"

namespace rift::train {
namespace {

constexpr uint64_t kStream = 0x5a3b1e;  // of these draws alone

double bad_rate(const data::Dataset& dataset, std::span<const int64_t> rows) {
  double bad = 0.0, total = 0.0;
  for (const int64_t row : rows) {
    const auto at = static_cast<size_t>(row);
    const double weight = dataset.weight.empty() ? 1.0 : dataset.weight[at];
    bad += weight * dataset.label[at];
    total += weight;
  }
  return total > 0.0 ? bad / total : 0.0;
}

}  // namespace

double Sample::shift() const { return log_odds(base_rate) - log_odds(sampled_rate); }

Sample sample_rows(const data::Dataset& dataset, std::span<const int64_t> rows, double good_per_bad, uint64_t seed) {
  struct Drawn {
    uint64_t key = 0;
    int64_t row = 0;
  };
  const CounterRandom random(seed, kStream);
  Sample sample{.rows = {}, .base_rate = bad_rate(dataset, rows)};
  std::vector<Drawn> good;
  for (const int64_t row : rows) {
    if (dataset.label[static_cast<size_t>(row)] == 1.0)
      sample.rows.push_back(row);
    else
      good.push_back({random.bits(static_cast<uint64_t>(row)), row});
  }
  const auto bad = static_cast<double>(sample.rows.size());
  RIFT_REQUIRE(bad > 0, Code::kData, "train.good_per_bad: the {} training rows have no bad one; check the split",
               rows.size());
  const auto wanted = static_cast<size_t>(std::llround(good_per_bad * bad));
  RIFT_REQUIRE(wanted > 0, Code::kConfig, "train.good_per_bad: {} good rows for each of {} bad ones are none",
               good_per_bad, sample.rows.size());
  RIFT_REQUIRE(wanted < good.size(), Code::kConfig,
               "train.good_per_bad: {} asks for {} good training rows and there are {}, so nothing would be left out; "
               "choose less than {:.3g}, or leave it out",
               good_per_bad, wanted, good.size(), static_cast<double>(good.size()) / bad);
  const auto by_key = [](const Drawn& a, const Drawn& b) { return a.key != b.key ? a.key < b.key : a.row < b.row; };
  std::ranges::nth_element(good, good.begin() + static_cast<std::ptrdiff_t>(wanted), by_key);
  for (size_t i = 0; i < wanted; ++i) sample.rows.push_back(good[i].row);
  std::ranges::sort(sample.rows);
  sample.sampled_rate = bad_rate(dataset, sample.rows);
  RIFT_REQUIRE(sample.sampled_rate > 0 &&
                       sample.sampled_rate<1, Code::kData,
                                           "train.good_per_bad: the {} rows of the sample have no weight together "
                                           "(data.weight), so that the rate "
                                           "of bad rows cannot be set back; choose more rows, or leave it out",
                                           sample.sampled_rate> 0
                   ? "good"
                   : "bad");
  return sample;
}

Json to_json(const Sample& sample) {
  return Json{{"rows", static_cast<int64_t>(sample.rows.size())},
              {"base_rate", sample.base_rate},
              {"sampled_rate", sample.sampled_rate},
              {"shift", sample.shift()}};
}

}  // namespace rift::train
