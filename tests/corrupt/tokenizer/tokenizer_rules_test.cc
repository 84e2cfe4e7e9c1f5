#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "fuzz/tokenizer_fuzz.h"
#include "rift/encode/text/vocabulary_file.h"
#include "support/failure.h"

// One rule of the files a test: broken ones are named by line and key, unknown parts by their type.
namespace rift::encode::text {
namespace {

using test::message_of;
using testing::AllOf;
using testing::HasSubstr;

/// The message for kTokenizerJson with `from` replaced by `to`, once.
std::string refused(Code code, std::string_view from, std::string_view to) {
  std::string text(fuzz::kTokenizerJson);
  const size_t at = text.find(from);
  if (at == std::string::npos) return "the seed has no " + std::string(from);
  text.replace(at, from.size(), to);
  return message_of(code, [&] { make_tokenizer(read_tokenizer_json(text, "tokenizer.json")); });
}

TEST(TokenizerRules, TruncatedFilesAreRefusedAtEveryLength) {
  const std::string_view whole = fuzz::kTokenizerJson;
  for (size_t size = 0; size + 1 < whole.size(); ++size) {
    ASSERT_FALSE(fuzz::read_tokenizer(whole.substr(0, size))) << size;
  }
}

TEST(TokenizerRules, PartsOfOtherTypesAreNamed) {
  EXPECT_THAT(refused(Code::kUnsupported, R"("type": "WordPiece", "unk)", R"("type": "WordLevel", "unk)"),
              AllOf(HasSubstr("tokenizer.json: line 13: model 'WordLevel'"), HasSubstr("WordPiece, BPE, Unigram")));
  EXPECT_THAT(refused(Code::kUnsupported, "BertNormalizer", "NFKC"), HasSubstr("normalizer 'NFKC'"));
  EXPECT_THAT(refused(Code::kUnsupported, "BertPreTokenizer", "ByteLevel"), HasSubstr("pre_tokenizer 'ByteLevel'"));
  EXPECT_THAT(refused(Code::kUnsupported, "TemplateProcessing", "OtherProcessing"),
              HasSubstr("post_processor 'OtherProcessing'"));
  EXPECT_THAT(refused(Code::kUnsupported, R"({"type": "BertPreTokenizer"})", "null"), HasSubstr("pre_tokenizer"));
  EXPECT_THAT(refused(Code::kUnsupported, R"("version": "1.0")", R"("version": "2.0")"), HasSubstr("version '2.0'"));
  EXPECT_THAT(refused(Code::kUnsupported, R"("id": "A", "type_id": 0)", R"("id": "A", "type_id": 1)"),
              HasSubstr("type_id"));
  EXPECT_THAT(refused(Code::kUnsupported, R"("id": "A")", R"("id": "B")"), HasSubstr("single[1].Sequence"));
}

TEST(TokenizerRules, IdsAreInRangeOnceAndWhole) {
  EXPECT_THAT(refused(Code::kArtefact, R"("the": 5)", R"("the": 6)"), HasSubstr("'the' and 'loan' have the same id 6"));
  EXPECT_THAT(refused(Code::kArtefact, R"("the": 5)", R"("the": -1)"), HasSubstr("token 'the' has id -1"));
  EXPECT_THAT(refused(Code::kArtefact, R"("the": 5)", R"("the": 1999999999)"),
              HasSubstr("token 'the' has id 1999999999"));
  EXPECT_THAT(refused(Code::kArtefact, R"("the": 5)", R"("the": 99999999999999999999)"), HasSubstr("64 bits"));
  EXPECT_THAT(refused(Code::kArtefact, R"("the": 5)", R"("the": 5.5)"), HasSubstr("not a whole number"));
  EXPECT_THAT(refused(Code::kArtefact, R"("the": 5)", R"("the": "5")"), HasSubstr("id of token 'the' is a text"));
  EXPECT_THAT(refused(Code::kArtefact, R"("the": 5)", R"("loan": 5)"), HasSubstr("loan"));  // a key twice
}

TEST(TokenizerRules, TheUnknownTokenIsThere) {
  EXPECT_THAT(refused(Code::kArtefact, R"("unk_token": "[UNK]")", R"("unk_token": "<unk>")"),
              HasSubstr("unknown token '<unk>' is not in the vocabulary"));
  EXPECT_THAT(refused(Code::kArtefact, R"("unk_token": "[UNK]",)", ""), HasSubstr("model has no 'unk_token'"));
}

TEST(TokenizerRules, AnEmptyVocabularyIsRefused) {
  std::string text(fuzz::kTokenizerJson);
  text.replace(text.find("{\"[PAD]\""), std::string::npos, "{}}}");
  EXPECT_THAT(message_of(Code::kArtefact, [&] { make_tokenizer(read_tokenizer_json(text, "t")); }),
              HasSubstr("the vocabulary is empty"));
}

TEST(TokenizerRules, AddedTokensFitTheVocabulary) {
  EXPECT_THAT(refused(Code::kArtefact, R"("id": 4, "content": "[MASK]")", R"("id": 5, "content": "[MASK]")"),
              HasSubstr("added token '[MASK]' has id 5"));
  EXPECT_THAT(refused(Code::kArtefact, R"("id": 13, "content": "<row>")", R"("id": 6, "content": "<row>")"),
              HasSubstr("that id to 'loan'"));
  EXPECT_THAT(refused(Code::kArtefact, R"("id": 13, "content": "<row>")", R"("id": 4, "content": "[MASK]")"),
              HasSubstr("given twice"));
  EXPECT_THAT(refused(Code::kArtefact, R"("content": "<row>")", R"("content": "")"),
              HasSubstr("added token 13 is empty"));
  EXPECT_THAT(refused(Code::kUnsupported, R"("content": "<row>")", R"("content": "\u0301")"),
              HasSubstr("leaves nothing"));
  EXPECT_THAT(refused(Code::kArtefact, R"("id": 13,)", R"("id": 4000000,)"), HasSubstr("added_tokens[2].id"));
  EXPECT_THAT(refused(Code::kArtefact, R"("lstrip": true)", R"("lstrip": 1)"), HasSubstr("added_tokens[1].lstrip"));
}

TEST(TokenizerRules, WrongKindsAreNamedByLineAndKey) {
  EXPECT_THAT(refused(Code::kArtefact, R"("clean_text": true)", R"("clean_text": "yes")"),
              HasSubstr("line 7: normalizer.clean_text: expected true or false, got a text"));
  EXPECT_THAT(refused(Code::kArtefact, R"("max_input_chars_per_word": 100)", R"("max_input_chars_per_word": -1)"),
              HasSubstr("model.max_input_chars_per_word"));
  EXPECT_THAT(refused(Code::kArtefact, R"("ids": [2])", R"("ids": [-2])"), HasSubstr("special_tokens.[CLS].ids[0]"));
  EXPECT_THAT(refused(Code::kArtefact, R"("ids": [2])", R"("ids": [99])"), HasSubstr("id 99, which no token has"));
  EXPECT_THAT(refused(Code::kArtefact, R"({"SpecialToken": {"id": "[CLS]")", R"({"SpecialToken": {"id": "[NO]")"),
              HasSubstr("has no '[NO]'"));
  EXPECT_THAT(message_of(Code::kArtefact, [] { read_tokenizer_json("[]", "tokenizer.json"); }), HasSubstr("mapping"));
}

TEST(TokenizerRules, OversizedVocabulariesAreRefused) {
  // ids that would need a table of their own far beyond the tokens there are
  std::vector<Vocabulary::Token> sparse = {{"[UNK]", 0}, {"a", 1009}};
  EXPECT_THAT(message_of(Code::kArtefact, [&] { Vocabulary(sparse, "v"); }), HasSubstr("expected 0 to 1007"));
  // more values than any JSON may hold, and more bytes of tokens than any vocabulary has
  std::string many = R"({"model": {"type": "WordPiece", "vocab": [0)";
  for (int i = 0; i < 4'100'000; ++i) many += ",0";
  many += "]}}";
  EXPECT_THAT(message_of(Code::kArtefact, [&] { read_tokenizer_json(many, "tokenizer.json"); }), HasSubstr("values"));
  std::vector<Vocabulary::Token> wide;
  for (int i = 0; i < 17; ++i) wide.push_back({std::string(1 << 20, static_cast<char>('a' + i)), i});
  EXPECT_THAT(message_of(Code::kArtefact, [&] { Vocabulary(wide, "v"); }), HasSubstr("bytes, more than"));
}

TEST(VocabularyRules, BrokenFilesAreRefused) {
  const auto read = [](std::string_view vocabulary, const Json& config) {
    return message_of(Code::kArtefact, [&] { make_bert_tokenizer(read_vocabulary(vocabulary, "vocab.txt", config)); });
  };
  const std::string good = "[PAD]\n[UNK]\n[CLS]\n[SEP]\na\n";
  EXPECT_NO_THROW(make_bert_tokenizer(read_vocabulary(good, "vocab.txt", Json::object())));
  EXPECT_THAT(read("", Json::object()), HasSubstr("no '[CLS]'"));
  EXPECT_THAT(read("[UNK]\n[CLS]\n\xFF\n[SEP]", Json::object()), HasSubstr("vocab.txt: line 3 is not UTF-8"));
  EXPECT_THAT(read("[CLS]\n[SEP]\n", Json::object()), HasSubstr("unknown token '[UNK]'"));
  EXPECT_THAT(read(good, Json{{"do_lower_case", "no"}}), HasSubstr("do_lower_case"));
  EXPECT_THAT(read(good, Json{{"cls_token", 7}}), HasSubstr("cls_token is not a token"));
  EXPECT_THAT(read(good, Json{{"sep_token", "<sep>"}}), HasSubstr("no '<sep>'"));
  EXPECT_THAT(read(good, Json{{"added_tokens_decoder", Json{{"x", Json{{"content", "b"}}}}}}),
              HasSubstr("'x' is not an id"));
  EXPECT_THAT(read(good, Json{{"added_tokens_decoder", Json{{"1", Json{{"content", "b"}}}}}}), HasSubstr("has id 1"));
  EXPECT_THAT(read(good, Json{{"added_tokens_decoder", Json::array()}}), HasSubstr("not a mapping"));
  EXPECT_THAT(read(good, Json::array()), HasSubstr("mapping"));
}

}  // namespace
}  // namespace rift::encode::text
