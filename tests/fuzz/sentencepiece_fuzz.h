#pragma once

#include <string_view>

#include "fuzz/tokenizer_fuzz.h"
#include "rift/encode/text/pipeline/sentencepiece_model.h"

namespace rift::fuzz {

/// Reads the bytes as a .model file of SentencePiece and makes the tokenizers of every class that it may be of, which
/// encode a few texts. True when one accepts it, false when all refuse it with an Error of the file's fault.
inline bool read_sentencepiece(std::string_view bytes) {
  bool accepted = false;
  for (const char* name : {"LlamaTokenizer", "GemmaTokenizer", "XLMRobertaTokenizer"}) {
    std::unique_ptr<encode::text::Tokenizer> tokenizer;
    try {
      auto model = encode::text::read_sentencepiece_model(bytes, "fuzz");
      tokenizer = make_pipeline_tokenizer(pipeline_of(std::move(model), Json{{"tokenizer_class", name}}, ""));
    } catch (const Error& error) {
      if (error.code() != Code::kArtefact && error.code() != Code::kUnsupported) throw;
      continue;
    }
    accepted = true;
    for (const std::string_view text : {"", "The loan, 5,000 <mask>!", "\xFF\xC3\xA9 e\xCC\x81 \xE6\x88\x91 <s>  x"}) {
      encode_text(*tokenizer, text);
    }
  }
  return accepted;
}

}  // namespace rift::fuzz
