#pragma once

#include <string_view>

namespace rift::report {

/// Files that the build puts into the program: the chart libraries (vega, vega-lite, vega-embed, whose licences are
/// BSD) and the page's own style sheet and script (assets/).
enum class Asset { kVega, kVegaLite, kVegaEmbed, kStyle, kScript };
std::string_view asset(Asset asset);

}  // namespace rift::report
