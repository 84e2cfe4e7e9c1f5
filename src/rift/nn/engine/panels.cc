#include "rift/nn/engine/panels.h"

#include <algorithm>

namespace rift::nn::engine {

std::vector<Panel> panels_of(std::span<const int64_t> row_begin) {
  std::vector<Panel> panels;
  const auto rows = static_cast<int64_t>(row_begin.size()) - 1;
  for (int64_t row = 0; row < rows; ++row) {
    const auto at = static_cast<size_t>(row);
    const int64_t tokens = row_begin[at + 1] - row_begin[at];
    if (panels.empty() || panels.back().tokens + tokens > kPanelTokens) {
      int64_t begin = 0;
      if (!panels.empty()) {
        const int64_t end = panels.back().begin + panels.back().tokens;
        begin = (end + kPanelAlignment - 1) / kPanelAlignment * kPanelAlignment;
      }
      panels.push_back({row, 0, row_begin[at], 0, begin});
    }
    panels.back().rows += 1;
    panels.back().tokens += tokens;
  }
  return panels;
}

std::vector<Stretch> stretches_of(int64_t rows, int64_t most) {
  std::vector<Stretch> stretches;
  for (int64_t begin = 0; begin < rows; begin += most) stretches.push_back({begin, std::min(most, rows - begin)});
  return stretches;
}

}  // namespace rift::nn::engine
