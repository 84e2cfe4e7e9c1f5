#pragma once

#include <bit>
#include <cstddef>
#include <cstring>
#include <string>
#include <type_traits>

namespace rift {

static_assert(std::endian::native == std::endian::little, "files are little-endian and are read as they lie");

/// The number whose bytes begin at `at`, at any alignment.
template <class T>
T little_endian(const std::byte* at) {
  static_assert(std::is_arithmetic_v<T>);
  T value;
  std::memcpy(&value, at, sizeof(T));
  return value;
}

template <class T>
void append_little_endian(std::string& bytes, T value) {
  static_assert(std::is_arithmetic_v<T>);
  const size_t at = bytes.size();
  bytes.resize(at + sizeof(T));
  std::memcpy(bytes.data() + at, &value, sizeof(T));
}

}  // namespace rift
