#include "rift/base/progress_line.h"

#include <fmt/format.h>

#include <algorithm>

#include "rift/base/utf8.h"

namespace rift {
namespace {

std::string duration_text(double seconds) {
  const auto s = static_cast<int64_t>(seconds);
  if (s >= 3600) return fmt::format("{}:{:02}:{:02}", s / 3600, s / 60 % 60, s % 60);
  return fmt::format("{}:{:02}", s / 60, s % 60);
}

double share_of(const ProgressState& state) {
  return std::clamp(static_cast<double>(state.done) / static_cast<double>(state.total), 0.0, 1.0);
}

/// Wide or narrow, as `columns` allow, so that a figure with one digit more does not make it jump; empty where neither
/// fits.
std::string bar(double share, size_t columns) {
  constexpr size_t kWide = 24;
  constexpr size_t kNarrow = 10;
  constexpr size_t kFrame = 4;  // "  [" and "]"
  if (columns < kNarrow + kFrame) return {};
  const size_t width = columns < kWide + kFrame ? kNarrow : kWide;
  const auto full = static_cast<size_t>(share * static_cast<double>(width));
  return fmt::format("  [{}{}]", std::string(full, '#'), std::string(width - full, '-'));
}

double rate_of(const ProgressState& state) {
  return state.elapsed_s > 0 ? static_cast<double>(state.done) / state.elapsed_s : 0;
}

// Negative when it cannot be told.
double left_s(const ProgressState& state) {
  const double rate = rate_of(state);
  return state.total > state.done && rate > 0 ? static_cast<double>(state.total - state.done) / rate : -1;
}

std::string rate_text(double rate) { return rate >= 100 ? fmt::format("{:.0f}", rate) : fmt::format("{:.3g}", rate); }

std::string cut(std::string_view text, size_t columns) {
  std::string kept;
  for (size_t at = 0; at < text.size();) {
    const size_t bytes = std::max<size_t>(1, utf8_sequence_bytes(text, at));
    const std::string_view next = text.substr(at, bytes);
    if (display_columns(kept) + display_columns(next) > columns) break;
    kept += next;
    at += bytes;
  }
  return kept;
}

/// A step that is done all at once has no share and no rate to show.
std::string single_step_tail(const ProgressState& state) {
  if (!state.ended) return " ...";
  return (state.failed ? "  stopped  " : "  ") + duration_text(state.elapsed_s);
}

}  // namespace

std::string progress_bar_line(const ProgressState& state, size_t columns) {
  constexpr size_t kStepColumns = 20;
  if (state.total == 1) return cut(state.step + single_step_tail(state), columns);
  const size_t step_columns = display_columns(state.step);
  const std::string head = state.step + std::string(kStepColumns - std::min(kStepColumns, step_columns), ' ');
  std::string tail =
      state.total > 0 ? fmt::format("  {:3.0f}%  {}/{} {}", 100 * share_of(state), state.done, state.total, state.unit)
                      : fmt::format("  {} {}", state.done, state.unit);
  if (state.elapsed_s > 0 && state.done > 0) tail += fmt::format("  {} {}/s", rate_text(rate_of(state)), state.unit);
  if (state.failed)
    tail += "  stopped";
  else if (state.ended)
    tail += "  " + duration_text(state.elapsed_s);
  else if (left_s(state) >= 0)
    tail += fmt::format("  {} left", duration_text(left_s(state)));
  const size_t taken = display_columns(head) + display_columns(tail);
  std::string line = head + (state.total > 0 && taken < columns ? bar(share_of(state), columns - taken) : "") + tail;
  if (!state.note.empty()) line += "  " + state.note;
  return cut(line, columns);
}

Json progress_json(const ProgressState& state) {
  Json json{{"progress", state.step}, {"done", state.done}, {"unit", state.unit}, {"elapsed_s", state.elapsed_s}};
  if (state.total > 0) json["total"] = Json(state.total);
  if (!state.ended && left_s(state) >= 0) json["left_s"] = Json(left_s(state));
  if (!state.note.empty()) json["note"] = Json(state.note);
  if (state.ended) json["ended"] = Json(state.failed ? "stopped" : "finished");
  return json;
}

}  // namespace rift
