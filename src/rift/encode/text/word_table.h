#pragma once

#include <array>
#include <cstdint>
#include <cstring>
#include <string_view>
#include <vector>

namespace rift::encode::text {

/// A word of few bytes as numbers, so that it is hashed and compared without a loop over them.
struct ShortWord {
  static constexpr size_t kMostBytes = 16;

  uint64_t first = 0, second = 0;  // its bytes, then zeros
  uint32_t size = 0;               // bytes; a word may itself end in zeros
  bool operator==(const ShortWord&) const = default;

  /// `word` of at most kMostBytes; that many bytes from its first one on can be read, whatever they are.
  static ShortWord of(std::string_view word) {
    static_assert(sizeof first + sizeof second == kMostBytes);
    const uint8_t* mask = kOnesThenZeros.data() + kMostBytes - word.size();
    return {eight(word.data()) & eight(mask), eight(word.data() + 8) & eight(mask + 8),
            static_cast<uint32_t>(word.size())};
  }

  /// One of 2^bits places. Multiplying carries every byte into the highest bits (multiplicative hashing, Knuth, The Art
  /// of Computer Programming 3, sec. 6.4).
  size_t place(int bits) const { return ((first * 0x9E3779B97F4A7C15u ^ second) * 0xC2B2AE3D27D4EB4Fu) >> (64 - bits); }

 private:
  static constexpr auto kOnesThenZeros = [] {
    std::array<uint8_t, 2 * kMostBytes> bytes{};
    for (size_t i = 0; i < kMostBytes; ++i) bytes[i] = 0xFF;
    return bytes;
  }();
  static uint64_t eight(const void* bytes) {
    uint64_t number;
    std::memcpy(&number, bytes, sizeof number);
    return number;
  }
};

/// Map from short words to numbers >= 0: one look for a word that is there, mostly two for one that is not, and never
/// more than kMostLooks. A word that finds no slot within them is left out, so that words chosen to have one place cost
/// no more than others; who asks has another way to it. Memory: 32 bytes a slot, two to four slots a word. Immutable,
/// so safe for any number of readers.
class WordTable {
 public:
  static constexpr int32_t kNoValue = -1;
  static constexpr int kMostLooks = 64;

  struct Entry {
    std::string_view word;  // not empty, at most ShortWord::kMostBytes; any bytes may follow, or none
    int32_t value = 0;
  };
  /// Of equal words the first one counts.
  explicit WordTable(const std::vector<Entry>& entries);

  int32_t find(const ShortWord& word) const {
    size_t at = word.place(bits_);
    for (int looks = 0; looks < kMostLooks; ++looks, at = (at + 1) & (slots_.size() - 1)) {
      const Slot& slot = slots_[at];
      if (slot.word == word || slot.word.size == 0) return slot.value;
    }
    return kNoValue;
  }

 private:
  struct Slot {
    ShortWord word;  // size 0: none
    int32_t value = kNoValue;
  };

  int bits_;
  std::vector<Slot> slots_;  // open addressing, linear probing; at most half full
};

}  // namespace rift::encode::text
