#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "corrupt/owned_bytes.h"
#include "rift/checkpoint/format/safetensors.h"

/// Safetensors files made byte by byte, right or wrong.
namespace rift::forge {

inline std::string u64(uint64_t value) {
  std::string bytes(8, '\0');
  for (size_t i = 0; i < 8; ++i) bytes[i] = static_cast<char>(value >> (8 * i) & 0xFF);
  return bytes;
}

/// A file with this header and `data_bytes` bytes of data.
inline std::string file(std::string_view header, size_t data_bytes = 0) {
  return u64(header.size()) + std::string(header) + std::string(data_bytes, '\x01');
}

inline checkpoint::format::Safetensors open(std::string bytes,
                                            const checkpoint::format::SafetensorsLimits& limits = {}) {
  return checkpoint::format::Safetensors(std::make_unique<OwnedBytes>(std::move(bytes), "forged.safetensors"), limits);
}

/// "artefact: <message>" of the refusal, or "accepted".
inline std::string verdict(std::string bytes, const checkpoint::format::SafetensorsLimits& limits = {}) {
  return verdict_of([&] { open(std::move(bytes), limits); });
}

}  // namespace rift::forge
