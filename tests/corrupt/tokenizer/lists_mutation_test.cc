#include <gtest/gtest.h>

#include "corrupt/expect_mutants.h"
#include "fuzz/gguf_tokenizer_fuzz.h"
#include "fuzz/sentencepiece_fuzz.h"
#include "rift/base/files.h"

// Seeded stand-ins for the fuzzers of tests/fuzz: what mutants of a tokenizer's lists make is refused or encodes inside
// its bounds.
namespace rift {
namespace {

using forge::expect_refused_or_sound;

TEST(GgufTokenizerMutants, AreRefusedOrEncode) {
  const std::vector<std::string> words = {"\n", "g a b\n", "m llama\n", "m bert\n", "m gpt2\n", "p qwen2\n",   "4-",
                                          "3-", "1:",      "b 99\n",    "u -1\n",   "\xFF",     "\xE2\x96\x81"};
  for (const std::string_view lines : {fuzz::kByteLists, fuzz::kPieceLists, fuzz::kWordLists})
    expect_refused_or_sound(std::string(lines), words, 5'000, fuzz::read_gguf_lists);
}

TEST(SentencePieceMutants, AreRefusedOrEncode) {
  const std::vector<std::string> words = {"\x0A\x05", "\x12\x02", "\x1A",        "\xFF\xFF\xFF\x0F",
                                          "\x15",     "<0x41>",   "\xE2\x96\x81"};
  for (const char* name : {"gemma", "xlm_roberta"}) {
    expect_refused_or_sound(read_file(std::string("tests/fuzz/corpus/sentencepiece/") + name + ".model"), words, 2'000,
                            fuzz::read_sentencepiece);
  }
}

}  // namespace
}  // namespace rift
