#include "rift/study/curve/samples.h"

#include <algorithm>
#include <set>

#include "rift/base/error.h"
#include "rift/data/load_dataset.h"

namespace rift::study {
namespace {

constexpr int64_t kKeySeed = 100;  // so that an order has nothing of the one that dealt the rows to parts
constexpr size_t kMostSizes = 5;
constexpr int64_t kSmallest = 50;

}  // namespace

LabelSamples::LabelSamples(const data::Dataset& dataset, const Parts& parts, const std::vector<int64_t>& seeds)
    : dataset_(dataset), parts_(parts), seeds_(seeds) {
  for (const int64_t seed : seeds) {
    orders_.push_back(data::sampling_order(dataset, parts.split, static_cast<uint64_t>(kKeySeed + seed)));
  }
  most_ = static_cast<int64_t>(parts.known.size() + parts.calibration.size());
}

std::vector<int64_t> LabelSamples::rows_of(int64_t labels, size_t seed) const {
  std::vector<int64_t> rows;
  for (const std::vector<int64_t>& unit : orders_.at(seed)) {
    if (!rows.empty() && static_cast<int64_t>(rows.size() + unit.size()) > labels) break;
    rows.insert(rows.end(), unit.begin(), unit.end());
  }
  return rows;
}

Parts LabelSamples::sample(int64_t labels, size_t seed) const {
  const std::vector<uint8_t> taken = marked(dataset_.rows(), rows_of(labels, seed));
  std::vector<uint8_t> left_out;
  for (const uint8_t flag : taken) left_out.push_back(flag == 0 ? 1 : 0);
  Parts parts;
  parts.split.digest = parts_.split.digest;
  parts.fit = parts_.fit.without(left_out);
  parts.known = parts.fit.together();
  std::ranges::copy_if(parts_.calibration, std::back_inserter(parts.calibration),
                       [&](int64_t row) { return taken[static_cast<size_t>(row)] != 0; });
  parts.test = parts_.test;
  RIFT_REQUIRE(data::can_be_learnt(dataset_, parts.fit.train), Code::kData,
               "learning_curve.sizes: with {} labels the {} training rows (seed {}) are all of one class; begin with "
               "more labels",
               labels, parts.fit.train.size(), seeds_.at(seed));
  return parts;
}

std::vector<int64_t> LabelSamples::rows_of_all(int64_t labels) const {
  std::set<int64_t> rows(parts_.test.begin(), parts_.test.end());
  for (size_t seed = 0; seed < orders_.size(); ++seed) {
    const std::vector<int64_t> some = rows_of(labels, seed);
    rows.insert(some.begin(), some.end());
  }
  return {rows.begin(), rows.end()};
}

int64_t labels_in(const Parts& sample) { return static_cast<int64_t>(sample.known.size() + sample.calibration.size()); }

std::vector<int64_t> curve_sizes(std::vector<int64_t> asked, int64_t most) {
  if (asked.empty()) {
    for (int64_t size = most; asked.empty() || (asked.size() < kMostSizes && size >= kSmallest); size /= 2) {
      asked.push_back(size);
    }
  }
  std::ranges::sort(asked);
  asked.erase(std::ranges::unique(asked).begin(), asked.end());
  RIFT_REQUIRE(asked.back() <= most, Code::kConfig,
               "learning_curve.sizes: there are {} rows that are not for testing, and {} are asked for; ask for fewer, "
               "or for none, which takes all of them and halves of that",
               most, asked.back());
  return asked;
}

}  // namespace rift::study
