#pragma once

#include <array>
#include <string_view>

namespace rift::fuzz {

/// The parts of an input that stands for several files, or for a file and a text: a line "%%" lies between two. Parts
/// that are not there are empty; the last one takes what is left.
template <size_t N>
std::array<std::string_view, N> sections(std::string_view bytes) {
  constexpr std::string_view kBetween = "\n%%\n";
  std::array<std::string_view, N> parts;
  for (size_t i = 0; i < N; ++i) {
    const size_t end = i + 1 < N ? bytes.find(kBetween) : std::string_view::npos;
    parts[i] = bytes.substr(0, end);
    bytes = end == std::string_view::npos ? std::string_view() : bytes.substr(end + kBetween.size());
  }
  return parts;
}

}  // namespace rift::fuzz
