#pragma once

#include <memory>
#include <string_view>

#include "fuzz/sections.h"
#include "rift/base/error.h"
#include "rift/encode/text/tokenizer_json.h"

namespace rift::fuzz {

/// Words, marks of every seed, ill-formed bytes.
inline constexpr std::string_view kTexts[] = {"The loan, 5,000 [MASK]<mask>!",
                                              "\xFF\xC3\xA9 e\xCC\x81 \xE6\x88\x91 <s><row>  x"};

inline void require(bool holds, const char* what) {
  if (!holds) RIFT_FAIL(Code::kBug, "{}", what);
}

/// Encodes the bytes with and without offsets and a limit; what every encoding promises is checked.
inline void encode_text(const encode::text::Tokenizer& tokenizer, std::string_view bytes) {
  encode::text::Encoding whole, cut;
  tokenizer.encode(bytes, {.max_tokens = 0, .want_offsets = true}, whole);
  require(whole.offsets.size() == whole.ids.size() && !whole.truncated, "whole encoding");
  for (size_t i = 0; i < whole.ids.size(); ++i) {
    require(!tokenizer.token(whole.ids[i]).empty(), "an id without a token");
    require(whole.offsets[i].begin <= whole.offsets[i].end && whole.offsets[i].end <= bytes.size(), "offset");
  }
  tokenizer.encode(bytes, {.max_tokens = 5}, cut);
  require(cut.truncated == (cut.ids.size() < whole.ids.size()) && cut.offsets.empty(), "cut encoding");
}

/// Makes the tokenizer of what `read` gives and encodes `text` and a few others. True when accepted, false when refused
/// with an Error of the files' fault; anything else (another exception, a bug's Error, a sanitizer's report) escapes.
template <class Read>
bool read_and_encode(const Read& read, std::string_view text) {
  try {
    const auto tokenizer = make_tokenizer(read());
    for (const std::string_view one : {std::string_view(), text, kTexts[0], kTexts[1]}) encode_text(*tokenizer, one);
  } catch (const Error& error) {
    if (error.code() != Code::kArtefact && error.code() != Code::kUnsupported) throw;
    return false;
  }
  return true;
}

/// Sections: a tokenizer.json, a text.
inline bool read_tokenizer(std::string_view bytes) {
  const auto [json, text] = sections<2>(bytes);
  return read_and_encode([json = json] { return encode::text::read_tokenizer_json(json, "fuzz"); }, text);
}

/// A small tokenizer.json with every part that is implemented; the seed of mutants and of the fuzzer's corpus.
inline constexpr std::string_view kTokenizerJson = R"({
  "version": "1.0", "truncation": {"max_length": 8}, "padding": null,
  "added_tokens": [
    {"id": 1, "content": "[UNK]", "single_word": false, "lstrip": false, "rstrip": false, "normalized": false, "special": true},
    {"id": 4, "content": "[MASK]", "single_word": false, "lstrip": true, "rstrip": false, "normalized": false, "special": true},
    {"id": 13, "content": "<row>", "single_word": true, "lstrip": false, "rstrip": true, "normalized": true, "special": false}],
  "normalizer": {"type": "BertNormalizer", "clean_text": true, "handle_chinese_chars": true, "strip_accents": null, "lowercase": true},
  "pre_tokenizer": {"type": "BertPreTokenizer"},
  "post_processor": {"type": "TemplateProcessing",
    "single": [{"SpecialToken": {"id": "[CLS]", "type_id": 0}}, {"Sequence": {"id": "A", "type_id": 0}}, {"SpecialToken": {"id": "[SEP]", "type_id": 0}}],
    "pair": [], "special_tokens": {"[CLS]": {"id": "[CLS]", "ids": [2], "tokens": ["[CLS]"]}, "[SEP]": {"id": "[SEP]", "ids": [3], "tokens": ["[SEP]"]}}},
  "decoder": {"type": "WordPiece"},
  "model": {"type": "WordPiece", "unk_token": "[UNK]", "continuing_subword_prefix": "##", "max_input_chars_per_word": 100,
    "vocab": {"[PAD]": 0, "[UNK]": 1, "[CLS]": 2, "[SEP]": 3, "[MASK]": 4, "the": 5, "loan": 6, "##s": 7, "##an": 8, "lo": 9, ",": 10, "5": 11, "\u6211": 12}}
})";

