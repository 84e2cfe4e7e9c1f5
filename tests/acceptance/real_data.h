#pragma once

#include <stdlib.h>

#include <filesystem>

namespace rift::test {

/// A file of the real data (RIFT_TEST_DATA, else ../shared/data); empty when it is not there.
inline std::filesystem::path real_data(const std::filesystem::path& name) {
  const char* named = ::getenv("RIFT_TEST_DATA");
  const std::filesystem::path file = std::filesystem::absolute(named == nullptr ? "../shared/data" : named) / name;
  return std::filesystem::exists(file) ? file : std::filesystem::path();
}

}  // namespace rift::test
