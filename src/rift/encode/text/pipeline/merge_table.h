#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace rift::encode::text {

/// Which neighbours merge into what, and in which order. Memory: 16 bytes a slot, two to four slots a merge.
class MergeTable {
 public:
  struct Merge {
    int32_t left = 0, right = 0;  // ids >= 0
    int32_t whole = 0;            // the id they become
  };
  /// In the order of their ranks, lowest first; of equal pairs the last counts.
  explicit MergeTable(const std::vector<Merge>& merges);

  struct Symbol {
    int32_t id = 0;
    uint32_t bytes = 0;
  };
  /// Merges neighbours until none are in the table: the lowest rank first, of equal ones the leftmost. n log n. Gives
  /// the number of pairs that were put in order, at most three for each symbol: the work, for tests.
  size_t apply(std::vector<Symbol>& symbols) const;

  /// Slots that a look at any pair of the table takes at most.
  size_t most_looks() const;

 private:
  static constexpr uint32_t kNoRank = UINT32_MAX;
  struct Slot {
    int32_t left = -1, right = -1;
    uint32_t rank = kNoRank;
    int32_t whole = -1;
  };
  size_t place(int32_t left, int32_t right) const {
    const uint64_t pair = static_cast<uint64_t>(static_cast<uint32_t>(left)) << 32 | static_cast<uint32_t>(right);
    return (pair * multiplier_) >> (64 - bits_);
  }
  const Slot& find(int32_t left, int32_t right) const {
    for (size_t at = place(left, right);; at = (at + 1) & (slots_.size() - 1)) {
      const Slot& slot = slots_[at];
      if ((slot.left == left && slot.right == right) || slot.left < 0) return slot;
    }
  }
  size_t apply_to_few(std::vector<Symbol>& symbols) const;
  size_t apply_to_many(std::vector<Symbol>& symbols) const;

  int bits_;
  uint64_t multiplier_;      // odd; drawn from the merges, so that none can be chosen to have one place
  std::vector<Slot> slots_;  // open addressing, linear probing; at most half full
};

}  // namespace rift::encode::text
