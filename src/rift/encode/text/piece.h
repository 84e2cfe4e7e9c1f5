#pragma once

#include <cstdint>

namespace rift::encode::text {

/// A token that a model cut out of a word.
struct Piece {
  int32_t id = 0;
  /// Byte of the word. A piece begins where the one before it ends; one that ends there too covers the same bytes.
  uint32_t end = 0;
};

}  // namespace rift::encode::text
