#pragma once

#include <string_view>
#include <vector>

#include "rift/base/json.h"
#include "rift/report/charts.h"

/// What the specifications of charts have in common.
namespace rift::report {

inline constexpr int kChartHeight = 300;

Json new_spec();
Json data_of(Json::Array values);
Json field(std::string_view name, std::string_view type, std::string_view title);
Json axis_of(bool percent);
Json tooltip(std::string_view name, std::string_view title, bool percent);
/// Series differ by colour and, where lines are free to, by dashes, so that they can be told apart in grey and by any
/// eye. Nothing for a single one.
void encode_series(const std::vector<Series>& series, bool dashes, Json& encoding);

}  // namespace rift::report
