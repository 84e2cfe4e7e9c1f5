#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "rift/base/json.h"

namespace rift {

/// How far a step is; what a line of progress shows.
struct ProgressState {
  std::string step;
  std::string unit;
  std::string note;
  int64_t done = 0;
  int64_t total = 0;  // 0: unknown
  double elapsed_s = 0;
  bool ended = false;
  bool failed = false;  // it ended because of an error
};

/// "fine-tuning  [######------]  50%  16/32 rows  8 rows/s  0:02 left  loss .431", at most `columns` wide: the note is
/// cut first, then the bar shrinks and at last is left out. A step of one unit is "scorecard ..." and "scorecard 0:02".
std::string progress_bar_line(const ProgressState& state, size_t columns);
Json progress_json(const ProgressState& state);

/// Clears the bar that stands on the terminal's last line, so that a log line does not run into it; the next update of
/// the bar draws it anew. Does nothing when no bar is shown.
void clear_progress_bar();

}  // namespace rift
