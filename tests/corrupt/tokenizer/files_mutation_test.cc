#include <gtest/gtest.h>

#include "corrupt/expect_mutants.h"
#include "fuzz/tokenizer_files_fuzz.h"

// The files of tokenizers beside tokenizer.json: what their mutants make is refused or encodes inside its bounds.
namespace rift {
namespace {

const std::vector<std::string> kWords = {"\n",
                                         "\n%%\n",
                                         "null",
                                         "true",
                                         "false",
                                         "\"\"",
                                         "{}",
                                         "[]",
                                         "\xFF",
                                         "\"content\"",
                                         "\"id\"",
                                         "\"lstrip\"",
                                         "-1",
                                         "1e99",
                                         "##",
                                         " ",
                                         "\"3\"",
                                         "<mask>",
                                         "[UNK]",
                                         "\xCC\x81",
                                         "Qwen2",
                                         "GPT2",
                                         "\"cls_token\": 1,"};

TEST(VocabularyMutants, AreRefusedOrEncode) {
  forge::expect_refused_or_sound(std::string(fuzz::kVocabularyFiles), kWords, 5'000, fuzz::read_vocabulary_files);
}

TEST(MergesFilesMutants, AreRefusedOrEncode) {
  forge::expect_refused_or_sound(std::string(fuzz::kMergesFiles), kWords, 5'000, fuzz::read_merges);
}

TEST(FilesBesideJsonMutants, AreRefusedOrEncode) {
  forge::expect_refused_or_sound(std::string(fuzz::kFilesBeside), kWords, 5'000, fuzz::read_files_beside);
}

}  // namespace
}  // namespace rift
