#pragma once

#include "rift/base/json.h"
#include "rift/encode/text/tokenizer_json.h"

namespace rift::encode::text {

/// The tokenizer.json of a tokenizer whose own files are of another kind: read_tokenizer_json() and the `tokenizers`
/// library give equal ids with it. Written are the parts that GGUF's lists make: BPE of bytes or of SentencePiece,
/// WordPiece. Throws kUnsupported naming another part.
Json tokenizer_json(const TokenizerSpec& spec);

}  // namespace rift::encode::text
