#include <gtest/gtest.h>

#include <cctype>
#include <thread>

#include "encode/tokenizer_support.h"
#include "rift/base/random.h"

// BERT's tokenizer on texts made for it, beside its definition on ASCII (Devlin et al. 2018, tokenization.py).
namespace rift::encode::text {
namespace {

using test::encoded;
using test::small_tokenizer_json;
using test::tokenizer_of;

bool is_control(char c) {
  return c == 0x7F || (static_cast<unsigned char>(c) < 0x20 && c != '\t' && c != '\n' && c != '\r');
}
bool is_space(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }
bool is_punctuation(char c) { return c > 0x20 && c < 0x7F && std::isalnum(static_cast<unsigned char>(c)) == 0; }

struct Character {
  char lowered;
  uint32_t place;
};

/// Appends the pieces of a word: for each beginning every end from the last one on.
void append_pieces(const Tokenizer& tokenizer, const std::vector<Character>& word, Encoding& out) {
  const size_t before = out.ids.size();
  size_t begin = 0;
  while (begin < word.size() && word.size() <= 100) {
    size_t end = word.size();
    int32_t id = -1;
    for (; end > begin; --end) {
      std::string piece = begin > 0 ? "##" : "";
      for (size_t i = begin; i < end; ++i) piece += word[i].lowered;
      if ((id = tokenizer.id(piece)) >= 0) break;
    }
    if (id < 0) break;
    out.ids.push_back(id);
    out.offsets.push_back({word[begin].place, word[end - 1].place + 1});
    begin = end;
  }
  if (begin == word.size()) return;
  out.ids.resize(before);
  out.offsets.resize(before);
  out.ids.push_back(tokenizer.id("[UNK]"));
  out.offsets.push_back({word.front().place, word.back().place + 1});
}

Encoding defined(const Tokenizer& tokenizer, std::string_view text) {
  Encoding out;
  std::vector<Character> word;
  const auto end_word = [&] {
    if (!word.empty()) append_pieces(tokenizer, word, out);
    word.clear();
  };
  for (uint32_t i = 0; i < text.size(); ++i) {
    if (is_control(text[i])) continue;
    if (is_space(text[i]) || is_punctuation(text[i])) end_word();
    if (is_space(text[i])) continue;
    word.push_back({static_cast<char>(std::tolower(static_cast<unsigned char>(text[i]))), i});
    if (is_punctuation(text[i])) end_word();
  }
  end_word();
  return out;
}

constexpr EncodeOptions kBare = {.max_tokens = 0, .add_special = false, .want_offsets = true};

const Tokenizer& small() {
  static const auto tokenizer = tokenizer_of(small_tokenizer_json());
  return *tokenizer;
}

/// Words of the vocabulary, their beginnings and ends in any case, digits, marks and control characters.
std::string generated_ascii(const CounterRandom& random, uint64_t& draw, int64_t parts) {
  std::string text;
  for (int64_t i = 0; i < parts; ++i) {
    std::string token(
        small().token(static_cast<int32_t>(random.below(draw++, static_cast<uint64_t>(small().vocab_size())))));
    if (token.starts_with("##")) token.erase(0, 2);
    if (token.starts_with('[')) token = "[x]";  // no added token: those are not ASCII's business
    for (char& c : token) {
      if (static_cast<unsigned char>(c) >= 0x80) c = 'q';
      if (random.below(draw++, 6) == 0) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
    }
    text += token;
    const uint64_t between = random.below(draw++, 8);
    if (between < 5) text += ' ';
    if (between == 5) text += static_cast<char>(random.below(draw++, 128));
  }
  return text;
}

TEST(GeneratedTexts, AsciiIsEncodedAsDefined) {
  const CounterRandom random(1, 1);
  uint64_t draw = 0;
  for (int i = 0; i < 1500; ++i) {
    const std::string text = generated_ascii(random, draw, 1 + i / 10);
    const Encoding expected = defined(small(), text);
    const Encoding found = encoded(small(), text, kBare);
    ASSERT_EQ(found.ids, expected.ids) << text;
    ASSERT_EQ(found.offsets, expected.offsets) << text;
  }
}

TEST(GeneratedTexts, EveryAsciiCharacterAtEveryPlaceOfABlock) {
  for (int c = 0; c < 128; ++c) {
    for (const size_t before : {0u, 3u, 62u, 63u, 64u, 65u, 1022u, 1023u, 1024u, 1025u}) {
      const std::string text = std::string(before, ' ').append("The") + static_cast<char>(c) + "loans";
      const Encoding expected = defined(small(), text);
      const Encoding found = encoded(small(), text, kBare);
      ASSERT_EQ(found.ids, expected.ids) << c << " behind " << before;
      ASSERT_EQ(found.offsets, expected.offsets) << c << " behind " << before;
    }
  }
}

TEST(GeneratedTexts, WordsBeyondAsciiChangeNothingAroundThem) {
  static constexpr std::string_view kWords[] = {"The",    "loans",        "cr\u00E9dit",
                                                "\u0301", "\u6211\u4EEC", "caf\u0065\u0301",
                                                "x\x01y", "\u0130s",      "\uFFFD",
                                                "5,000",  "\u2026",       "e\u0323\u0301s",
                                                "\xFF",   "\u1E9B\u0323", "zzzzzzzzzzzzzzzzzzzzzzzz",
                                                "\u00A0"};
  const CounterRandom random(2, 1);
  uint64_t draw = 0;
  for (int i = 0; i < 1500; ++i) {
    std::string text;
    Encoding expected;
    for (uint64_t n = 1 + random.below(draw++, 60); n > 0; --n) {
      const std::string_view word = kWords[random.below(draw++, std::size(kWords))];
      const Encoding alone = encoded(small(), word, kBare);
      expected.ids.insert(expected.ids.end(), alone.ids.begin(), alone.ids.end());
      const auto shift = static_cast<uint32_t>(text.size());
      for (const Offset offset : alone.offsets) expected.offsets.push_back({offset.begin + shift, offset.end + shift});
      text.append(word) += ' ';
    }
    const Encoding found = encoded(small(), text, kBare);
    ASSERT_EQ(found.ids, expected.ids) << text;
    ASSERT_EQ(found.offsets, expected.offsets) << text;
  }
}

TEST(GeneratedTexts, HalfAMegabyteOfHardWordsIsEncodedAsDefined) {
  Json json = small_tokenizer_json();
  json["model"]["vocab"] = Json{{"[PAD]", 0},
                                {"[UNK]", 1},
                                {"[CLS]", 2},
                                {"[SEP]", 3},
                                {"[MASK]", 4},
                                {"a", 5},
                                {"##a", 6},
                                {"aaaaaaaaaaaaaaaab", 7},
                                {"##aaaaaaaaaaaaaaaab", 8}};
  json["added_tokens"] = Json::array();
  const auto tokenizer = tokenizer_of(json);
  constexpr size_t kBytes = 512 << 10;
  EXPECT_EQ(encoded(*tokenizer, std::string(kBytes, 'a'), kBare).ids, std::vector<int32_t>{1});
  std::string text;
  size_t words = 0;
  for (; text.size() < kBytes; ++words)
    text.append(100, 'a') += ' ';  // each piece is one letter, found after 17 are read
  const Encoding found = encoded(*tokenizer, text, kBare);
  ASSERT_EQ(found.ids.size(), 100 * words);
  for (size_t i = 0; i < found.ids.size(); ++i) {
    const auto place = static_cast<uint32_t>(i / 100 * 101 + i % 100);
    ASSERT_EQ(found.ids[i], i % 100 == 0 ? 5 : 6);
    ASSERT_EQ(found.offsets[i], (Offset{place, place + 1}));
  }
}

TEST(GeneratedTexts, ThreadsAndOtherTokenizersBetweenThemChangeNothing) {
  const auto cased = tokenizer_of(small_tokenizer_json("cased"));
  const CounterRandom random(3, 1);
  uint64_t draw = 0;
  std::vector<std::string> texts;
  for (int i = 0; i < 300; ++i) texts.push_back(generated_ascii(random, draw, 40));
  const auto ids = [&](const Tokenizer& tokenizer) {
    std::vector<std::vector<int32_t>> found;
    for (const std::string& text : texts) found.push_back(encoded(tokenizer, text).ids);
    return found;
  };
  const auto expected = ids(small());
  const auto expected_cased = ids(*cased);
  ASSERT_NE(expected, expected_cased);
  std::vector<int> equal(4);
  std::vector<std::thread> threads;
  for (int& one : equal) {
    threads.emplace_back([&] {
      one = 1;
      for (size_t i = 0; i < texts.size(); ++i) {
        one &= encoded(small(), texts[i]).ids == expected[i] && encoded(*cased, texts[i]).ids == expected_cased[i];
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(equal, std::vector<int>(4, 1));
}

}  // namespace
}  // namespace rift::encode::text
