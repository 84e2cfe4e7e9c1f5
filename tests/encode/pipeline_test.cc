#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <malloc.h>

#include "encode/tokenizer_support.h"
#include "rift/base/sha256.h"
#include "rift/encode/text/pipeline/word_patterns.h"
#include "rift/encode/text/utf8.h"
#include "support/failure.h"
#include "support/temp_directory.h"

// Tokenizers with the parts of well-known ones beside the `tokenizers` library (tools/fixtures/encode).
namespace rift::encode::text {
namespace {

using test::encoded;
using test::message_of;
using test::tokenizer_of;
using test::tokens_of;
using testing::ElementsAre;
using testing::HasSubstr;

constexpr EncodeOptions kWhole = {.max_tokens = 0, .want_offsets = true};

const Json& golden() {
  static const Json json = parse_json(read_file("tests/encode/fixtures/pipeline_golden.json"), "pipeline_golden.json");
  return json;
}

std::unique_ptr<Tokenizer> golden_tokenizer(std::string_view name) {
  return tokenizer_of(golden().at("tokenizers").at(name));
}

std::string digest_of(const Encoding& encoding) {
  Sha256 sum;
  for (size_t i = 0; i < encoding.ids.size(); ++i) {
    sum.update(fmt::format("{},{},{};", encoding.ids[i], encoding.offsets[i].begin, encoding.offsets[i].end));
  }
  return sum.finish_hex().substr(0, 8);
}

class PipelineGolden : public testing::TestWithParam<const char*> {};

TEST_P(PipelineGolden, IdsAndByteOffsetsEqualTheTokenizersLibrary) {
  const auto tokenizer = golden_tokenizer(GetParam());
  const std::string& expected = golden().at("encodings").at(GetParam()).as_string();
  const auto& texts = golden().at("texts").as_array();
  ASSERT_GT(texts.size(), 200u);
  ASSERT_EQ(expected.size(), 8 * texts.size());
  for (size_t i = 0; i < texts.size(); ++i) {
    const std::string& text = texts[i].as_string();
    const Encoding found = encoded(*tokenizer, text, kWhole);
    EXPECT_EQ(digest_of(found), expected.substr(8 * i, 8)) << i << ": " << text << "\n"
                                                           << testing::PrintToString(tokens_of(*tokenizer, text));
    EXPECT_EQ(encoded(*tokenizer, text).ids, found.ids) << "without offsets, " << i;
    const Encoding cut = encoded(*tokenizer, text, {.max_tokens = 7, .want_offsets = true});
    ASSERT_EQ(cut.truncated, cut.ids.size() < found.ids.size()) << i;
    ASSERT_EQ(cut.offsets.size(), cut.ids.size());
  }
}

INSTANTIATE_TEST_SUITE_P(Pipeline, PipelineGolden,
                         testing::Values("gpt2", "roberta", "roberta_prefix", "llama3", "qwen2", "smollm2",
                                         "xlm_roberta", "xlm_roberta_converted", "albert", "unigram_of_bytes", "llama2",
                                         "llama2_first", "gemma", "unknown_fused_nfkc", "unknown_nfd", "unknown_nfkd",
                                         "unknown_nfc"),
                         [](const auto& info) { return std::string(info.param); });

TEST(WordPatterns, EveryCodePointIsOfTheKindThatTheLibrarySees) {
  const Json kinds =
      parse_json(read_file("tests/encode/fixtures/character_kinds_golden.json"), "character_kinds_golden.json");
  const auto block = static_cast<char32_t>(kinds.at("block").as_int());
  std::vector<Span> words;
  for (size_t i = 0; i < kinds.at("digests").size(); ++i) {
    Sha256 sum;
    for (auto c = static_cast<char32_t>(i) * block; c < (static_cast<char32_t>(i) + 1) * block; ++c) {
      if (c >= 0xD800 && c <= 0xDFFF) continue;
      std::string text = "a";
      append_utf8(text, c);
      text += "1 ";
      append_utf8(text, c);
      words.clear();
      append_words(WordPattern::kGpt2, text, 0, words);
      std::string sizes;
      for (const Span word : words) {
        const auto size = count_characters(std::string_view(text).substr(word.begin, word.end - word.begin));
        sizes += (sizes.empty() ? "" : ",") + std::to_string(size);
      }
      sum.update(sizes + ";");
    }
    EXPECT_EQ(sum.finish_hex(), kinds.at("digests").at(i).as_string()) << "block of U+" << std::hex << i * block;
  }
}

/// Sizes of the words that patterns cut, each what the one before it left.
std::string word_sizes(const std::vector<WordPattern>& patterns, std::string_view text) {
  std::vector<Span> words = {{0, static_cast<uint32_t>(text.size())}};
  for (const WordPattern pattern : patterns) {
    std::vector<Span> cut;
    for (const Span word : words)
      append_words(pattern, text.substr(word.begin, word.end - word.begin), word.begin, cut);
    words = std::move(cut);
  }
  std::string sizes;
  for (const Span word : words) sizes += (sizes.empty() ? "" : ",") + std::to_string(word.end - word.begin);
  return sizes + ";";
}

TEST(WordPatterns, CutTextsAndEveryCodePointAsTheLibraryDoes) {
  const Json wanted =
      parse_json(read_file("tests/encode/fixtures/word_patterns_golden.json"), "word_patterns_golden.json");
  const auto block = static_cast<char32_t>(wanted.at("block").as_int());
  for (const auto& [name, pattern] : wanted.at("patterns").as_object()) {
    std::vector<WordPattern> patterns;
    for (const Json& expression : pattern.at("expressions").as_array()) {
      const auto known = word_pattern_of(expression.as_string());
      ASSERT_TRUE(known) << name;
      patterns.push_back(*known);
    }
    const auto& texts = golden().at("texts").as_array();
    ASSERT_EQ(pattern.at("texts").as_string().size(), 8 * texts.size());
    for (size_t i = 0; i < texts.size(); ++i) {
      Sha256 sum;
      const std::string sizes = word_sizes(patterns, texts[i].as_string());
      sum.update(sizes);
      EXPECT_EQ(sum.finish_hex().substr(0, 8), pattern.at("texts").as_string().substr(8 * i, 8))
          << name << " " << i << ": " << texts[i].as_string() << " " << sizes;
    }
    for (size_t i = 0; i < pattern.at("blocks").size(); ++i) {
      Sha256 sum;
      for (auto c = static_cast<char32_t>(i) * block; c < (static_cast<char32_t>(i) + 1) * block; ++c) {
        if (c >= 0xD800 && c <= 0xDFFF) continue;
        std::string one;
        append_utf8(one, c);
        sum.update(word_sizes(patterns, "A" + one + "b" + one + "B-" + one + " " + one));
      }
      EXPECT_EQ(sum.finish_hex(), pattern.at("blocks").at(i).as_string()) << name << ": U+" << std::hex << i * block;
    }
  }
}

std::vector<std::string> words_of(WordPattern pattern, std::string_view text) {
  std::vector<Span> spans;
  append_words(pattern, text, 0, spans);
  std::vector<std::string> words;
  for (const Span span : spans) words.emplace_back(text.substr(span.begin, span.end - span.begin));
  return words;
}

TEST(WordPatterns, Gpt2LeavesTheLastSpaceToTheWordBehindIt) {
  EXPECT_THAT(words_of(WordPattern::kGpt2, "I'd  pay12 ...\t\n x "),
              ElementsAre("I", "'d", " ", " pay", "12", " ...", "\t\n", " x", " "));
  EXPECT_THAT(words_of(WordPattern::kGpt2, "DON'T"), ElementsAre("DON", "'", "T"));
}

TEST(WordPatterns, Llama3CutsNumbersInThreesAndKeepsLineEnds) {
  EXPECT_THAT(words_of(WordPattern::kLlama3, "(a DON'T 12345!\r\n\n  \n  x"),
              ElementsAre("(a", " DON", "'T", " ", "123", "45", "!\r\n\n", "  \n", " ", " x"));
  EXPECT_THAT(words_of(WordPattern::kQwen2, "a 12"), ElementsAre("a", " ", "1", "2"));
}

TEST(WordPatterns, O200kEndsAWordBeforeACapitalBehindASmallLetter) {
  EXPECT_THAT(words_of(WordPattern::kO200k, "LoanAmount HTTPServer I'LL 1234 a//\n/b"),
              ElementsAre("Loan", "Amount", " HTTPServer", " I'LL", " ", "123", "4", " a", "//\n/", "b"));
  EXPECT_THAT(words_of(WordPattern::kTekken, "I'll 12"), ElementsAre("I", "'ll", " ", "1", "2"));
}

TEST(WordPatterns, DeepSeekKeepsWhatLiesBetweenMatches) {
  EXPECT_THAT(words_of(WordPattern::kNumbers, "a1234 5b"), ElementsAre("a", "123", "4", " ", "5", "b"));
  EXPECT_THAT(words_of(WordPattern::kIdeographs, "ab\u6211\u4EEC\u304Ac"),
              ElementsAre("ab", "\u6211\u4EEC\u304A", "c"));
  EXPECT_THAT(words_of(WordPattern::kDeepSeek, "_row 12 (a)\x01\x02x"),
              ElementsAre("_row", " ", "12", " (", "a", ")", "\x01", "\x02x"));
}

TEST(WordPatterns, LineEndsOfAnExpressionMayStandAsTheyAre) {
  EXPECT_EQ(word_pattern_of("'(?i:[sdmt]|ll|ve|re)|[^\r\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}{1,3}| "
                            "?[^\\s\\p{L}\\p{N}]+[\r\n]*|\\s*[\r\n]|\\s+(?!\\S)|\\s+"),
            WordPattern::kLlama3);
  EXPECT_EQ(word_pattern_of("\\p{N}{1,4}"), std::nullopt);
}

/// Two million characters of a kind, of which every attempt at a word could look at all.
TEST(WordPatterns, LongRunsAreCutWithoutGaps) {
  constexpr size_t kCharacters = 1 << 21;
  for (const std::string_view unit :
       {"x", "X", " ", "'", "1", "\u0301", "\u6211", "X\u0301", " \n", "/\n", "\x01", "aB", "-\u0301"}) {
    std::string text;
    while (text.size() < kCharacters) text += unit;
    for (const auto pattern : {WordPattern::kO200k, WordPattern::kTekken, WordPattern::kCl100k, WordPattern::kDeepSeek,
                               WordPattern::kNumbers, WordPattern::kIdeographs}) {
      std::vector<Span> words;
      append_words(pattern, text, 0, words);
      EXPECT_EQ(words.front().begin, 0u);
      EXPECT_EQ(words.back().end, text.size()) << unit;
      for (size_t i = 1; i < words.size(); ++i) ASSERT_EQ(words[i].begin, words[i - 1].end) << unit;
    }
  }
}

/// What would take squares of the length reaches the test's time limit.
TEST(Pipeline, HalfAMegabyteOfOneCharacterIsEncodedAsDefinedByEveryTokenizer) {
  constexpr size_t kBytes = 512 << 10;
  for (const auto& [name, json] : golden().at("tokenizers").as_object()) {
    const auto tokenizer = golden_tokenizer(name);
    for (const std::string_view character : {"x", "X", "1", " ", "\u00e9", "\u6211", "\u0301", "\u2581"}) {
      SCOPED_TRACE(name + " " + std::string(character));
      std::string text;
      while (text.size() < kBytes) text += character;
      const Encoding found = encoded(*tokenizer, text, {.max_tokens = 0, .add_special = false, .want_offsets = true});
      ASSERT_EQ(found.ids.size(), found.offsets.size());
      uint32_t begin = 0;
      for (const Offset offset : found.offsets) {
        ASSERT_GE(offset.begin, begin);
        ASSERT_LE(offset.begin, offset.end);
        begin = offset.begin;
      }
      if (character != "x") continue;  // others are cut off at the ends, put together or left out by some
      ASSERT_FALSE(found.offsets.empty());
      EXPECT_EQ(found.offsets.front().begin, 0u);
      EXPECT_EQ(found.offsets.back().end, text.size());
    }
  }
}

TEST(Pipeline, WhatALongTextTookIsGivenBack) {
  if (::mallinfo2().uordblks == 0) GTEST_SKIP() << "another allocator than glibc's counts elsewhere";
  const auto taken = [] { return ::mallinfo2().uordblks + ::mallinfo2().hblkhd; };
  const std::string text(size_t{8} << 20, 'x');
  for (const char* name : {"gpt2", "xlm_roberta", "llama2", "unigram_of_bytes"}) {
    const auto tokenizer = golden_tokenizer(name);
    encoded(*tokenizer, "The loan", kWhole);
    const size_t before = taken();
    encoded(*tokenizer, text, {.max_tokens = 4, .want_offsets = true});
    EXPECT_LT(taken(), before + text.size()) << name;
  }
}

/// "a" and twice as many of them, up to 64.
Json doubling_tokenizer() {
  Json json = golden().at("tokenizers").at("gpt2");
  Json vocabulary = Json::object(), merges = Json::array();
  std::string token = "a";
  for (int id = 0; id < 7; ++id, token += token) {
    vocabulary[token] = id;
    if (id < 6) merges.push_back(token + " " + token);
  }
  json["model"]["vocab"] = vocabulary;
  json["model"]["merges"] = merges;
  json["added_tokens"] = Json::array();
  return json;
}

TEST(Pipeline, LongWordsMergeFromTheLeft) {
  const auto tokenizer = tokenizer_of(doubling_tokenizer());
  const Encoding found = encoded(*tokenizer, std::string(64 * 5000 + 7, 'a'), kWhole);
  ASSERT_EQ(found.ids.size(), 5003u);
  for (size_t i = 0; i < 5000; ++i) ASSERT_EQ(found.ids[i], 6) << i;
  EXPECT_THAT(std::vector<int32_t>(found.ids.end() - 3, found.ids.end()), ElementsAre(2, 1, 0));
}

Json replace(const std::string& pattern, const std::string& content) {
  return Json{{"type", "Replace"}, {"pattern", Json{{"String", pattern}}}, {"content", content}};
}

/// doubling_tokenizer() with steps that write `content` for each "a".
Json with_replacements(size_t steps, const std::string& content) {
  Json json = doubling_tokenizer();
  Json list = Json::array();
  for (size_t i = 0; i < steps; ++i) list.push_back(replace("a", content));
  json["normalizer"] = Json{{"type", "Sequence"}, {"normalizers", list}};
  return json;
}

TEST(Pipeline, NormalizersThatMultiplyATextAreHeldToABound) {
  Json json = with_replacements(40, "aa");
  const auto tokenizer = tokenizer_of(json);  // 2^40 bytes for each letter
  EXPECT_THAT(message_of(Code::kArtefact, [&] { encoded(*tokenizer, "a"); }), HasSubstr("makes more than 1048640"));
  EXPECT_EQ(encoded(*tokenizer, "b").ids, encoded(*tokenizer_of(doubling_tokenizer()), "b").ids);
  json["added_tokens"].push_back(Json{{"id", 1},
                                      {"content", "aa"},
                                      {"special", false},
                                      {"single_word", false},
                                      {"lstrip", false},
                                      {"rstrip", false},
                                      {"normalized", true}});
  EXPECT_THAT(message_of(Code::kArtefact, [&] { tokenizer_of(json); }), HasSubstr("makes more than"));
  const auto thousandfold = tokenizer_of(with_replacements(1, std::string(1024, 'a')));
  EXPECT_EQ(encoded(*thousandfold, "aaaa").ids.size(), 64u);
  EXPECT_THAT(message_of(Code::kArtefact, [&] { encoded(*thousandfold, std::string(2000, 'a')); }),
              HasSubstr("makes more than"));
}

TEST(Pipeline, StepsTextsAndTokensHaveTheirLimits) {
  const auto refused = [](const Json& json) { return message_of(Code::kArtefact, [&] { tokenizer_of(json); }); };
  const std::string longer(1025, 'b');
  EXPECT_EQ(encoded(*tokenizer_of(with_replacements(64, "a")), "aa").ids.size(), 1u);
  EXPECT_THAT(refused(with_replacements(65, "a")), HasSubstr("more than 64 steps"));
  EXPECT_THAT(refused(with_replacements(1, longer)), HasSubstr("a text of 1025 bytes, more than 1024"));
  Json json = doubling_tokenizer();
  json["normalizer"] = replace(longer, "b");
  EXPECT_THAT(refused(json), HasSubstr("a text of 1025 bytes, more than 1024"));
  json["normalizer"] = Json{{"type", "Prepend"}, {"prepend", longer}};
  EXPECT_THAT(refused(json), HasSubstr("a text of 1025 bytes, more than 1024"));
  json = doubling_tokenizer();
  json["pre_tokenizer"] = Json{{"type", "Metaspace"}, {"replacement", longer}};
  EXPECT_THAT(refused(json), HasSubstr("a text of 1025 bytes, more than 1024"));
  json = doubling_tokenizer();
  json["model"]["vocab"][longer] = 7;
  EXPECT_THAT(refused(json), HasSubstr("token 7 has 1025 bytes, more than 1024"));
  for (const bool normalized : {false, true}) {
    json = doubling_tokenizer();
    json["added_tokens"].push_back(Json{{"id", 7},
                                        {"content", longer},
                                        {"special", false},
                                        {"single_word", false},
                                        {"lstrip", false},
                                        {"rstrip", false},
                                        {"normalized", normalized}});
    EXPECT_THAT(refused(json), HasSubstr("added token 7 has 1025 bytes, more than 1024"));
  }
  Json single = Json::array();
  single.push_back(Json{{"Sequence", Json{{"id", "A"}, {"type_id", 0}}}});
  for (int i = 0; i < 1000; ++i) single.push_back(Json{{"SpecialToken", Json{{"id", "a"}, {"type_id", 0}}}});
  json = doubling_tokenizer();
  json["post_processor"] = Json{{"type", "TemplateProcessing"}, {"single", single}, {"special_tokens", Json::object()}};
  EXPECT_THAT(refused(json), HasSubstr("1001 pieces, more than 1000"));
}

TEST(Pipeline, IllFormedBytesCountAsReplacementCharacters) {
  const auto tokenizer = golden_tokenizer("gpt2");
  const Encoding found = encoded(*tokenizer, "a\xFF z", kWhole);
  EXPECT_EQ(found.ids, encoded(*tokenizer, "a\uFFFD z").ids);
  EXPECT_EQ(found.offsets[1], (Offset{1, 2}));
  EXPECT_EQ(found.offsets.back(), (Offset{3, 4}));
}

TEST(Pipeline, NamesItsTokensAsTheFileWritesThem) {
  const auto tokenizer = golden_tokenizer("gpt2");
  EXPECT_EQ(tokenizer->token(tokenizer->id("\u0120loan")), "\u0120loan");
  EXPECT_EQ(tokenizer->token(tokenizer->id("<|endoftext|>")), "<|endoftext|>");
  EXPECT_EQ(tokenizer->id("no such token"), -1);
  EXPECT_EQ(tokenizer->token(-1), "");
}

/// vocab.json and merges.txt of a golden tokenizer.
void write_merges_files(const std::filesystem::path& directory, std::string_view name) {
  const Json& model = golden().at("tokenizers").at(name).at("model");
  test::write_plainly(directory / "vocab.json", to_json_text(model.at("vocab")));
  std::string merges = "#version: 0.2\n";
  for (const Json& merge : model.at("merges").as_array()) {
    merges += merge.at(size_t{0}).as_string() + " " + merge.at(size_t{1}).as_string() + "\n";
  }
  test::write_plainly(directory / "merges.txt", merges);
}

TEST(MergesFiles, GiveWhatTokenizerJsonGives) {
  for (const auto& [name, config] :
       {std::pair{"gpt2", R"({"tokenizer_class": "GPT2Tokenizer"})"},
        std::pair{"roberta", R"({"tokenizer_class": "RobertaTokenizer", "mask_token": "no such token"})"},
        std::pair{"roberta_prefix", R"({"tokenizer_class": "RobertaTokenizerFast", "add_prefix_space": true})"},
        std::pair{"qwen2", R"({"tokenizer_class": "Qwen2Tokenizer"})"}}) {
    const test::TempDirectory directory;
    write_merges_files(directory.path(), name);
    test::write_plainly(directory / "tokenizer_config.json", config);
    const auto of_files = load_tokenizer(directory.path());
    Json json = golden().at("tokenizers").at(name);
    if (std::string_view(name) != "gpt2") json["added_tokens"] = Json::array();
    const auto of_json = tokenizer_of(json);
    for (const std::string_view text : {"The loan  isn't paid: 1234!\n", " e\u0301 \u6211 ", "credit"}) {
      const Encoding found = encoded(*of_files, text, kWhole), expected = encoded(*of_json, text, kWhole);
      EXPECT_EQ(found.ids, expected.ids) << name << text;
      EXPECT_EQ(found.offsets, expected.offsets) << name << text;
    }
  }
}

TEST(MergesFiles, WhoseTheyAreMayStandInConfigJson) {
  const test::TempDirectory directory;
  write_merges_files(directory.path(), "gpt2");
  EXPECT_THAT(message_of(Code::kUnsupported, [&] { load_tokenizer(directory.path()); }), HasSubstr("has to name it"));
  test::write_plainly(directory / "config.json", R"({"model_type": "gpt2"})");
  EXPECT_EQ(load_tokenizer(directory.path())->vocab_size(), golden_tokenizer("gpt2")->vocab_size());
  test::write_plainly(directory / "tokenizer_config.json", R"({"tokenizer_class": "CLIPTokenizer"})");
  EXPECT_THAT(message_of(Code::kUnsupported, [&] { load_tokenizer(directory.path()); }), HasSubstr("'CLIPTokenizer'"));
}

TEST(MergesFiles, BrokenOnesAreRefusedByLine) {
  const test::TempDirectory directory;
  write_merges_files(directory.path(), "gpt2");
  test::write_plainly(directory / "config.json", R"({"model_type": "gpt2"})");
  test::write_plainly(directory / "merges.txt", "#version: 0.2\n\u0120 t\nno\n");
  EXPECT_THAT(message_of(Code::kArtefact, [&] { load_tokenizer(directory.path()); }), HasSubstr("merges.txt: line 3"));
  test::write_plainly(directory / "merges.txt", "\u0120 t\n\u0120 nosuch\n");
  EXPECT_THAT(message_of(Code::kArtefact, [&] { load_tokenizer(directory.path()); }),
              HasSubstr("merge 2 of '\u0120' and 'nosuch': the vocabulary has no 'nosuch'"));
}

}  // namespace
}  // namespace rift::encode::text
