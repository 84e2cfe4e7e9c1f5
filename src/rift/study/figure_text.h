#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "rift/base/json.h"

/// Figures as people read them, in tables of a terminal and of a report.
namespace rift::study {

std::string shown(double value);          // "0.781"; amounts of other sizes with four digits
std::string shown_signed(double value);   // "+0.012"
std::string shown_percent(double share);  // "12.3 %"
std::string shown_count(int64_t count);   // "12,345"

/// Of {"auc": {"value", "low", "high"}, ...}: the value and "0.701 - 0.842"; "-" where it is undefined.
std::string figure_text(const Json& metrics, std::string_view name);
std::string interval_text(const Json& metrics, std::string_view name);

}  // namespace rift::study
