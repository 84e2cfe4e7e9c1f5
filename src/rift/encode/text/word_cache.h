#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "rift/encode/text/wordpiece.h"

namespace rift::encode::text {

/// The pieces of words that were split before. A direct-mapped table: a word takes the one slot its bytes name and
/// drives out what stood there, so that a miss costs no more than the split it needs, and what is given never depends
/// on what is held. For one thread at a time; words of several vocabularies may share it.
class WordCache {
 public:
  static constexpr int kSlotBits = 12;      // 4096 slots of 64 bytes: 256 KiB
  static constexpr size_t kMostPieces = 4;  // a word of more is split each time

  /// The pieces `vocabulary` splits `word` into, until the next call; `key` is ShortWord::of(word).
  std::span<const WordPiece::Piece> pieces(const WordPiece& vocabulary, std::string_view word, const ShortWord& key);

 private:
  struct alignas(64) Slot {
    ShortWord word;
    uint32_t vocabulary = 0;  // its number; 0: the slot is empty
    uint32_t count = 0;
    std::array<WordPiece::Piece, kMostPieces> pieces;
  };
  static_assert(sizeof(Slot) == 64);

  std::vector<Slot> slots_ = std::vector<Slot>(size_t{1} << kSlotBits);
  std::vector<WordPiece::Piece> split_;
};

}  // namespace rift::encode::text
