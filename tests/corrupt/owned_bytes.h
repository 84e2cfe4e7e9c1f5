#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>

#include "rift/base/error.h"
#include "rift/checkpoint/format/byte_source.h"

namespace rift::forge {

/// Owns its bytes, so that a reader may outlive the text it was made from.
class OwnedBytes final : public checkpoint::format::ByteSource {
 public:
  OwnedBytes(std::string bytes, std::string name)
      : bytes_(std::move(bytes)), memory_(std::as_bytes(std::span(bytes_)), std::move(name)) {}
  const std::string& name() const override { return memory_.name(); }
  int64_t size_bytes() const override { return memory_.size_bytes(); }
  void read(int64_t offset, std::span<std::byte> out) const override { memory_.read(offset, out); }

 private:
  std::string bytes_;
  checkpoint::format::MemoryBytes memory_;
};

/// "artefact: <message>" of the refusal, or "accepted".
template <class Open>
std::string verdict_of(Open&& open) {
  try {
    open();
    return "accepted";
  } catch (const Error& error) {
    return std::string(code_info(error.code()).name) + ": " + error.message();
  }
}

}  // namespace rift::forge
