#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "rift/base/error.h"
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

/// Owns its bytes, so that a Safetensors may outlive the text it was made from.
class OwnedBytes final : public checkpoint::format::ByteSource {
 public:
  explicit OwnedBytes(std::string bytes)
      : bytes_(std::move(bytes)), memory_(std::as_bytes(std::span(bytes_)), "forged.safetensors") {}
  const std::string& name() const override { return memory_.name(); }
  int64_t size_bytes() const override { return memory_.size_bytes(); }
  void read(int64_t offset, std::span<std::byte> out) const override { memory_.read(offset, out); }

 private:
  std::string bytes_;
  checkpoint::format::MemoryBytes memory_;
};

inline checkpoint::format::Safetensors open(std::string bytes,
                                            const checkpoint::format::SafetensorsLimits& limits = {}) {
  return checkpoint::format::Safetensors(std::make_unique<OwnedBytes>(std::move(bytes)), limits);
}

/// "artefact: <message>" of the refusal, or "accepted".
inline std::string verdict(std::string bytes, const checkpoint::format::SafetensorsLimits& limits = {}) {
  try {
    open(std::move(bytes), limits);
    return "accepted";
  } catch (const Error& error) {
    return std::string(code_info(error.code()).name) + ": " + error.message();
  }
}

}  // namespace rift::forge
