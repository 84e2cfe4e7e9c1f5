#pragma once

#include <cstdint>
#include <vector>

#include "rift/encode/text/tokenizer.h"

namespace rift::encode::text {

/// Which tokens of a vocabulary begin a word, by how they are written: [V], 1 = begins one.
///   WordPiece ("##" in the vocabulary): those without "##".
///   Byte-level BPE (GPT-2's alphabet) and SentencePiece ("▁"): those that begin with a space, with a line break, with
///   punctuation of ASCII, or with a character from U+3000 on (Chinese, Japanese and Korean put no space between words;
///   there a word is a token).
/// A token that follows punctuation without a space counts to its word.
std::vector<uint8_t> word_starts(const Tokenizer& tokenizer);

}  // namespace rift::encode::text
