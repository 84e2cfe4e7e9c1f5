#include "rift/encode/text/word_cache.h"

#include <algorithm>

namespace rift::encode::text {

std::span<const WordPiece::Piece> WordCache::pieces(const WordPiece& vocabulary, std::string_view word,
                                                    const ShortWord& key) {
  Slot& slot = slots_[key.place(kSlotBits)];
  if (slot.word == key && slot.vocabulary == vocabulary.number()) return std::span(slot.pieces).first(slot.count);
  split_.clear();
  vocabulary.split(word, split_);
  if (split_.size() <= kMostPieces) {
    slot.word = key;
    slot.vocabulary = vocabulary.number();
    slot.count = static_cast<uint32_t>(split_.size());
    std::ranges::copy(split_, slot.pieces.begin());
  }
  return split_;
}

}  // namespace rift::encode::text
