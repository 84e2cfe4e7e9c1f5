#include <gtest/gtest.h>

#include "corrupt/expect_mutants.h"
#include "fuzz/gguf_model_fuzz.h"
#include "rift/base/files.h"

namespace rift {
namespace {

class GgufModelMutants : public testing::TestWithParam<const char*> {};

TEST_P(GgufModelMutants, AreRefusedOrReadInsideTheirBounds) {
  const std::string seed = read_file(std::string("tests/fuzz/corpus/gguf_model/") + GetParam() + ".gguf");
  const std::vector<std::string> words = {std::string(8, '\0'),
                                          std::string(4, '\xff'),
                                          forge::number<uint32_t>(1),
                                          "attn_q",
                                          forge::number<uint64_t>(32),
                                          "weight",
                                          "bias",
                                          forge::number<uint32_t>(8)};
  forge::expect_refused_or_sound(seed, words, 10'000, fuzz::read_gguf_model);
}

INSTANTIATE_TEST_SUITE_P(Architectures, GgufModelMutants, testing::Values("llama", "llama3", "gemma3", "gpt2", "bert"),
                         [](const auto& info) { return std::string(info.param); });

}  // namespace
}  // namespace rift
