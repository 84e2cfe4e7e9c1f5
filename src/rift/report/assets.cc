#include "rift/report/assets.h"

#include "rift/base/error.h"

// Labels of assets/assets.S.in.
extern "C" {
extern const char rift_asset_vega[], rift_asset_vega_end[];
extern const char rift_asset_vega_lite[], rift_asset_vega_lite_end[];
extern const char rift_asset_vega_embed[], rift_asset_vega_embed_end[];
extern const char rift_asset_style[], rift_asset_style_end[];
extern const char rift_asset_script[], rift_asset_script_end[];
}

namespace rift::report {

std::string_view asset(Asset asset) {
  switch (asset) {
    case Asset::kVega:
      return {rift_asset_vega, rift_asset_vega_end};
    case Asset::kVegaLite:
      return {rift_asset_vega_lite, rift_asset_vega_lite_end};
    case Asset::kVegaEmbed:
      return {rift_asset_vega_embed, rift_asset_vega_embed_end};
    case Asset::kStyle:
      return {rift_asset_style, rift_asset_style_end};
    case Asset::kScript:
      return {rift_asset_script, rift_asset_script_end};
  }
  RIFT_CHECK(false);
  return {};
}

}  // namespace rift::report
