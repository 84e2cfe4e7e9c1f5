#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "rift/encode/text/added_tokens.h"
#include "rift/encode/text/bert_normalizer.h"
#include "rift/encode/text/encode_frame.h"
#include "rift/encode/text/tokenizer.h"
#include "rift/encode/text/wordpiece.h"

namespace rift::encode::text {

/// What the files of a BERT tokenizer say, whichever files they are.
struct BertTokenizerSpec {
  std::string source;  // named in errors
  std::vector<Vocabulary::Token> vocabulary;
  WordPieceOptions wordpiece;
  std::optional<BertNormalizerOptions> normalizer;  // unset: the text stays as it is
  std::vector<AddedToken> added_tokens;
  TokensAround around;  // [CLS] ... [SEP]
};

/// Normalizer, words at white space and punctuation, WordPiece.
/// Throws kArtefact when parts do not fit each other: an added token whose id the vocabulary gives to another one, an
/// id that no token has, tokens given twice, no unknown token.
std::unique_ptr<Tokenizer> make_bert_tokenizer(BertTokenizerSpec spec);

}  // namespace rift::encode::text
