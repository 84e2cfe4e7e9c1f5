#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "encode/tokenizer_support.h"
#include "rift/encode/text/vocabulary_file.h"
#include "support/failure.h"
#include "support/temp_directory.h"

namespace rift::encode::text {
namespace {

using test::encoded;
using test::message_of;
using test::small_tokenizer_json;
using test::tokenizer_of;
using test::tokens_of;
using test::write_plainly;
using testing::ElementsAre;
using testing::HasSubstr;

const std::string kVocabulary = "[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\nthe\nThe\nloan\n##s\n\u6211\ne\n\u00E9\n<row>\n";

std::unique_ptr<Tokenizer> of_vocabulary(const Json& config, std::string_view vocabulary = kVocabulary) {
  return make_bert_tokenizer(read_vocabulary(vocabulary, "vocab.txt", config));
}

TEST(VocabularyFile, MakesAnUncasedTokenizerWithoutAConfig) {
  const auto tokenizer = of_vocabulary(Json::object());
  EXPECT_THAT(tokens_of(*tokenizer, "The loans\u6211[MASK]\u00C9"),
              ElementsAre("the", "loan", "##s", "\u6211", "[MASK]", "e"));
  EXPECT_THAT(encoded(*tokenizer, "the").ids, ElementsAre(2, 5, 3));
}

TEST(VocabularyFile, ConfigSetsCaseAccentsAndIdeographs) {
  EXPECT_THAT(tokens_of(*of_vocabulary(Json{{"do_lower_case", false}}), "The \u00E9"), ElementsAre("The", "\u00E9"));
  EXPECT_THAT(tokens_of(*of_vocabulary(Json{{"strip_accents", false}}), "THE \u00C9"), ElementsAre("the", "\u00E9"));
  EXPECT_THAT(tokens_of(*of_vocabulary(Json{{"tokenize_chinese_chars", false}}), "the\u6211"), ElementsAre("[UNK]"));
}

TEST(VocabularyFile, ConfigNamesTheSpecialTokens) {
  const Json config{
      {"cls_token", "<row>"}, {"sep_token", Json{{"content", "loan"}, {"lstrip", false}}}, {"unk_token", "the"}};
  const auto tokenizer = of_vocabulary(config);
  EXPECT_THAT(encoded(*tokenizer, "x").ids, ElementsAre(12, 5, 7));
}

TEST(VocabularyFile, AddedTokensOfTheConfigAreFound) {
  const Json row{{"content", "<row>"}, {"rstrip", true}, {"special", true}};
  const Json fresh{{"content", "<new>"}, {"normalized", false}, {"special", false}};
  const auto tokenizer = of_vocabulary(Json{{"added_tokens_decoder", Json{{"12", row}, {"13", fresh}}}});
  EXPECT_THAT(tokens_of(*tokenizer, "the<row>  the <new>"), ElementsAre("the", "<row>", "the", "<new>"));
  EXPECT_EQ(tokenizer->vocab_size(), 14);
}

TEST(VocabularyFile, LineEndsAndRepeatedLinesAreReadAsTheLibraryDoes) {
  const auto tokenizer = of_vocabulary(Json::object(), "[PAD]\r\n[UNK] \n[CLS]\n[SEP]\nthe\u3000\nthe\nloan");
  EXPECT_EQ(tokenizer->id("the"), 5);  // of equal lines the last counts
  EXPECT_EQ(tokenizer->id("loan"), 6);
  EXPECT_EQ(tokenizer->id("[UNK]"), 1);
}

TEST(LoadTokenizer, PrefersTokenizerJsonAndLetsTheConfigDecideTheCase) {
  const test::TempDirectory directory;
  write_plainly(directory / "vocab.txt", kVocabulary);
  write_plainly(directory / "tokenizer.json", to_json_text(small_tokenizer_json()));
  EXPECT_EQ(load_tokenizer(directory.path())->id("Purpose"),
            small_tokenizer_json().at("model").at("vocab").at("Purpose").as_int());
  EXPECT_THAT(tokens_of(*load_tokenizer(directory.path()), "Purpose"), ElementsAre("purpose"));
  write_plainly(directory / "tokenizer_config.json", R"({"do_lower_case": false, "strip_accents": null})");
  EXPECT_THAT(tokens_of(*load_tokenizer(directory.path()), "Purpose"), ElementsAre("Purpose"));
}

/// A directory with the small tokenizer.json and the files that `write` lays beside it.
std::unique_ptr<Tokenizer> with_config(const Json& config) {
  const test::TempDirectory directory;
  write_plainly(directory / "tokenizer.json", to_json_text(small_tokenizer_json("cased")));
  write_plainly(directory / "tokenizer_config.json", to_json_text(config));
  return load_tokenizer(directory.path());
}

TEST(FilesBesideJson, AClassBringsItsUsualSettings) {
  EXPECT_THAT(tokens_of(*with_config(Json{{"tokenizer_class", "PreTrainedTokenizerFast"}}), "Purpose"),
              ElementsAre("Purpose"));
  EXPECT_THAT(tokens_of(*with_config(Json{{"tokenizer_class", "BertTokenizer"}}), "Purpose"), ElementsAre("purpose"));
}

TEST(FilesBesideJson, TokensGetTheNextFreeId) {
  const int64_t size = with_config(Json::object())->vocab_size();
  const auto tokenizer = with_config(Json{{"tokenizer_class", "PreTrainedTokenizerFast"},
                                          {"eos_token", "<end>"},
                                          {"added_tokens_decoder", Json{{"9999", Json{{"content", "<row>"}}}}}});
  EXPECT_EQ(tokenizer->id("<row>"), size);
  EXPECT_EQ(tokenizer->id("<end>"), size + 1);
  EXPECT_THAT(tokens_of(*tokenizer, "Purpose<row><end>"), ElementsAre("Purpose", "<row>", "<end>"));
}

TEST(FilesBesideJson, ManySpecialTokensAreReadAndTooManyRefused) {
  const auto with_tokens = [](int count) {
    Json tokens = Json::array();
    for (int i = 0; i < count; ++i) tokens.push_back(fmt::format("<{}>", i));
    tokens.push_back("<0>");  // each counts once
    return Json{{"tokenizer_class", "PreTrainedTokenizerFast"}, {"additional_special_tokens", tokens}};
  };
  const int64_t size = with_config(Json::object())->vocab_size();
  const auto tokenizer = with_config(with_tokens(60'000));
  EXPECT_EQ(tokenizer->vocab_size(), size + 60'000);
  EXPECT_EQ(tokenizer->id("<59999>"), size + 59'999);
  EXPECT_THAT(message_of(Code::kArtefact, [&] { with_config(with_tokens(100'001)); }), HasSubstr("added tokens, more"));
}

TEST(FilesBesideJson, ATokenIsLookedForInOneOfTheTextsOnly) {
  const test::TempDirectory directory;
  Json json = small_tokenizer_json("cased");
  json["added_tokens"].push_back(Json{{"id", json.at("model").at("vocab").size()},
                                      {"content", "Tok"},
                                      {"special", false},
                                      {"single_word", false},
                                      {"lstrip", false},
                                      {"rstrip", false},
                                      {"normalized", true}});
  write_plainly(directory / "tokenizer.json", to_json_text(json));
  const auto load_with = [&](const Json& token) {
    const Json config{{"added_tokens_decoder", Json{{"7", token}}}};
    write_plainly(directory / "tokenizer_config.json", to_json_text(config));
    return load_tokenizer(directory.path());
  };
  EXPECT_THAT(message_of(Code::kUnsupported,
                         [&] {
                           load_with(Json{{"content", "Tok"}, {"normalized", false}});
                         }),
              HasSubstr("added token 'Tok' is looked for in the normalized text by one file"));
  const auto tokenizer = load_with(Json{{"content", "Tok"}, {"normalized", true}, {"lstrip", true}});
  const Encoding found =
      encoded(*tokenizer, "Purpose  Tok", {.max_tokens = 0, .add_special = false, .want_offsets = true});
  EXPECT_EQ(found.offsets.back(), (Offset{7, 12}));
}

TEST(FilesBesideJson, WhatIsNotImplementedIsRefusedByName) {
  const auto error = [](const Json& config) { return message_of(Code::kUnsupported, [&] { with_config(config); }); };
  EXPECT_THAT(error(Json{{"tokenizer_class", "WhisperTokenizerFast"}}),
              HasSubstr("tokenizer_class 'WhisperTokenizer' is not implemented (implemented: AlbertTokenizer, "));
  EXPECT_THAT(error(Json{{"split_special_tokens", true}}), HasSubstr("split_special_tokens: true is not implemented"));
  EXPECT_THAT(error(Json{{"truncation_side", "left"}}), HasSubstr("truncation_side: left is not implemented"));
  EXPECT_THAT(error(Json{{"tokenizer_class", "LlamaTokenizer"}, {"add_prefix_space", false}}),
              HasSubstr("is made of tokenizer.model, which is not there"));
  for (const Json& none : {Json(), Json("")}) {
    EXPECT_THAT(message_of(Code::kArtefact,
                           [&] {
                             with_config(Json{{"tokenizer_class", "LlamaTokenizer"}, {"bos_token", none}});
                           }),
                HasSubstr("add_bos_token is true, but bos_token names no token"));
  }
  EXPECT_THAT(message_of(Code::kArtefact,
                         [] {
                           with_config(Json{{"additional_special_tokens", "<a>"}});
                         }),
              HasSubstr("additional_special_tokens is not a list"));
}

TEST(LoadTokenizer, AVocabularyOfAnotherClassThanBertsIsNotReadAsBerts) {
  const test::TempDirectory directory;
  write_plainly(directory / "vocab.txt", kVocabulary);
  const auto refusal = [&] { return message_of(Code::kUnsupported, [&] { load_tokenizer(directory.path()); }); };
  for (const char* name : {"BertJapaneseTokenizer", "MPNetTokenizer", "RobertaTokenizerFast"}) {
    write_plainly(directory / "tokenizer_config.json", to_json_text(Json{{"tokenizer_class", name}}));
    EXPECT_THAT(refusal(), HasSubstr("is not implemented (that of BertTokenizer, DistilBertTokenizer")) << name;
  }
  write_plainly(directory / "tokenizer_config.json", "{}");
  write_plainly(directory / "config.json", R"({"model_type": "mpnet"})");
  EXPECT_THAT(refusal(), HasSubstr("vocab.txt of 'mpnet'"));
  write_plainly(directory / "tokenizer_config.json", R"({"tokenizer_class": "BertTokenizerFast"})");
  EXPECT_EQ(load_tokenizer(directory.path())->vocab_size(), 13);
}

TEST(LoadTokenizer, SaysWhatIsMissing) {
  const test::TempDirectory directory;
  EXPECT_THAT(message_of(Code::kArtefact, [&] { load_tokenizer(directory.path()); }),
              HasSubstr("neither tokenizer.json nor vocab.txt"));
  write_plainly(directory / "vocab.txt", kVocabulary);
  EXPECT_EQ(load_tokenizer(directory.path())->vocab_size(), 13);
  write_plainly(directory / "added_tokens.json", "{}");
  EXPECT_THAT(message_of(Code::kUnsupported, [&] { load_tokenizer(directory.path()); }), HasSubstr("save_pretrained"));
  std::filesystem::create_symlink("tokenizer.json", directory / "tokenizer.json");  // leads to itself
  EXPECT_THAT(message_of(Code::kArtefact, [&] { load_tokenizer(directory.path()); }),
              HasSubstr("tokenizer.json: Too many levels of symbolic links; is the model whole"));
}

TEST(TokenizerJson, OlderFilesWithoutAModelTypeAreKnownByTheirKeys) {
  Json json = small_tokenizer_json();
  json["model"].erase("type");
  EXPECT_THAT(tokens_of(*tokenizer_of(json), "the loan"), ElementsAre("the", "loan"));
}

TEST(TokenizerJson, BertProcessingIsTheSameAsItsTemplate) {
  Json json = small_tokenizer_json();
  json["post_processor"] =
      Json{{"type", "BertProcessing"}, {"sep", Json::Array{"[SEP]", 3}}, {"cls", Json::Array{"[CLS]", 2}}};
  EXPECT_EQ(encoded(*tokenizer_of(json), "the loan").ids,
            encoded(*tokenizer_of(small_tokenizer_json()), "the loan").ids);
}

TEST(TokenizerJson, WithoutNormalizerOrPostProcessorTheTextStaysAsItIs) {
  Json json = small_tokenizer_json();
  json["normalizer"] = nullptr;
  json["post_processor"] = nullptr;
  EXPECT_THAT(encoded(*tokenizer_of(json), "The").ids, ElementsAre(json.at("model").at("vocab").at("The").as_int()));
}

TEST(TokenizerJson, TruncationPaddingAndDecoderDoNotMatter) {
  Json json = small_tokenizer_json();
  json["truncation"] = Json{{"max_length", 1}};
  json["padding"] = Json{{"strategy", "x"}};
  json["decoder"] = "x";
  EXPECT_THAT(tokens_of(*tokenizer_of(json), "the loan"), ElementsAre("the", "loan"));
}

}  // namespace
}  // namespace rift::encode::text
