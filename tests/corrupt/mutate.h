#pragma once

#include <span>
#include <string>
#include <string_view>

#include "rift/base/random.h"

/// Seeded stand-ins for a fuzzer: mutants of good files. They mean most under AddressSanitizer (preset asan).
namespace rift::forge {

/// One to four edits: a byte, a bit, bytes removed, a word put in, a cut, a piece copied.
inline std::string mutate(std::string bytes, std::span<const std::string> words, const CounterRandom& random,
                          uint64_t& index) {
  const auto below = [&](size_t bound) { return static_cast<size_t>(random.below(index++, bound)); };
  const size_t edits = 1 + below(4);
  for (size_t i = 0; i < edits && !bytes.empty(); ++i) {
    const size_t at = below(bytes.size());
    switch (below(6)) {
      case 0:
        bytes[at] = static_cast<char>(below(256));
        break;
      case 1:
        bytes[at] = static_cast<char>(bytes[at] ^ (1 << below(8)));
        break;
      case 2:
        bytes.erase(at, 1 + below(8));
        break;
      case 3:
        bytes.insert(at, words[below(words.size())]);
        break;
      case 4:
        bytes.resize(at);
        break;
      default:
        bytes.insert(at, bytes.substr(below(bytes.size()), 1 + below(32)));
        break;
    }
  }
  return bytes;
}

}  // namespace rift::forge
