#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "rift/encode/text/piece.h"
#include "rift/encode/text/word_table.h"

namespace rift::encode::text {

/// The pieces of words that were split before. A direct-mapped table: a word takes the one slot its bytes name and
/// drives out what stood there, so that a miss costs no more than the split it needs, and what is given never depends
/// on what is held. For one thread at a time; words of several models may share it.
class WordCache {
 public:
  static constexpr int kSlotBits = 12;      // 4096 slots of 64 bytes: 256 KiB
  static constexpr size_t kMostPieces = 4;  // a word of more is split each time

  /// 1, 2 ...: a number that no other model of this process has.
  static uint32_t next_number();

  /// The pieces `model` splits `word` into, until the next call; `key` is ShortWord::of(word). A model has number(),
  /// which next_number() gave it, and split(word, pieces), which appends.
  template <class Model>
  std::span<const Piece> pieces(const Model& model, std::string_view word, const ShortWord& key) {
    Slot& slot = slots_[key.place(kSlotBits)];
    if (slot.word == key && slot.model == model.number()) return std::span(slot.pieces).first(slot.count);
    split_.clear();
    model.split(word, split_);
    if (split_.size() <= kMostPieces) {
      slot.word = key;
      slot.model = model.number();
      slot.count = static_cast<uint32_t>(split_.size());
      std::ranges::copy(split_, slot.pieces.begin());
    }
    return split_;
  }

 private:
  struct alignas(64) Slot {
    ShortWord word;
    uint32_t model = 0;  // its number; 0: the slot is empty
    uint32_t count = 0;
    std::array<Piece, kMostPieces> pieces;
  };
  static_assert(sizeof(Slot) == 64);

  std::vector<Slot> slots_ = std::vector<Slot>(size_t{1} << kSlotBits);
  std::vector<Piece> split_;
};

}  // namespace rift::encode::text
