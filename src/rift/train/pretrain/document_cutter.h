#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "rift/encode/text/special_tokens.h"
#include "rift/models/language_head.h"

namespace rift::train {

struct CutRule {
  models::LanguageObjective objective = models::LanguageObjective::kMaskedToken;
  int64_t max_tokens = 128;  // of a row, special tokens included
  encode::text::SpecialTokens special;
};

/// Gets the rows of a document one after the other; the view is valid during the call only.
using RowVisitor = std::function<void(std::span<const int32_t> ids)>;

/// Cuts a document into rows of at most max_tokens tokens. No row holds tokens of two documents.
///   masked token: every row has the special tokens around it that the tokenizer puts around a text
///   next token: the tokenizer's tokens before a text come once, before the document, its end-of-text token (or the
///   tokens behind a text) once behind it; a row begins with the last token of the row before it, so that every token
///   but the document's first is said exactly once
/// `ids`: the document's tokens without special ones; a document without tokens gives no row.
void cut_document(std::span<const int32_t> ids, const CutRule& rule, const RowVisitor& visit);

/// Fewest max_tokens that leave room for text.
int64_t least_max_tokens(const CutRule& rule);

}  // namespace rift::train
