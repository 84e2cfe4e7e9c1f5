#include <gtest/gtest.h>

#include "corrupt/mutate.h"
#include "corrupt/torch/forge.h"
#include "fuzz/torch_file_fuzz.h"
#include "support/temp_directory.h"

// Every mutant is refused with an Error or read inside its bounds.
namespace rift {
namespace {

using forge::mapping;
using forge::tensor;
using forge::text;

constexpr int kMutants = 60'000;

std::vector<std::string> pickles() {
  return {
      forge::pickle(mapping(text("t") + tensor())),
      forge::pickle(forge::ordered_dict() + "(" + text("a") + tensor({.sizes = {2, 2}, .strides = {1, 2}}) + text("b") +
                    tensor({.offset = 3, .sizes = {}, .strides = {}}) + "u}" + text("_metadata") +
                    forge::ordered_dict() + "sb"),
      forge::pickle(mapping(text("epoch") + "K\x03" + text("lr") + std::string("G\x3f\xf0\0\0\0\0\0\0", 9) +
                            text("model") + mapping(text("t") + tensor({.sizes = {3, 4}, .strides = {0, 1}})))),
  };
}

const std::vector<std::string> kWords = {"}",
                                         "]",
                                         ")",
                                         "(",
                                         "t",
                                         "u",
                                         "s",
                                         "e",
                                         "a",
                                         "Q",
                                         "R",
                                         "b",
                                         "N",
                                         "q\x01",
                                         "h\x01",
                                         "\x85",
                                         "\x86",
                                         "\x87",
                                         forge::integer(0),
                                         forge::integer(INT64_MAX),
                                         forge::integer(-1),
                                         forge::ordered_dict(),
                                         tensor(),
                                         forge::storage("HalfStorage", "0", 8),
                                         "PK\x01\x02",
                                         "PK\x05\x06",
                                         "PK\x06\x06",
                                         "PK\x06\x07",
                                         std::string("\x01\0\x10\0", 4),  // head of a 64-bit field
                                         std::string(4, '\xff')};

template <class Read>
int count_accepted(const std::vector<std::string>& originals, uint64_t seed, Read&& read) {
  for (const auto& original : originals) EXPECT_TRUE(read(original));
  const CounterRandom random(seed, 1);
  uint64_t index = 0;
  int accepted = 0;
  for (int i = 0; i < kMutants; ++i) {
    accepted +=
        read(forge::mutate(originals[static_cast<size_t>(i) % originals.size()], kWords, random, index)) ? 1 : 0;
  }
  return accepted;
}

TEST(TorchMutation, EveryPickleIsReadInsideItsBoundsOrRefused) {
  const int accepted = count_accepted(pickles(), 20260402, fuzz::read_torch_pickle);
  EXPECT_GT(accepted, kMutants / 500);  // both sides of the reader are exercised
  EXPECT_LT(accepted, kMutants / 2);
}

TEST(TorchMutation, EveryArchiveIsReadInsideItsBoundsOrRefused) {
  std::vector<std::string> archives;
  for (const auto& pickle : pickles()) archives.push_back(forge::zip(forge::parts_with(pickle)));
  archives.push_back(test::text_of("tests/checkpoint/fixtures/torch/module_zip64.pt"));
  const int accepted = count_accepted(archives, 20260403, fuzz::read_torch_file);
  EXPECT_GT(accepted, 0);
  EXPECT_LT(accepted, kMutants / 2);
}

}  // namespace
}  // namespace rift
