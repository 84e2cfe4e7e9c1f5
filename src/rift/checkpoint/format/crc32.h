#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace rift::checkpoint::format {

/// CRC-32 of ZIP (polynomial 0x04C11DB7, reflected): crc32(bytes) of a whole, or part by part with the result so far.
/// Source: PKWARE APPNOTE.TXT 4.4.7, ITU-T V.42.
uint32_t crc32(std::span<const std::byte> bytes, uint32_t so_far = 0);

}  // namespace rift::checkpoint::format
