#include "rift/base/progress.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cstdio>

#include "rift/base/json.h"

namespace rift {
namespace {

using Clock = std::chrono::steady_clock;

std::atomic<ProgressStyle> g_style{ProgressStyle::kAutomatic};

std::string duration_text(double seconds) {
  const auto s = static_cast<int64_t>(seconds);
  if (s >= 3600) return fmt::format("{}:{:02}:{:02}", s / 3600, s / 60 % 60, s % 60);
  return fmt::format("{}:{:02}", s / 60, s % 60);
}

std::string bar(double share) {
  constexpr int kWidth = 24;
  const int full = static_cast<int>(share * kWidth);
  return std::string(static_cast<size_t>(full), '#') + std::string(static_cast<size_t>(kWidth - full), '-');
}

double seconds_between(Clock::time_point from, Clock::time_point to) {
  return std::chrono::duration<double>(to - from).count();
}

}  // namespace

void set_progress_style(ProgressStyle style) { g_style = style; }

ProgressStyle progress_style() {
  const ProgressStyle style = g_style;
  if (style != ProgressStyle::kAutomatic) return style;
  return isatty(STDERR_FILENO) ? ProgressStyle::kBar : ProgressStyle::kJsonLines;
}

Progress::Progress(std::string step, int64_t total, std::string unit)
    : step_(std::move(step)), unit_(std::move(unit)), total_(total), start_(Clock::now()), shown_(start_) {
  show(/*last=*/false);
}

Progress::~Progress() { show(/*last=*/true); }

void Progress::advance(int64_t amount) {
  done_ += amount;
  const double pause = progress_style() == ProgressStyle::kBar ? 0.1 : 1.0;
  if (seconds_between(shown_, Clock::now()) >= pause) show(/*last=*/false);
}

void Progress::note(std::string text) { note_ = std::move(text); }

void Progress::show(bool last) {
  const ProgressStyle style = progress_style();
  if (style == ProgressStyle::kSilent) return;
  shown_ = Clock::now();
  const double elapsed = seconds_between(start_, shown_);
  const double rate = elapsed > 0 ? static_cast<double>(done_) / elapsed : 0;
  const double left = rate > 0 && total_ > done_ ? static_cast<double>(total_ - done_) / rate : 0;
  if (style == ProgressStyle::kJsonLines) {
    Json json{{"progress", step_}, {"done", done_}, {"unit", unit_}, {"elapsed_s", elapsed}};
    if (total_ > 0) json["total"] = Json(total_);
    if (left > 0) json["left_s"] = Json(left);
    if (!note_.empty()) json["note"] = Json(note_);
    if (last) json["finished"] = Json(true);
    std::fputs((to_json_text(json) + "\n").c_str(), stderr);
    return;
  }
  const double share = total_ > 0 ? std::min(1.0, static_cast<double>(done_) / static_cast<double>(total_)) : 0;
  std::string line =
      total_ > 0 ? fmt::format("\r{:<24} [{}] {:3.0f}%  {}/{} {}", step_, bar(share), 100 * share, done_, total_, unit_)
                 : fmt::format("\r{:<24} {} {}", step_, done_, unit_);
  line += fmt::format("  {:.3g} {}/s", rate, unit_);
  line += last       ? fmt::format("  {}", duration_text(elapsed))
          : left > 0 ? fmt::format("  {} left", duration_text(left))
                     : "";
  if (!note_.empty()) line += "  " + note_;
  line += "\x1b[K";  // what an earlier, longer line left behind
  if (last) line += '\n';
  std::fputs(line.c_str(), stderr);
}

}  // namespace rift
