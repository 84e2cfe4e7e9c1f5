#include <cpuid.h>
#include <fmt/format.h>

#include <array>
#include <string_view>

#include "rift/base/threads.h"
#include "rift/package/format/package.h"

namespace rift::package {
namespace {

struct Feature {
  std::string_view name;
  unsigned leaf;
  unsigned subleaf;
  char reg;  // b, c or d of cpuid's answer; a for eax
  int bit;
};

/// What decides which arithmetic runs. Source: Intel SDM vol. 2A, CPUID.
constexpr std::array<Feature, 9> kFeatures = {{{"sse4_2", 1, 0, 'c', 20},
                                               {"fma", 1, 0, 'c', 12},
                                               {"avx2", 7, 0, 'b', 5},
                                               {"avx512f", 7, 0, 'b', 16},
                                               {"avx512bw", 7, 0, 'b', 30},
                                               {"avx512_vnni", 7, 0, 'c', 11},
                                               {"avx512_bf16", 7, 1, 'a', 5},
                                               {"amx_bf16", 7, 0, 'd', 22},
                                               {"amx_int8", 7, 0, 'd', 25}}};

bool has(const Feature& feature) {
  unsigned a = 0, b = 0, c = 0, d = 0;
  if (!__get_cpuid_count(feature.leaf, feature.subleaf, &a, &b, &c, &d)) return false;
  const unsigned answer = feature.reg == 'a' ? a : feature.reg == 'b' ? b : feature.reg == 'c' ? c : d;
  return (answer >> feature.bit & 1U) != 0;
}

Json cpu_features() {
  Json names = Json::array();
  for (const Feature& feature : kFeatures)
    if (has(feature)) names.push_back(Json(feature.name));
  return names;
}

}  // namespace

Json describe_environment() {
  return Json{{"rift", RIFT_VERSION},  {"compiler", "g++ " __VERSION__}, {"libtorch", RIFT_LIBTORCH},
              {"duckdb", RIFT_DUCKDB}, {"lightgbm", RIFT_LIGHTGBM},      {"precision", "f32"},
              {"threads", threads()},  {"cpu_features", cpu_features()}};
}

}  // namespace rift::package
