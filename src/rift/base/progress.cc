#include "rift/base/progress.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include <atomic>
#include <cstdio>
#include <exception>
#include <mutex>

#include "rift/base/progress_line.h"

namespace rift {
namespace {

using Clock = std::chrono::steady_clock;

std::atomic<ProgressStyle> g_style{ProgressStyle::kAutomatic};

std::mutex g_terminal_mutex;
bool g_bar_stands = false;  // the cursor is on a bar's line

size_t terminal_columns() {
  winsize size{};
  if (ioctl(STDERR_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_col < 20) return 80;
  return size.ws_col;
}

double seconds_between(Clock::time_point from, Clock::time_point to) {
  return std::chrono::duration<double>(to - from).count();
}

constexpr double kQuick_s = 1.0;  // what took less leaves no line on a terminal
constexpr const char* kToLineStart = "\r";
constexpr const char* kClearToLineEnd = "\x1b[K";

}  // namespace

void set_progress_style(ProgressStyle style) { g_style = style; }

ProgressStyle progress_style() {
  const ProgressStyle style = g_style;
  if (style != ProgressStyle::kAutomatic) return style;
  return isatty(STDERR_FILENO) ? ProgressStyle::kBar : ProgressStyle::kJsonLines;
}

void clear_progress_bar() {
  std::lock_guard lock(g_terminal_mutex);
  if (g_bar_stands) std::fprintf(stderr, "%s%s", kToLineStart, kClearToLineEnd);
  g_bar_stands = false;
}

Progress::Progress(std::string step, int64_t total, std::string unit)
    : step_(std::move(step)),
      unit_(std::move(unit)),
      total_(total),
      exceptions_(std::uncaught_exceptions()),
      start_(Clock::now()),
      shown_(start_) {
  if (progress_style() == ProgressStyle::kBar) show(/*last=*/false);
}

Progress::~Progress() { show(/*last=*/true); }

void Progress::advance(int64_t amount) {
  done_ += amount;
  const double pause_s = progress_style() == ProgressStyle::kBar ? 0.1 : 1.0;
  if (seconds_between(shown_, Clock::now()) >= pause_s) show(/*last=*/false);
}

void Progress::note(std::string text) { note_ = std::move(text); }

void Progress::show(bool last) {
  const ProgressStyle style = progress_style();
  if (style == ProgressStyle::kSilent) return;
  shown_ = Clock::now();
  const ProgressState state{.step = step_,
                            .unit = unit_,
                            .note = note_,
                            .done = done_,
                            .total = total_,
                            .elapsed_s = seconds_between(start_, shown_),
                            .ended = last,
                            .failed = last && std::uncaught_exceptions() > exceptions_};
  if (style == ProgressStyle::kJsonLines) {
    std::fputs((to_json_text(progress_json(state)) + "\n").c_str(), stderr);
    return;
  }
  const std::string line = progress_bar_line(state, terminal_columns() - 1);
  std::lock_guard lock(g_terminal_mutex);
  std::fprintf(stderr, "%s%s%s", kToLineStart, line.c_str(), kClearToLineEnd);
  const bool quick = state.elapsed_s < kQuick_s;
  if (last) std::fputs(quick ? (std::string(kToLineStart) + kClearToLineEnd).c_str() : "\n", stderr);
  g_bar_stands = !last;
}

}  // namespace rift
