#include <gtest/gtest.h>

#include "fuzz/text_fuzz.h"
#include "rift/base/random.h"

// A seeded stand-in for the fuzzer: every mutant of a valid text is refused with an Error or read, and what is read is
// written to a text that reads back. It means most under AddressSanitizer (preset asan).
namespace rift {
namespace {

constexpr uint64_t kMutants = 30'000;

const std::vector<std::string>& json_seeds() {
  static const std::vector<std::string> seeds = {
      R"({"task": "binary", "lr": 2.0e-5, "rank": 8, "on": true, "none": null, "list": [1, -2, 3.5, [], {}]})",
      R"({"t\u00e9\ud83d\ude00": "a\"b\\c\n</script>", "deep": [[[[[[{"a": [0.1]}]]]]]], "e": ""})",
      "[1e308, -0.0, 9223372036854775807, -9223372036854775808, 0.1]\n",
      "\"\xE4\xB8\xAD\xE6\x96\x87\"",
  };
  return seeds;
}

const std::vector<std::string>& yaml_seeds() {
  static const std::vector<std::string> seeds = {
      "task: binary   # c\ndata:\n  source: loans.csv.gz\n  label: {column: loan_status, positive: [\"*Charged "
      "Off\"]}\n"
      "  columns:\n    loan_amnt: number\n    'desc': text\noptim: {name: adam, lr: 2.0e-5, batch_rows: 32}\n",
      "- a\n- - b\n  - {c: [1, 0x1F, 007, ~, true, .inf]}\n- |\n  block\n  text\n- >-\n  folded\n\n  more\n- ? key\n  "
      ": value\n",
      "text: \"esc\\n\\u4e2d\\x41 \\\"q\\\"\"\n'it''s': 'x # y'\nempty:\nlist: []\n\xE4\xB8\xAD: \xE6\x96\x87\n",
  };
  return seeds;
}

/// Words that hit the grammars more often than single bytes do.
constexpr std::string_view kWords[] = {"{",
                                       "}",
                                       "[",
                                       "]",
                                       ":",
                                       ",",
                                       "\"",
                                       "'",
                                       "\\",
                                       "\n",
                                       "\n  ",
                                       "- ",
                                       ": ",
                                       " #",
                                       "? ",
                                       "|\n",
                                       ">\n",
                                       "&a ",
                                       "*a",
                                       "!!t ",
                                       "---",
                                       "...",
                                       "%",
                                       "\t",
                                       "\r\n",
                                       "1e99",
                                       "\\ud800",
                                       "\\u0000",
                                       "null",
                                       "~",
                                       "true",
                                       "0x",
                                       "-",
                                       "+",
                                       ".",
                                       "\xff",
                                       "\xC2\x85",
                                       "\xEF\xBB\xBF",
                                       "\xE2\x80\xA8",
                                       "<<: ",
                                       "@",
                                       "`"};

class Mutator {
 public:
  explicit Mutator(uint64_t stream) : random_(20240601, stream) {}

  std::string mutant(const std::vector<std::string>& seeds) {
    std::string text = seeds[below(seeds.size())];
    for (size_t edits = 1 + below(4); edits > 0 && !text.empty(); --edits) edit(text, seeds);
    return text;
  }

 private:
  size_t below(size_t bound) { return static_cast<size_t>(random_.below(index_++, bound)); }

  void edit(std::string& text, const std::vector<std::string>& seeds) {
    const size_t at = below(text.size());
    switch (below(7)) {
      case 0:
        text[at] = static_cast<char>(below(256));
        break;
      case 1:
        text.resize(at);
        break;
      case 2:
        text.erase(at, 1 + below(8));
        break;
      case 3:
        text.insert(at, kWords[below(std::size(kWords))]);
        break;
      case 4:
        text.insert(at, text.substr(below(text.size()), below(20)));
        break;
      case 5:
        text.insert(at, std::string(1 + below(100), text[at]));
        break;
      default: {
        const std::string& other = seeds[below(seeds.size())];
        text = text.substr(0, at) + other.substr(below(other.size()));
      }
    }
  }

  CounterRandom random_;
  uint64_t index_ = 0;
};

template <class Reader>
void expect_refused_or_read(const std::vector<std::string>& seeds, uint64_t stream, Reader read) {
  for (const std::string& seed : seeds) ASSERT_TRUE(read(seed)) << seed;
  Mutator mutator(stream);
  uint64_t accepted = 0;
  for (uint64_t i = 0; i < kMutants; ++i) {
    const std::string text = mutator.mutant(seeds);
    try {
      accepted += read(text) ? 1 : 0;
    } catch (const std::exception& error) {
      FAIL() << "mutant " << i << ": " << error.what() << "\n" << text;
    }
  }
  // Mutants on both sides of the fence, or they try little.
  EXPECT_GT(accepted, kMutants / 100);
  EXPECT_LT(accepted, kMutants * 9 / 10);
}

TEST(JsonMutants, AreRefusedOrRead) { expect_refused_or_read(json_seeds(), 1, fuzz::read_json); }

TEST(YamlMutants, AreRefusedOrRead) { expect_refused_or_read(yaml_seeds(), 2, fuzz::read_yaml); }

}  // namespace
}  // namespace rift
