#pragma once

#include <initializer_list>
#include <string_view>

#include "rift/base/json.h"

namespace rift {

/// Structured log on stderr: an event in plain words plus fields. Never a value of a customer's row.
enum class LogLevel { kDebug, kInfo, kWarning, kError };
enum class LogStyle { kText, kJsonLines };

void set_log(LogLevel lowest, LogStyle style);
void log_event(LogLevel level, std::string_view event, std::initializer_list<Json::Member> fields = {});
inline void log_info(std::string_view event, std::initializer_list<Json::Member> fields = {}) {
  log_event(LogLevel::kInfo, event, fields);
}
inline void log_warning(std::string_view event, std::initializer_list<Json::Member> fields = {}) {
  log_event(LogLevel::kWarning, event, fields);
}

}  // namespace rift
