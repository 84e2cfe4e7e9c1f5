#include "rift/encode/text/special_tokens.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "encode/tokenizer_support.h"
#include "rift/encode/text/word_starts.h"
#include "support/temp_directory.h"

namespace rift::encode::text {
namespace {

using test::small_tokenizer_json;
using testing::ElementsAre;

/// A byte-level BPE over some words.
std::unique_ptr<Tokenizer> byte_level() {
  Json json = parse_json(R"({"model": {"type": "BPE", "merges": [],
      "vocab": {"a": 0, "\u0120a": 1, "ab": 2, ",": 3, "\u00e4\u00b8": 4, "\u010a": 5, "\u0120": 6, "b": 7,
                "1": 8, "\u00c3": 9}},
      "pre_tokenizer": {"type": "ByteLevel", "add_prefix_space": false, "trim_offsets": true, "use_regex": true}})",
                         "tokenizer.json");
  return test::tokenizer_of(json);
}

TEST(SpecialTokens, AreThoseThatTheFilesNameAndThoseAroundATextMaskIncluded) {
  const test::TempDirectory folder;
  write_file_atomic(folder / "tokenizer.json", to_json_text(small_tokenizer_json()));
  const auto tokenizer = test::tokenizer_of(small_tokenizer_json());
  const SpecialTokens found = find_special_tokens(*tokenizer, folder.path());
  EXPECT_EQ(found.mask, tokenizer->id("[MASK]"));
  EXPECT_GE(found.mask, 0);
  EXPECT_THAT(found.before, ElementsAre(tokenizer->id("[CLS]")));
  EXPECT_THAT(found.after, ElementsAre(tokenizer->id("[SEP]")));
  EXPECT_EQ(found.end, -1);
  for (const char* name : {"[CLS]", "[SEP]", "[PAD]", "[UNK]", "[MASK]"}) {
    EXPECT_THAT(found.all, testing::Contains(tokenizer->id(name))) << name;
  }
  EXPECT_TRUE(std::ranges::is_sorted(found.all));
}

TEST(SpecialTokens, OfAByteLevelVocabularyComeFromItsConfiguration) {
  const test::TempDirectory folder;
  write_file_atomic(folder / "tokenizer_config.json", R"({"eos_token": {"content": ","}, "mask_token": null})");
  const auto tokenizer = byte_level();
  const SpecialTokens found = find_special_tokens(*tokenizer, folder.path());
  EXPECT_EQ(found.end, 3);
  EXPECT_EQ(found.mask, -1);
  EXPECT_THAT(found.before, ElementsAre());
  EXPECT_THAT(found.all, ElementsAre(3));
}

TEST(SpecialTokens, AreFoundBesideALengthThatNobodySet) {
  const test::TempDirectory folder;
  write_file_atomic(folder / "tokenizer_config.json",
                    R"({"model_max_length": 1000000000000000019884624838656, "eos_token": ","})");
  EXPECT_EQ(find_special_tokens(*byte_level(), folder.path()).end, 3);
}

TEST(SpecialTokens, ThatNoFileNamesAreThoseOfTheClass) {
  const test::TempDirectory folder;
  Json json = small_tokenizer_json();
  json["added_tokens"] = Json::array();  // nothing says of a token that it is special
  const auto tokenizer = test::tokenizer_of(json);
  EXPECT_EQ(find_special_tokens(*tokenizer, folder.path()).padding, -1);
  write_file_atomic(folder / "config.json", R"({"model_type": "bert"})");
  const SpecialTokens found = find_special_tokens(*tokenizer, folder.path());
  EXPECT_EQ(found.padding, tokenizer->id("[PAD]"));
  EXPECT_THAT(found.all, testing::IsSupersetOf({tokenizer->id("[PAD]"), tokenizer->id("[UNK]")}));
  write_file_atomic(folder / "tokenizer_config.json", R"({"pad_token": null})");
  EXPECT_EQ(find_special_tokens(*tokenizer, folder.path()).padding, -1);
}

TEST(WordStarts, OfWordPieceAreTokensWithoutTwoHashes) {
  const auto tokenizer = test::tokenizer_of(small_tokenizer_json());
  const auto starts = word_starts(*tokenizer);
  size_t going_on = 0;
  for (size_t id = 0; id < starts.size(); ++id) {
    const bool hashes = tokenizer->token(static_cast<int32_t>(id)).starts_with("##");
    EXPECT_EQ(starts[id], hashes ? 0 : 1) << id;
    going_on += hashes ? 1 : 0;
  }
  EXPECT_GT(going_on, 0u);
}

TEST(WordStarts, OfByteLevelBpeAreSpacesPunctuationAndCharactersOfScriptsWithoutSpaces) {
  EXPECT_THAT(word_starts(*byte_level()), ElementsAre(0, 1, 0, 1, 1, 1, 1, 0, 0, 0));
}

}  // namespace
}  // namespace rift::encode::text
