#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

namespace rift {

/// kAutomatic: a bar when stderr is a terminal, JSON lines otherwise.
enum class ProgressStyle { kAutomatic, kBar, kJsonLines, kSilent };
void set_progress_style(ProgressStyle style);
ProgressStyle progress_style();  // never kAutomatic

/// One long step shown to the user on stderr: name, share done, rate, time left. A bar is drawn at most ten times a
/// second; JSON lines come at most once a second, and one at the end: {"progress", "done", "unit", "elapsed_s"[,
/// "total", "left_s", "note"], "ended": "finished" or, when an exception ends the step, "stopped"}.
/// On a terminal a step of less than a second leaves no line behind.
///   Progress progress("fine-tuning", rows, "rows");  progress.advance(32);  progress.note("loss .431");
/// The destructor ends the line. Not thread-safe.
class Progress {
 public:
  Progress(std::string step, int64_t total, std::string unit);  // total 0: unknown length
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;
  ~Progress();
  void advance(int64_t amount = 1);  // below 0: that much has to be done again
  void note(std::string text);       // a short figure behind the bar

 private:
  void show(bool last);
  std::string step_;
  std::string unit_;
  std::string note_;
  int64_t total_;
  int64_t done_ = 0;
  int exceptions_;  // in flight when the step began
  std::chrono::steady_clock::time_point start_;
  std::chrono::steady_clock::time_point shown_;
};

}  // namespace rift
