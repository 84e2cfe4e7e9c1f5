#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "corrupt/owned_bytes.h"
#include "rift/base/little_endian.h"
#include "rift/checkpoint/format/gguf.h"

/// GGUF files made byte by byte, right or wrong.
namespace rift::forge {

inline std::string gguf_text(std::string_view value, std::optional<uint64_t> size = {}) {
  std::string bytes;
  append_little_endian(bytes, size.value_or(value.size()));
  return bytes + std::string(value);
}

template <class T>
std::string number(T value) {
  std::string bytes;
  append_little_endian(bytes, value);
  return bytes;
}

/// A key with a value of the kind with this number, whose bytes are given.
inline std::string key(std::string_view name, uint32_t kind, std::string_view value) {
  return gguf_text(name) + number(kind) + std::string(value);
}

/// An array of items of this kind.
inline std::string array(uint32_t kind, uint64_t count, std::string_view items) {
  return number(kind) + number(count) + std::string(items);
}

struct TensorEntry {
  std::string name = "t";
  std::vector<int64_t> sizes = {4};  // GGUF's order: fastest first
  uint32_t type = 0;                 // F32
  uint64_t offset = 0;
  std::optional<uint32_t> rank = {};
};
inline std::string entry(const TensorEntry& tensor) {
  std::string bytes = gguf_text(tensor.name) + number(tensor.rank.value_or(static_cast<uint32_t>(tensor.sizes.size())));
  for (const int64_t size : tensor.sizes) bytes += number(size);
  return bytes + number(tensor.type) + number(tensor.offset);
}

struct GgufForge {
  std::string magic = "GGUF";
  uint32_t version = 3;
  std::vector<std::string> keys = {};
  std::vector<std::string> tensors = {entry({})};
  std::optional<uint64_t> tensor_count = {};
  std::optional<uint64_t> key_count = {};
  size_t alignment = 32;
  size_t data_bytes = 32;  // the padding behind the last tensor included
};
inline std::string gguf(const GgufForge& forge = {}) {
  std::string bytes = forge.magic + number(forge.version) + number(forge.tensor_count.value_or(forge.tensors.size())) +
                      number(forge.key_count.value_or(forge.keys.size()));
  for (const auto& part : forge.keys) bytes += part;
  for (const auto& part : forge.tensors) bytes += part;
  bytes.resize((bytes.size() + forge.alignment - 1) / forge.alignment * forge.alignment, '\0');
  return bytes + std::string(forge.data_bytes, '\x01');
}

inline checkpoint::format::Gguf open_gguf(std::string bytes, const checkpoint::format::GgufLimits& limits = {}) {
  return checkpoint::format::Gguf(std::make_unique<OwnedBytes>(std::move(bytes), "forged.gguf"), limits);
}

inline std::string gguf_verdict(std::string bytes, const checkpoint::format::GgufLimits& limits = {}) {
  return verdict_of([&] { open_gguf(std::move(bytes), limits); });
}

}  // namespace rift::forge
