#include "rift/base/log.h"

#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include <atomic>

#include "rift/base/progress_line.h"
#include "rift/base/utf8.h"

namespace rift {
namespace {

std::atomic<LogStyle> g_style{LogStyle::kText};

spdlog::logger& logger() {
  static const std::shared_ptr<spdlog::logger> instance = [] {
    auto created = std::make_shared<spdlog::logger>("rift", std::make_shared<spdlog::sinks::stderr_sink_mt>());
    created->set_pattern("%v");
    created->flush_on(spdlog::level::trace);
    return created;
  }();
  return *instance;
}

spdlog::level::level_enum level_of(LogLevel level) {
  switch (level) {
    case LogLevel::kDebug:
      return spdlog::level::debug;
    case LogLevel::kInfo:
      return spdlog::level::info;
    case LogLevel::kWarning:
      return spdlog::level::warn;
    case LogLevel::kError:
      return spdlog::level::err;
  }
  return spdlog::level::info;
}

std::string text_line(LogLevel level, std::string_view event, std::initializer_list<Json::Member> fields) {
  std::string line = level == LogLevel::kWarning ? "warning: " : level == LogLevel::kError ? "error: " : "";
  line += one_line(event);
  for (const Json::Member& field : fields) {
    line += fmt::format("  {}={}", field.key,
                        field.value.is_string() ? one_line(field.value.as_string()) : to_json_text(field.value));
  }
  return line;
}

std::string json_line(LogLevel level, std::string_view event, std::initializer_list<Json::Member> fields) {
  static constexpr std::string_view kNames[] = {"debug", "info", "warning", "error"};
  Json json{{"level", kNames[static_cast<size_t>(level)]}, {"event", event}};
  for (const Json::Member& field : fields) json[field.key] = field.value;
  return to_json_text(json);
}

}  // namespace

void set_log(LogLevel lowest, LogStyle style) {
  logger().set_level(level_of(lowest));
  g_style = style;
}

void log_event(LogLevel level, std::string_view event, std::initializer_list<Json::Member> fields) {
  if (!logger().should_log(level_of(level))) return;
  clear_progress_bar();
  logger().log(level_of(level), "{}",
               g_style == LogStyle::kJsonLines ? json_line(level, event, fields) : text_line(level, event, fields));
}

}  // namespace rift
