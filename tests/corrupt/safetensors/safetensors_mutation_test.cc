#include <gtest/gtest.h>

#include "corrupt/safetensors/forge.h"
#include "fuzz/safetensors_fuzz.h"
#include "rift/base/random.h"

// A seeded stand-in for the fuzzer: every mutant is refused with an Error or read inside its bounds. It means most
// under AddressSanitizer (preset asan).
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
constexpr std::string_view kWords[] = {"0",
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

std::string mutate(std::string bytes, const CounterRandom& random, uint64_t& index) {
  const auto below = [&](size_t bound) { return static_cast<size_t>(random.below(index++, bound)); };
  const size_t edits = 1 + below(4);
  for (size_t i = 0; i < edits && !bytes.empty(); ++i) {
    const size_t at = below(bytes.size());
    switch (below(6)) {
      case 0:
        bytes[at] = static_cast<char>(below(256));
        break;
      case 1:
        bytes[at] = static_cast<char>(bytes[at] ^ (1 << below(8)));
        break;
      case 2:
        bytes.erase(at, 1 + below(8));
        break;
      case 3:
        bytes.insert(at, kWords[below(std::size(kWords))]);
        break;
      case 4:
        bytes.resize(at);
        break;
      default:
        bytes.insert(at, bytes.substr(below(bytes.size()), 1 + below(32)));
        break;
    }
  }
  return bytes;
}

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
    std::string mutant = mutate(originals[static_cast<size_t>(i) % originals.size()], random, index);
    if (i % 2 == 0) mutant = with_right_length(std::move(mutant));
    accepted += fuzz::read_safetensors(mutant) ? 1 : 0;
  }
  // Both sides of the reader are exercised: some mutants only rename a tensor or change data.
  EXPECT_GT(accepted, kMutants / 100);
  EXPECT_LT(accepted, kMutants / 2);
}

}  // namespace
}  // namespace rift
