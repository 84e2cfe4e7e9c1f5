#include "rift/encode/text/pipeline/gguf_tokenizer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "encode/tokenizer_support.h"
#include "support/failure.h"

namespace rift::encode::text {
namespace {

using test::encoded;
using test::message_of;
using testing::ElementsAre;
using testing::HasSubstr;

const Json& golden() {
  static const Json json = parse_json(read_file("tests/encode/fixtures/pipeline_golden.json"), "pipeline_golden.json");
  return json;
}

/// What a GGUF file would hold of a golden tokenizer.
GgufTokenizer gguf_of(std::string_view name, std::string_view pre) {
  const Json& json = golden().at("tokenizers").at(name);
  GgufTokenizer gguf{.source = "model.gguf", .model = "gpt2", .pre = std::string(pre)};
  const auto put = [&](const std::string& text, int64_t id, int32_t type) {
    gguf.tokens.resize(std::max(gguf.tokens.size(), static_cast<size_t>(id) + 1));
    gguf.token_types.resize(gguf.tokens.size(), 1);
    gguf.tokens[static_cast<size_t>(id)] = text;
    gguf.token_types[static_cast<size_t>(id)] = type;
  };
  for (const auto& [text, id] : json.at("model").at("vocab").as_object()) put(text, id.as_int(), 1);
  for (const Json& token : json.at("added_tokens").as_array()) {
    put(token.at("content").as_string(), token.at("id").as_int(), token.at("special").as_bool() ? 3 : 4);
    if (token.at("content") == Json("<|begin_of_text|>"))
      gguf.bos_token_id = static_cast<int32_t>(token.at("id").as_int());
  }
  for (const Json& merge : json.at("model").at("merges").as_array()) {
    gguf.merges.push_back(merge.at(size_t{0}).as_string() + " " + merge.at(size_t{1}).as_string());
  }
  return gguf;
}

TEST(GgufTokenizer, OfBytesGivesWhatTokenizerJsonGives) {
  for (const auto& [name, pre] :
       {std::pair{"gpt2", "gpt-2"}, std::pair{"llama3", "llama-bpe"}, std::pair{"smollm2", "smollm"}}) {
    const auto of_gguf = make_tokenizer(tokenizer_of(gguf_of(name, pre)));
    const auto of_json = test::tokenizer_of(golden().at("tokenizers").at(name));
    for (const Json& text : golden().at("texts").as_array()) {
      ASSERT_EQ(encoded(*of_gguf, text.as_string()).ids, encoded(*of_json, text.as_string()).ids)
          << name << ": " << text.as_string();
    }
  }
}

/// Lists made of a tokenizer.json give its ids, whatever its pattern of words.
TEST(GgufLists, GiveTheIdsOfWhatTheyWereMadeOf) {
  for (const char* name : {"gpt2", "llama3", "qwen2", "smollm2"}) {
    Json json = golden().at("tokenizers").at(name);
    if (std::string(name) == "qwen2")
      json["added_tokens"] = Json(Json::Array());  // two of them are looked for in ways of their own
    const GgufTokenizer lists = gguf_lists(read_tokenizer_json(to_json_text(json), "tokenizer.json"));
    const auto again = make_tokenizer(tokenizer_of(lists));
    const auto of_json = test::tokenizer_of(json);
    for (const Json& text : golden().at("texts").as_array()) {
      ASSERT_EQ(encoded(*again, text.as_string()).ids, encoded(*of_json, text.as_string()).ids)
          << name << ": " << text.as_string();
    }
  }
}

TEST(GgufLists, OfWhatTheyCannotExpressAreRefused) {
  const auto refused = [](Json json) {
    return message_of(Code::kUnsupported, [&] { gguf_lists(read_tokenizer_json(to_json_text(json), "t.json")); });
  };
  EXPECT_THAT(refused(test::small_tokenizer_json()), HasSubstr("not written as GGUF"));
  Json json = golden().at("tokenizers").at("gpt2");
  json["normalizer"] = Json{{"type", "NFC"}};
  EXPECT_THAT(refused(json), HasSubstr("cannot express this tokenizer"));
  // One merge for a token, where SentencePiece merges whatever two tokens give one.
  EXPECT_THAT(refused(golden().at("tokenizers").at("llama2")), HasSubstr("cannot express this tokenizer"));
}

TEST(GgufTokenizer, OfQwen2ComposesCharacters) {
  const auto tokenizer = make_tokenizer(tokenizer_of(gguf_of("qwen2", "qwen2")));
  EXPECT_EQ(encoded(*tokenizer, "cre\u0301dit 12").ids, encoded(*tokenizer, "cr\u00E9dit 12").ids);
}

GgufTokenizer llama() {
  return {.source = "model.gguf",
          .model = "llama",
          .tokens = {"<unk>", "<s>", "</s>", "\u2581a", "\u2581", "a", "<0xC3>", "<0xA9>"},
          .scores = {0, 0, 0, -1, -3, -2, 0, 0},
          .token_types = {2, 3, 3, 1, 1, 1, 6, 6},
          .bos_token_id = 1,
          .eos_token_id = 2,
          .unknown_token_id = 0};
}

TEST(GgufTokenizer, OfLlamaMergesByScoresAndFallsBackToBytes) {
  EXPECT_THAT(encoded(*make_tokenizer(tokenizer_of(llama())), "a aa\u00E9x</s>").ids,
              ElementsAre(1, 3, 3, 5, 6, 7, 0, 2));
  GgufTokenizer bare = llama();
  bare.add_bos_token = false;
  bare.add_eos_token = true;
  bare.add_space_prefix = false;
  EXPECT_THAT(encoded(*make_tokenizer(tokenizer_of(bare)), "a a").ids, ElementsAre(5, 3, 2));
}

/// Of spaces that the list writes as such and the texts, by then, as SentencePiece does.
TEST(GgufTokenizer, OfGemmaHasTokensOfSpaces) {
  GgufTokenizer gguf = llama();
  gguf.tokens.emplace_back("  ");
  gguf.scores.push_back(-1000);
  gguf.token_types.push_back(4);
  gguf.add_space_prefix = false;
  EXPECT_THAT(encoded(*make_tokenizer(tokenizer_of(gguf)), "a  a").ids, ElementsAre(1, 5, 4, 3));
  gguf.scores.back() = 0;
  EXPECT_THAT(encoded(*make_tokenizer(tokenizer_of(gguf)), "a  a").ids, ElementsAre(1, 5, 8, 5));
}

TEST(GgufLists, OfPiecesGiveTheirMergesBack) {
  for (const bool prefix : {true, false}) {
    GgufTokenizer given = llama();
    given.add_space_prefix = prefix;
    const auto made = tokenizer_of(given);
    const GgufTokenizer lists = gguf_lists(made);
    EXPECT_EQ(lists.tokens, given.tokens);
    EXPECT_EQ(lists.token_types, given.token_types);
    EXPECT_EQ(lists.add_space_prefix, prefix);
    EXPECT_EQ(encoded(*make_tokenizer(tokenizer_of(lists)), "a aa\u00E9x</s>").ids,
              encoded(*make_tokenizer(made), "a aa\u00E9x</s>").ids);
  }
}

GgufTokenizer bert() {
  return {.source = "model.gguf",
          .model = "bert",
          .tokens = {"[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "\u2581loan", "s", "\u2581[", "\u2581]"},
          .token_types = {3, 3, 3, 3, 3, 1, 1, 1, 1},
          .bos_token_id = 2,
          .unknown_token_id = 1,
          .sep_token_id = 3};
}

TEST(GgufTokenizer, OfBertHasTheWordPiecesThatItsListWritesInAnotherWay) {
  const auto tokenizer = make_tokenizer(tokenizer_of(bert()));
  EXPECT_THAT(encoded(*tokenizer, "Loans [loan] [MASK] x").ids, ElementsAre(2, 5, 6, 7, 5, 8, 4, 1, 3));
  EXPECT_EQ(tokenizer->token(6), "##s");
}

TEST(GgufTokenizer, OfBertKeepsCapitalsWhereTheVocabularyHasThem) {
  GgufTokenizer cased = bert();
  cased.tokens.emplace_back("\u2581Loan");
  cased.token_types.push_back(1);
  EXPECT_THAT(encoded(*make_tokenizer(tokenizer_of(cased)), "Loan loan").ids, ElementsAre(2, 9, 5, 3));
}

TEST(GgufTokenizer, OfBertNeedsItsTokensAroundATextNamed) {
  for (const auto member :
       {&GgufTokenizer::bos_token_id, &GgufTokenizer::sep_token_id, &GgufTokenizer::unknown_token_id}) {
    GgufTokenizer gguf = bert();
    (gguf.*member).reset();
    EXPECT_THAT(message_of(Code::kArtefact, [&] { tokenizer_of(gguf); }), HasSubstr("no token is"));
  }
}

TEST(GgufTokenizer, WhatDoesNotFitIsRefused) {
  const auto refused = [](Code code, auto change) {
    GgufTokenizer gguf = llama();
    change(gguf);
    return message_of(code, [&] { make_tokenizer(tokenizer_of(gguf)); });
  };
  EXPECT_THAT(refused(Code::kUnsupported, [](auto& g) { g.model = "t5"; }), HasSubstr("'t5'"));
  EXPECT_THAT(refused(Code::kUnsupported, [](auto& g) { g.pre = "tekken"; }), HasSubstr("'tekken'"));
  EXPECT_THAT(refused(Code::kUnsupported, [](auto& g) { g.model = "gpt2", g.pre = "default"; }),
              HasSubstr("'default'"));
  EXPECT_THAT(refused(Code::kArtefact, [](auto& g) { g.scores.pop_back(); }), HasSubstr("scores"));
  EXPECT_THAT(refused(Code::kArtefact, [](auto& g) { g.scores[5] = NAN; }), HasSubstr("score of token 5"));
  EXPECT_THAT(refused(Code::kArtefact, [](auto& g) { g.token_types.pop_back(); }), HasSubstr("types"));
  EXPECT_THAT(refused(Code::kArtefact, [](auto& g) { g.tokens[5] = "\xFF"; }), HasSubstr("token 5 is not UTF-8"));
  EXPECT_THAT(refused(Code::kArtefact, [](auto& g) { g.bos_token_id.reset(); }), HasSubstr("no bos_token_id"));
  EXPECT_THAT(refused(Code::kArtefact, [](auto& g) { g.bos_token_id = 99; }), HasSubstr("id 99"));
  EXPECT_THAT(refused(Code::kArtefact, [](auto& g) { g.unknown_token_id = 99; }), HasSubstr("unknown_token_id"));
  EXPECT_THAT(refused(Code::kArtefact,
                      [](auto& g) {
                        g.model = "gpt2";
                        g.pre = "gpt-2";
                        g.merges = {"ab"};
                      }),
              HasSubstr("merge 1"));
}

}  // namespace
}  // namespace rift::encode::text
