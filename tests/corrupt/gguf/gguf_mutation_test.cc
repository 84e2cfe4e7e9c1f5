#include <gtest/gtest.h>

#include "corrupt/gguf/forge.h"
#include "corrupt/mutate.h"
#include "fuzz/gguf_fuzz.h"

// Every mutant is refused with an Error or read inside its bounds.
namespace rift {
namespace {

using forge::array;
using forge::entry;
using forge::gguf;
using forge::gguf_text;
using forge::key;
using forge::number;

constexpr int kMutants = 100'000;

std::vector<std::string> seeds() {
  return {
      gguf(),
      gguf({.keys = {key("general.alignment", 4, number<uint32_t>(8)), key("bool", 7, "\x01"),
                     key("texts", 9, array(8, 2, gguf_text("ab") + gguf_text("c")))},
            .tensors = {entry({.sizes = {32}, .type = 8}),
                        entry({.name = "u", .sizes = {2, 2}, .type = 1, .offset = 40})},
            .alignment = 8,
            .data_bytes = 48}),
      gguf({.version = 2,
            .keys = {key("f", 12, number<double>(0.5)), key("i8s", 9, array(1, 3, "\x01\x02\x03"))},
            .tensors = {entry({.sizes = {256}, .type = 12})},
            .data_bytes = 160}),
      gguf({.tensors = {}, .data_bytes = 0}),
  };
}

const std::vector<std::string> kWords = {std::string(8, '\0'),
                                         std::string(8, '\xff'),
                                         number<uint64_t>(1),
                                         number<uint64_t>(uint64_t{1} << 63),
                                         number<uint32_t>(9),
                                         number<uint32_t>(14),
                                         key("k", 4, number<uint32_t>(1)),
                                         entry({.name = "v"}),
                                         "GGUF"};

TEST(GgufMutation, EveryMutantIsReadInsideItsBoundsOrRefused) {
  const auto originals = seeds();
  for (const auto& original : originals) ASSERT_TRUE(fuzz::read_gguf(original));
  const CounterRandom random(20260404, 1);
  uint64_t index = 0;
  int accepted = 0;
  for (int i = 0; i < kMutants; ++i) {
    accepted +=
        fuzz::read_gguf(forge::mutate(originals[static_cast<size_t>(i) % originals.size()], kWords, random, index)) ? 1
                                                                                                                    : 0;
  }
  EXPECT_GT(accepted, kMutants / 100);  // both sides of the reader are exercised
  EXPECT_LT(accepted, kMutants / 2);
}

}  // namespace
}  // namespace rift
