#include "rift/data/split.h"

#include <algorithm>
#include <map>
#include <numeric>

#include "rift/base/error.h"
#include "rift/base/random.h"
#include "rift/base/sha256.h"

namespace rift::data {

std::string_view part_name(Part part) {
  static constexpr std::array<std::string_view, kParts> kNames = {"train", "validation", "calibration", "test"};
  return kNames.at(static_cast<size_t>(part));
}

std::vector<int64_t> Split::rows(Part wanted) const {
  std::vector<int64_t> found;
  for (size_t i = 0; i < part.size(); ++i) {
    if (part[i] == wanted) found.push_back(static_cast<int64_t>(i));
  }
  return found;
}

uint64_t split_key(uint64_t row, uint64_t seed) { return splitmix64(row ^ (seed * 0x9E3779B97F4A7C15ull)); }

uint64_t id_key(std::string_view id) {
  Sha256 hash;
  hash.update(id);
  const auto digest = hash.finish();
  uint64_t key = 0;
  for (size_t i = 0; i < 8; ++i) key = key << 8 | digest[i];
  return key;
}

std::vector<int64_t> rank_order(std::span<const uint64_t> row_ids, uint64_t seed) {
  std::vector<uint64_t> keys(row_ids.size());
  for (size_t i = 0; i < keys.size(); ++i) keys[i] = split_key(row_ids[i], seed);
  std::vector<int64_t> order(row_ids.size());
  std::iota(order.begin(), order.end(), 0);
  std::sort(order.begin(), order.end(), [&](int64_t a, int64_t b) {
    const uint64_t key_a = keys[static_cast<size_t>(a)];
    const uint64_t key_b = keys[static_cast<size_t>(b)];
    return key_a != key_b ? key_a < key_b : a < b;
  });
  return order;
}

std::vector<int32_t> folds(std::span<const uint64_t> row_ids, std::span<const double> labels, int64_t k,
                           uint64_t seed) {
  RIFT_CHECK(k >= 1 && (labels.empty() || labels.size() == row_ids.size()));
  std::vector<int32_t> fold(row_ids.size());
  std::map<double, int64_t> seen;  // of the class
  for (const int64_t position : rank_order(row_ids, seed)) {
    const auto i = static_cast<size_t>(position);
    int64_t& rank = seen[labels.empty() ? 0.0 : labels[i]];
    fold[i] = static_cast<int32_t>(rank % k);
    ++rank;
  }
  return fold;
}

}  // namespace rift::data
