#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace rift::data {

enum class Part : uint8_t { kTrain, kValidation, kCalibration, kTest };
constexpr int kParts = 4;
std::string_view part_name(Part part);  // "train", "validation", "calibration", "test"

/// Row -> part, frozen. Every model of a comparison shows the same digest.
struct Split {
  std::vector<Part> part;                      // [N]
  std::string digest;                          // SHA-256 over the N part bytes, 64 hex digits
  std::vector<int64_t> rows(Part part) const;  // ascending
};

/// key(i, seed) = splitmix64(i XOR seed * 0x9E3779B97F4A7C15): a rule that any language can repeat.
uint64_t split_key(uint64_t row, uint64_t seed);

/// What split rules call a row that has an id and no number: the first 8 bytes, big-endian, of the id's SHA-256.
uint64_t id_key(std::string_view id);

/// Within each class rows are ranked by (key, row); fold = rank mod k. labels empty = one class.
std::vector<int32_t> folds(std::span<const uint64_t> row_ids, std::span<const double> labels, int64_t k, uint64_t seed);

/// Positions 0..n-1 of `row_ids` sorted by (key, position).
std::vector<int64_t> rank_order(std::span<const uint64_t> row_ids, uint64_t seed);

}  // namespace rift::data