/// The same of a byte-level BPE and of a Unigram model, with parts of every kind around them.
inline constexpr std::string_view kBpeJson = R"({
  "version": "1.0",
  "added_tokens": [
    {"id": 9, "content": "<s>", "single_word": false, "lstrip": false, "rstrip": false, "normalized": false, "special": true},
    {"id": 10, "content": "<row>", "single_word": false, "lstrip": true, "rstrip": true, "normalized": true, "special": false}],
  "normalizer": {"type": "Sequence", "normalizers": [{"type": "NFC"}, {"type": "Strip", "strip_left": false, "strip_right": true}]},
  "pre_tokenizer": {"type": "Sequence", "pretokenizers": [{"type": "Digits", "individual_digits": true},
    {"type": "ByteLevel", "add_prefix_space": true, "trim_offsets": true, "use_regex": true}]},
  "post_processor": {"type": "Sequence", "processors": [{"type": "ByteLevel", "add_prefix_space": true, "trim_offsets": true, "use_regex": true},
    {"type": "TemplateProcessing", "single": [{"SpecialToken": {"id": "<s>", "type_id": 0}}, {"Sequence": {"id": "A", "type_id": 0}}],
    "pair": [], "special_tokens": {"<s>": {"id": "<s>", "ids": [9], "tokens": ["<s>"]}}}]},
  "model": {"type": "BPE", "dropout": null, "unk_token": "x", "continuing_subword_prefix": null, "end_of_word_suffix": "",
    "fuse_unk": true, "byte_fallback": false, "ignore_merges": false,
    "vocab": {"t": 0, "h": 1, "e": 2, "th": 3, "the": 4, "\u0120": 5, "\u0120the": 6, "x": 7, "\u00c3": 8},
    "merges": [["t", "h"], "th e", ["\u0120", "the"]]}
})";
inline constexpr std::string_view kUnigramJson = R"({
  "added_tokens": [
    {"id": 3, "content": "<mask>", "single_word": false, "lstrip": true, "rstrip": false, "normalized": true, "special": true}],
  "normalizer": {"type": "Sequence", "normalizers": [{"type": "Precompiled", "precompiled_charsmap": "vAMAAAAEAAABAACAAAAAgAMAAIAFAACAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAACikAAA00AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAJFEAgAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAChkQIAoIkCAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAACtuQIAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAALzwAgAAAAAAAAAAAAAAAAAAAAAAAAAAAMIIAwAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA4ogDAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAADvvAMAACAAMQBBAA=="},
    {"type": "Lowercase"}, {"type": "NFKD"}, {"type": "StripAccents"}, {"type": "Prepend", "prepend": "\u2581"},
    {"type": "Replace", "pattern": {"Regex": " {2,}"}, "content": "\u2581"}, {"type": "Replace", "pattern": {"String": "``"}, "content": "q"}]},
  "pre_tokenizer": {"type": "Sequence", "pretokenizers": [{"type": "WhitespaceSplit"}, {"type": "Punctuation", "behavior": "Contiguous"},
    {"type": "Split", "pattern": {"String": "th"}, "behavior": "MergedWithPrevious", "invert": false},
    {"type": "Metaspace", "replacement": "\u2581", "prepend_scheme": "first", "split": true}]},
  "post_processor": {"type": "BertProcessing", "sep": ["</s>", 1], "cls": ["<s>", 0]},
  "model": {"type": "Unigram", "unk_id": 2, "byte_fallback": true,
    "vocab": [["<s>", 0.0], ["</s>", 0.0], ["<unk>", 0], ["<mask>", 0.0], ["\u2581the", -2.5], ["\u2581", -3.5], ["lo", -4], ["an", -4.25],
      ["loan", -9.5], ["\u6211", -8.0], ["<0xC3>", -20.0], ["<0xA9>", -20.0]]}
})";

}  // namespace rift::fuzz
