#pragma once

#include <memory>
#include <string_view>

#include "rift/base/error.h"
#include "rift/encode/text/bert_tokenizer.h"
#include "rift/encode/text/tokenizer_json.h"

namespace rift::fuzz {

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

/// Reads the bytes as a tokenizer.json and encodes a few texts. True when accepted, false when refused with an Error of
/// the file's fault; anything else (another exception, a bug's Error, a sanitizer's report) escapes.
inline bool read_tokenizer(std::string_view bytes) {
  std::unique_ptr<encode::text::Tokenizer> tokenizer;
  try {
    tokenizer = make_bert_tokenizer(encode::text::read_tokenizer_json(bytes, "fuzz"));
  } catch (const Error& error) {
    if (error.code() != Code::kArtefact && error.code() != Code::kUnsupported) throw;
    return false;
  }
  for (const std::string_view text : {"", "The loan, 5,000 [MASK]!", "\xFF\xC3\xA9 e\xCC\x81 \xE6\x88\x91 <row>  x"}) {
    encode_text(*tokenizer, text);
  }
  return true;
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

}  // namespace rift::fuzz
