#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace rift::nn::engine {

/// Whole rows of a batch that one thread takes through all layers, so that their states stay in its cache.
///   rows first_row .. first_row + rows - 1 hold the batch's tokens source .. source + tokens - 1, which the engine
///   keeps from its own token `begin` on; `begin` is a multiple of kPanelAlignment.
struct Panel {
  int64_t first_row = 0;
  int64_t rows = 0;
  int64_t source = 0;
  int64_t tokens = 0;
  int64_t begin = 0;
};

/// The least multiple of `to` that is no less than `count`.
constexpr int64_t padded(int64_t count, int64_t to) { return (count + to - 1) / to * to; }

inline constexpr int64_t kPanelTokens = 256;   // a longer row is a panel of its own
inline constexpr int64_t kPanelAlignment = 2;  // tokens come in pairs in bf16

/// Rows in their order, a new panel where the next row would go beyond kPanelTokens. What is computed does not depend
/// on the threads that there are.
std::vector<Panel> panels_of(std::span<const int64_t> row_begin);

/// Stretches of `rows` things with at most `most` each.
struct Stretch {
  int64_t begin = 0;
  int64_t size = 0;
};
std::vector<Stretch> stretches_of(int64_t rows, int64_t most);

}  // namespace rift::nn::engine
