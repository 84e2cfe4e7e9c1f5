#pragma once

#include <cstdint>

/// IEEE 754 binary16 in software, for folders that may not use vector code.
namespace rift::checkpoint::format {

float half_to_float(uint16_t bits);   // exact; NaN stays NaN
uint16_t float_to_half(float value);  // to nearest, ties to even; too large becomes infinite

}  // namespace rift::checkpoint::format
