#include <gtest/gtest.h>

#include "corrupt/mutate.h"
#include "corrupt/safetensors/forge.h"
#include "fuzz/safetensors_fuzz.h"

// Every mutant is refused with an Error or read inside its bounds.
namespace rift {
namespace {

constexpr int kMutants = 200'000;

std::vector<std::string> seeds() {
  return {
      forge::file(R"({"t":{"dtype":"F32","shape":[2,2],"data_offsets":[0,16]}})", 16),
      forge::file(
          R"({"__metadata__":{"format":"pt"},"a":{"dtype":"I64","shape":[1,2],"data_offsets":[0,16]},)"
          R"("b.weight":{"dtype":"BF16","shape":[3],"data_offsets":[16,22]},"c":{"dtype":"BOOL","shape":[],"data_offsets":[22,23]}}   )",
          23),
      forge::file(
          R"({"e":{"dtype":"F16","shape":[0,7],"data_offsets":[0,0]},"\u0066":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}})",
          1),
      forge::file("{}"),
  };
}

/// Words that hit the grammar more often than single bytes do.
const std::vector<std::string> kWords = {"0",
                                         "-1",
                                         "18446744073709551615",
                                         "9223372036854775807",
                                         "1e9",
                                         "[",
                                         "]",
                                         "{",
                                         "}",
                                         "\"",
                                         ",",
                                         ":",
                                         "\"dtype\"",
                                         "\"shape\"",
                                         "\"data_offsets\"",
                                         "__metadata__",
                                         "F32",
                                         "BF16",
                                         "\\u0000",
                                         "\xff",
                                         "null"};

/// Sets the length field to the header that stands there, so that mutants reach the JSON rules.
std::string with_right_length(std::string bytes) {
  const size_t close = bytes.rfind('}');
  if (bytes.size() < 8 || close == std::string::npos || close < 8) return bytes;
  return forge::u64(close + 1 - 8) + bytes.substr(8);
}

TEST(SafetensorsMutation, EveryMutantIsReadInsideItsBoundsOrRefused) {
  const auto originals = seeds();
  for (const auto& original : originals) ASSERT_TRUE(fuzz::read_safetensors(original));
  const CounterRandom random(20260401, 1);
  uint64_t index = 0;
  int accepted = 0;
  for (int i = 0; i < kMutants; ++i) {
    std::string mutant = forge::mutate(originals[static_cast<size_t>(i) % originals.size()], kWords, random, index);
    if (i % 2 == 0) mutant = with_right_length(std::move(mutant));
    accepted += fuzz::read_safetensors(mutant) ? 1 : 0;
  }
  // Both sides of the reader are exercised: some mutants only rename a tensor or change data.
  EXPECT_GT(accepted, kMutants / 100);
  EXPECT_LT(accepted, kMutants / 2);
}

}  // namespace
}  // namespace rift
