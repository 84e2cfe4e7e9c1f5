#pragma once

#include <charconv>
#include <string>
#include <string_view>

#include "fuzz/tokenizer_fuzz.h"
#include "rift/encode/text/pipeline/gguf_tokenizer.h"
#include "rift/encode/text/write_tokenizer_json.h"

namespace rift::fuzz {

/// Lists of a GGUF file as lines: "m gpt2" the model, "p smollm" its pre, "b 1" the id of bos ("e" eos, "u" unknown,
/// "s" sep), "B1" adds bos ("E1" eos, "P0" no space before), "g a b" a merge, any other line a token: type, score,
/// text.
inline encode::text::GgufTokenizer lists_of_lines(std::string_view lines) {
  encode::text::GgufTokenizer lists{.source = "fuzz"};
  const auto number = [](std::string_view text) {
    int32_t value = 0;
    std::from_chars(text.data(), text.data() + text.size(), value);
    return value;
  };
  for (size_t at = 0; at < lines.size();) {
    const size_t end = std::min(lines.find('\n', at), lines.size());
    const std::string_view line = lines.substr(at, end - at);
    at = end + 1;
    if (line.size() < 2) continue;
    const std::string_view rest = line.substr(2);
    switch (line[0]) {
      case 'm':
        lists.model = rest;
        break;
      case 'p':
        lists.pre = rest;
        break;
      case 'b':
        lists.bos_token_id = number(rest);
        break;
      case 'e':
        lists.eos_token_id = number(rest);
        break;
      case 'u':
        lists.unknown_token_id = number(rest);
        break;
      case 's':
        lists.sep_token_id = number(rest);
        break;
      case 'B':
        lists.add_bos_token = line[1] == '1';
        break;
      case 'E':
        lists.add_eos_token = line[1] == '1';
        break;
      case 'P':
        lists.add_space_prefix = line[1] == '1';
        break;
      case 'g':
        lists.merges.emplace_back(rest);
        break;
      default:
        lists.tokens.emplace_back(rest);
        if (line[0] != '-') lists.token_types.push_back(line[0] - '0');
        if (line[1] != '-') lists.scores.push_back(static_cast<float>(line[1] - '9'));
    }
  }
  return lists;
}

/// Makes the tokenizer of such lists, encodes a few texts, writes its tokenizer.json and reads that back: the ids have
/// to be the same. True when accepted, false when refused with an Error of the lists' fault; anything else escapes.
inline bool read_gguf_lists(std::string_view bytes) {
  std::unique_ptr<encode::text::Tokenizer> tokenizer;
  std::string json;
  try {
    const auto spec = encode::text::tokenizer_of(lists_of_lines(bytes));
    tokenizer = make_tokenizer(spec);
    json = to_json_text(encode::text::tokenizer_json(spec));
  } catch (const Error& error) {
    if (error.code() != Code::kArtefact && error.code() != Code::kUnsupported) throw;
    return false;
  }
  std::unique_ptr<encode::text::Tokenizer> again;
  try {
    again = make_tokenizer(encode::text::read_tokenizer_json(json, "written"));
  } catch (const Error& error) {
    // A list may hold a token twice, a tokenizer.json may not.
    if (error.code() != Code::kArtefact) throw;
    return true;
  }
  for (const std::string_view text : {"", "The loan, 5,000 [MASK]!", "\xFF\xC3\xA9 e\xCC\x81 \xE6\x88\x91 <s>  x"}) {
    encode_text(*tokenizer, text);
    encode::text::Encoding first, second;
    tokenizer->encode(text, {.max_tokens = 0}, first);
    again->encode(text, {.max_tokens = 0}, second);
    require(first.ids == second.ids, "tokenizer.json gives other ids");
  }
  return true;
}

inline constexpr std::string_view kByteLists =
    "m gpt2\np smollm\ne 0\nE1\n3-<s>\n1-t\n1-h\n1-e\n1-th\n1-the\n1-\xC4\xA0\n1-\xC4\xA0the\n4-<row>\n1-\xC3\x83\ng t "
    "h\n"
    "g th e\ng \xC4\xA0 the\n";
inline constexpr std::string_view kPieceLists =
    "m llama\np default\nb 1\ne 2\nu "
    "0\nP1\n29<unk>\n39<s>\n39</s>\n18\xE2\x96\x81the\n16\xE2\x96\x81\n17l\n17o\n18lo\n69<0xC3>\n"
    "69<0xA9>\n40  \n";
inline constexpr std::string_view kWordLists =
    "m bert\nb 2\nu 1\ns "
    "3\n3-[PAD]\n3-[UNK]\n3-[CLS]\n3-[SEP]\n3-[MASK]\n1-\xE2\x96\x81the\n1-\xE2\x96\x81lo\n1-an\n1-\xE2\x96\x81,\n"
    "1-\xE2\x96\x81\xE6\x88\x91\n";

}  // namespace rift::fuzz
