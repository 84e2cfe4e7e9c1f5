#include "rift/encode/text/word_table.h"

#include <algorithm>
#include <bit>

#include "rift/base/error.h"

namespace rift::encode::text {

WordTable::WordTable(const std::vector<Entry>& entries)
    : bits_(std::bit_width(2 * entries.size() + 1)), slots_(size_t{1} << bits_) {
  for (const Entry& entry : entries) {
    RIFT_CHECK(!entry.word.empty() && entry.word.size() <= ShortWord::kMostBytes && entry.value >= 0);
    std::array<char, ShortWord::kMostBytes> readable{};
    std::ranges::copy(entry.word, readable.begin());
    const auto word = ShortWord::of({readable.data(), entry.word.size()});
    size_t at = word.place(bits_);
    for (int looks = 0; looks < kMostLooks && slots_[at].word != word; ++looks, at = (at + 1) & (slots_.size() - 1)) {
      if (slots_[at].word.size != 0) continue;
      slots_[at] = {word, entry.value};
      break;
    }
  }
}

}  // namespace rift::encode::text
