#pragma once

#include <cstdint>
#include <optional>

#include "rift/base/json.h"
#include "rift/checkpoint/model_directory.h"
#include "rift/encode/text/tokenizer.h"

/// Tokens that a decoder's config.json and tokenizer give a part to.
namespace rift::package {

/// What stands for a text without any token: bos_token_id of config.json, else eos_token_id, else token 0.
int32_t token_of_empty_text(const Json& config);

/// The token that transformers' classifiers of decoders shall take for padding. They read the last token that is not
/// it, so it is none that rows end with: config.json's pad_token_id, the tokenizer's own, or else its end or begin of
/// text. nullopt where there is none such: a batch must then not be padded.
std::optional<checkpoint::PaddingToken> padding_token(const Json& config, const encode::text::Tokenizer& tokenizer);

}  // namespace rift::package
