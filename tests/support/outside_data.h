#pragma once

#include <gtest/gtest.h>
#include <stdlib.h>

#include <filesystem>
#include <string_view>

/// What tests use that is not part of the repository.
namespace rift::test {

/// Where the real data lies: RIFT_TEST_DATA, else ../shared/data.
inline std::filesystem::path test_data() {
  const char* named = ::getenv("RIFT_TEST_DATA");
  return named == nullptr ? "../shared/data" : named;
}

/// A file or folder of the real data; empty when it is not there.
inline std::filesystem::path real_data(std::string_view name) {
  const auto path = test_data() / name;
  return std::filesystem::exists(path) ? std::filesystem::absolute(path) : std::filesystem::path();
}

#define RIFT_SKIP_WITHOUT(path) \
  if ((path).empty()) GTEST_SKIP() << "outside data is not there; set RIFT_TEST_DATA to its folder"

/// The packaged MiniLM, as set-up lays it down.
inline constexpr const char* kMiniLm = ".deps/models/all-MiniLM-L6-v2";

#define RIFT_SKIP_WITHOUT_MINILM()                     \
  if (!std::filesystem::exists(::rift::test::kMiniLm)) \
  GTEST_SKIP() << ::rift::test::kMiniLm << " is not there: run 'make setup'"

/// The GGUF file of SmolLM2-135M-Instruct (Q4_1), as `make clients` lays it down.
inline constexpr const char* kSmolLm2 = ".deps/models/SmolLM2-135M-Instruct/SmolLM2-135M-Instruct.Q4_1.gguf";

#define RIFT_SKIP_WITHOUT_SMOLLM2()                     \
  if (!std::filesystem::exists(::rift::test::kSmolLm2)) \
  GTEST_SKIP() << ::rift::test::kSmolLm2 << " is not there: run 'make clients'"

}  // namespace rift::test
