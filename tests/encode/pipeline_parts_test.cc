#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <bit>

#include "rift/base/json.h"
#include "rift/base/random.h"
#include "rift/encode/text/pipeline/bpe.h"
#include "rift/encode/text/pipeline/byte_alphabet.h"
#include "rift/encode/text/pipeline/graphemes.h"
#include "rift/encode/text/pipeline/merge_table.h"
#include "rift/encode/text/pipeline/precompiled_charsmap.h"
#include "rift/encode/text/pipeline/score_merges.h"
#include "rift/encode/text/pipeline/sentencepiece_model.h"
#include "rift/encode/text/pipeline/unicode_forms.h"
#include "rift/encode/text/pipeline/unigram.h"
#include "support/failure.h"

namespace rift::encode::text {
namespace {

using test::message_of;
using testing::ElementsAre;
using testing::HasSubstr;

/// The definition: the lowest rank of all neighbours, the leftmost first, again and again.
std::vector<int32_t> merged_by_definition(std::vector<int32_t> ids, const std::vector<MergeTable::Merge>& merges) {
  for (;;) {
    size_t best = merges.size(), place = 0;
    for (size_t i = 0; i + 1 < ids.size(); ++i) {
      for (size_t rank = 0; rank < best; ++rank) {
        if (merges[rank].left != ids[i] || merges[rank].right != ids[i + 1]) continue;
        best = rank;
        place = i;
      }
    }
    if (best == merges.size()) return ids;
    ids[place] = merges[best].whole;
    ids.erase(ids.begin() + static_cast<int64_t>(place) + 1);
  }
}

TEST(MergeTable, MergesFewAndManySymbolsAsDefined) {
  const CounterRandom random(7, 1);
  uint64_t draw = 0;
  std::vector<MergeTable::Merge> merges;
  for (int32_t whole = 4; whole < 60; ++whole) {
    const auto part = [&] { return static_cast<int32_t>(random.below(draw++, static_cast<uint64_t>(whole))); };
    merges.push_back({part(), part(), whole});
  }
  std::vector<MergeTable::Merge> distinct;
  for (const auto& merge : merges) {
    const auto same = [&](const auto& other) { return other.left == merge.left && other.right == merge.right; };
    if (std::ranges::none_of(distinct, same)) distinct.push_back(merge);
  }
  const MergeTable table(distinct);
  for (size_t size = 1; size < 120; ++size) {
    std::vector<int32_t> ids;
    std::vector<MergeTable::Symbol> symbols;
    for (size_t i = 0; i < size; ++i) {
      ids.push_back(static_cast<int32_t>(random.below(draw++, 4)));
      symbols.push_back({ids.back(), 1});
    }
    table.apply(symbols);
    std::vector<int32_t> found;
    uint32_t bytes = 0;
    for (const auto& symbol : symbols) {
      found.push_back(symbol.id);
      bytes += symbol.bytes;
    }
    EXPECT_EQ(found, merged_by_definition(ids, distinct)) << size;
    EXPECT_EQ(bytes, size);
  }
}

TEST(MergeTable, OneLetterIsMergedInWorkLinearInIt) {
  std::vector<MergeTable::Merge> merges;
  for (int32_t id = 0; id < 12; ++id) merges.push_back({id, id, id + 1});  // "x" and twice as many of them
  const MergeTable table(merges);
  const auto work = [&](size_t letters) {
    std::vector<MergeTable::Symbol> symbols(letters, {0, 1});
    return table.apply(symbols);
  };
  const size_t whole = work(512 << 10), half = work(256 << 10);
  EXPECT_GT(half, size_t{256} << 10);
  EXPECT_LE(whole, 3 * (size_t{512} << 10));
  EXPECT_LE(whole, 2 * half + 64);
}

/// Pairs that the multiplier of the golden ratio leaves at one place.
TEST(MergeTable, MergesCannotBeChosenToHaveOnePlace) {
  constexpr uint64_t kGolden = 0x9E3779B97F4A7C15u;
  std::vector<MergeTable::Merge> merges;
  for (int32_t left = 0; left < 5'000; ++left) {  // the right part that brings the product's highest bits to zero
    uint64_t right = 0;
    const uint64_t product = static_cast<uint64_t>(left) << 32;
    while (((product | right) * kGolden) >> 50 != 0) ++right;
    merges.push_back({left, static_cast<int32_t>(right), 0});
  }
  EXPECT_LE(MergeTable(merges).most_looks(), 64u);
}

TEST(ByteAlphabet, ReadsBytesBack) {
  EXPECT_EQ(bytes_written_as("\u0120loan"), " loan");
  EXPECT_EQ(bytes_written_as("\u00C3\u00A9"), "\u00E9");
  EXPECT_EQ(bytes_written_as("\u0143"), "\xAD");
  EXPECT_EQ(bytes_written_as(" "), std::nullopt);
  EXPECT_EQ(bytes_written_as("\u0144"), std::nullopt);
}

TEST(Graphemes, StayTogether) {
  const auto sizes = [](std::string_view text) {
    std::vector<size_t> found;
    for (size_t at = 0; at < text.size(); at += found.back()) found.push_back(grapheme_bytes(text, at));
    return found;
  };
  EXPECT_THAT(sizes("ab\r\n\n"), ElementsAre(1, 1, 2, 1));
  EXPECT_THAT(sizes("e\u0301\u0323x"), ElementsAre(5, 1));
  EXPECT_THAT(sizes("\u1112\u1161\u11AB\uAC00\u11A8"), ElementsAre(9, 6));
  EXPECT_THAT(sizes("\U0001F469\u200D\U0001F469\U0001F3FDx"), ElementsAre(15, 1));
  EXPECT_THAT(sizes("\U0001F1E9\U0001F1EA\U0001F1E9"), ElementsAre(8, 4));
}

std::string in_form(std::string_view text, UnicodeForm form) {
  AlignedText from, to;
  from.assign(text, 0, true);
  write_in_form(from, form, to);
  EXPECT_EQ(to.origin.size(), to.bytes.size());
  return to.bytes;
}

TEST(UnicodeForms, ComposeAndDecompose) {
  EXPECT_EQ(in_form("e\u0301", UnicodeForm::kNfc), "\u00E9");
  EXPECT_EQ(in_form("\u1E69", UnicodeForm::kNfd), "s\u0323\u0307");
  EXPECT_EQ(in_form("s\u0307\u0323", UnicodeForm::kNfc), "\u1E69");
  EXPECT_EQ(in_form("\u1112\u1161\u11AB", UnicodeForm::kNfc), "\uD55C");
  EXPECT_EQ(in_form("\u0301a\u0300\u0301", UnicodeForm::kNfc), "\u0301\u00E0\u0301");
  EXPECT_EQ(in_form("\uFB01\u2460", UnicodeForm::kNfkc), "fi1");
  EXPECT_EQ(in_form("\u1E9B\u0323", UnicodeForm::kNfkd), "s\u0323\u0307");
  EXPECT_EQ(in_form("\u0958", UnicodeForm::kNfc), "\u0915\u093C");  // does not compose again
}

TEST(PrecompiledCharsmap, BrokenOnesAreRefusedAndNothingIsReadBehindThem) {
  EXPECT_THAT(message_of(Code::kArtefact, [] { PrecompiledCharsmap("", "t"); }), HasSubstr("0 bytes"));
  EXPECT_THAT(message_of(Code::kArtefact, [] { PrecompiledCharsmap(std::string("\xFF\xFF\xFF\xFF\0\0\0\0", 8), "t"); }),
              HasSubstr("the map has 8"));
  EXPECT_THAT(message_of(Code::kArtefact, [] { PrecompiledCharsmap(std::string("\4\0\0\0\0\0\0\0\xFF", 9), "t"); }),
              HasSubstr("not UTF-8"));
  const CounterRandom random(3, 1);
  uint64_t draw = 0;
  for (int i = 0; i < 2000; ++i) {
    std::string bytes("\x40\0\0\0", 4);
    for (int k = 0; k < 64; ++k) bytes += static_cast<char>(random.below(draw++, k % 4 == 1 ? 8 : 256));
    bytes += std::string("a\0\xC3\xA9\0", 5);
    const PrecompiledCharsmap map(bytes, "t");
    for (char c = 1; c < 127; ++c) map.find({&c, 1});
  }
}

TEST(Base64, IsReadOrRefused) {
  EXPECT_EQ(decode_base64("TWFu"), "Man");
  EXPECT_EQ(decode_base64("TWE="), "Ma");
  EXPECT_EQ(decode_base64("TQ=="), "M");
  EXPECT_EQ(decode_base64(""), "");
  EXPECT_EQ(decode_base64("TW="), std::nullopt);
  EXPECT_EQ(decode_base64("T=Fu"), std::nullopt);
  EXPECT_EQ(decode_base64("===="), std::nullopt);
}

TEST(ScoreMerges, EveryPairOfTokensTheHighestScoreFirst) {
  const auto merges = merges_of_scores({{"a", -5}, {"b", -6}, {"ab", -1}, {"abb", -3}, {"bb", -3}}, "t");
  std::vector<std::string> found;
  for (const auto& merge : merges) found.push_back(merge.left + " " + merge.right);
  // of equal scores the longer left part goes first
  EXPECT_THAT(found, ElementsAre("a b", "ab b", "a bb", "b b"));
}

TEST(ScoreMerges, VocabulariesThatGiveTooManyAreRefused) {
  const auto refused = [](const std::vector<ScoredToken>& tokens) {
    return message_of(Code::kArtefact, [&] { merges_of_scores(tokens, "m"); });
  };
  EXPECT_THAT(refused({{"a"}, {std::string(1025, 'a')}}), HasSubstr("token 1 has 1025 bytes, more than 1024"));
  EXPECT_THAT(refused({{"a"}, {"b"}, {"a"}}), HasSubstr("tokens 0 and 2 are both 'a'"));
  // every beginning of one letter is a token, and so is every end
  std::vector<ScoredToken> tokens;
  for (size_t size = 1; size <= 1024; ++size) tokens.push_back({std::string(size, 'a')});
  EXPECT_THAT(refused(tokens), HasSubstr("more than 4000000 of 67108864"));
  tokens.resize(300);
  EXPECT_EQ(merges_of_scores(tokens, "m").size(), 300u * 299 / 2);
  std::vector<ScoredToken> large;
  for (int i = 0; i < 17'000; ++i) large.push_back({fmt::format("{:01000}", i)});
  EXPECT_THAT(refused(large), HasSubstr("more than the 16777216 that are read"));
}

TEST(Vocabulary, TokensHaveTheirLimit) {
  EXPECT_EQ(Vocabulary({{std::string(1024, 'a'), 0}}, "t").size(), 1);
  EXPECT_THAT(message_of(Code::kArtefact,
                         [] {
                           Vocabulary({{"b", 0}, {std::string(1025, 'a'), 1, 7}}, "t");
                         }),
              HasSubstr("t: line 7: token 1 has 1025 bytes, more than 1024"));
}

TEST(Unigram, TakesTheMostProbablePath) {
  const Unigram model(Vocabulary({{"<unk>", 0}, {"a", 1}, {"b", 2}, {"ab", 3}, {"aba", 4}}, "t"),
                      {.scores = {0, -1, -1, -1.5, -4}, .unk_id = 0}, "t");
  std::vector<Piece> pieces;
  model.split("ababxyab", pieces);
  std::vector<std::pair<int32_t, uint32_t>> found;
  for (const Piece& piece : pieces) found.emplace_back(piece.id, piece.end);
  using P = std::pair<int32_t, uint32_t>;
  EXPECT_THAT(found, ElementsAre(P(3, 2), P(3, 4), P(0, 6), P(3, 8)));
  EXPECT_THAT(message_of(Code::kArtefact,
                         [] {
                           Unigram(Vocabulary({{"a", 0}}, "t"), {.scores = {}}, "t");
                         }),
              HasSubstr("0 scores for 1 tokens"));
}

/// A protocol buffer field of bytes.
std::string field(int number, std::string_view bytes) {
  return std::string{static_cast<char>(number << 3 | 2), static_cast<char>(bytes.size())} + std::string(bytes);
}
std::string piece_of(std::string_view text, float score, char kind) {
  const auto bits = std::bit_cast<uint32_t>(score);
  std::string message = field(1, text) + '\x15';
  for (int i = 0; i < 4; ++i) message += static_cast<char>(bits >> (8 * i) & 0xFF);
  return field(1, message + '\x18' + kind);
}
std::string small_model(char type) {
  return piece_of("<unk>", 0, 2) + piece_of("<s>", 0, 3) + piece_of("</s>", 0, 3) + piece_of("\u2581a", -1, 1) +
         piece_of("\u2581", -3, 1) + piece_of("a", -2, 1) + field(2, std::string{'\x18', type});
}

TEST(SentencePieceModel, IsReadAndBecomesATokenizer) {
  const Json config{{"tokenizer_class", "LlamaTokenizer"}};
  for (const char type : {'\1', '\2'}) {
    const auto model = read_sentencepiece_model(small_model(type), "tokenizer.model");
    ASSERT_EQ(model.pieces.size(), 6u);
    EXPECT_EQ(model.pieces[3].text, "\u2581a");
    EXPECT_EQ(model.pieces[3].score, -1);
    const auto tokenizer = make_pipeline_tokenizer(pipeline_of(model, config, ""));
    Encoding found;
    tokenizer->encode("a aa", {.max_tokens = 0}, found);
    EXPECT_THAT(found.ids, ElementsAre(1, 3, 3, 5));
  }
  EXPECT_THAT(message_of(Code::kUnsupported,
                         [] { pipeline_of(read_sentencepiece_model(small_model(1), "m"), Json::object(), "t5"); }),
              HasSubstr("'t5'"));
}

TEST(SentencePieceModel, BrokenFilesAreRefused) {
  const auto refused = [](std::string_view bytes) {
    return message_of(Code::kArtefact, [&] { read_sentencepiece_model(bytes, "m"); });
  };
  const std::string whole = small_model(1);
  EXPECT_THAT(refused(""), HasSubstr("no pieces"));
  EXPECT_THAT(refused(whole.substr(0, whole.size() - 1)), HasSubstr("cut short"));
  EXPECT_THAT(refused(std::string(11, '\xFF')), HasSubstr("64 bits"));
  EXPECT_THAT(refused("\x0B"), HasSubstr("unknown kind"));
  EXPECT_THAT(refused("\x08\x01"), HasSubstr("wrong kind"));
  EXPECT_THAT(refused(piece_of("\xFF", 0, 1)), HasSubstr("piece 0 is not UTF-8"));
  EXPECT_THAT(refused(piece_of("a", 0, 9)), HasSubstr("unknown type"));
  EXPECT_THAT(message_of(Code::kUnsupported, [] { read_sentencepiece_model(small_model(3), "m"); }),
              HasSubstr("type 3"));
  const std::string suffix = "\xC0\x01";  // field 24
  EXPECT_THAT(message_of(Code::kUnsupported, [&] { read_sentencepiece_model(whole + field(2, suffix + '\1'), "m"); }),
              HasSubstr("treat_whitespace_as_suffix"));
  EXPECT_EQ(read_sentencepiece_model(whole + field(2, suffix + '\0'), "m").pieces.size(), 6u);
  const CounterRandom random(5, 1);
  uint64_t draw = 0;
  for (int i = 0; i < 20'000; ++i) {  // mutants are read or refused, never more
    std::string mutant = whole;
    for (int edits = 0; edits < 3; ++edits) {
      const uint64_t at = random.below(draw++, mutant.size());
      mutant[at] = static_cast<char>(random.below(draw++, 256));
    }
    try {
      make_pipeline_tokenizer(pipeline_of(read_sentencepiece_model(mutant, "m"), Json::object(), "llama"));
    } catch (const Error& error) {
      ASSERT_TRUE(error.code() == Code::kArtefact || error.code() == Code::kUnsupported) << error.what();
    }
  }
}

}  // namespace
}  // namespace rift::encode::text
