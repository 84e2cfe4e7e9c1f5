#pragma once

#include "rift/encode/text/json_place.h"
#include "rift/encode/text/pipeline/pipeline_tokenizer.h"

namespace rift::encode::text {

/// Parts of tokenizer.json; each throws kUnsupported naming a part of another type or setting, kArtefact naming line
/// and key of what is broken. A part that is null has no steps.

/// Sequence, NFC, NFD, NFKC, NFKD, Lowercase, StripAccents, Strip, Prepend, Replace, Precompiled.
std::vector<NormalizerStep> read_normalizer_steps(const Place& normalizer, std::string_view source);

/// Sequence, ByteLevel, Split (at a text or one of WordPattern's), Metaspace, Digits, Punctuation, WhitespaceSplit.
std::vector<PreTokenizerStep> read_pre_tokenizer_steps(const Place& pre_tokenizer);

/// BPE or Unigram into `spec.model` and `spec.vocabulary`.
void read_bpe(const Place& model, PipelineSpec& spec);
void read_unigram(const Place& model, PipelineSpec& spec);

/// Sequence, ByteLevel, RobertaProcessing, BertProcessing, TemplateProcessing.
void read_post_processor(const Place& processor, TokensAround& around, std::optional<TrimOptions>& trim);

/// {"token": id, ...}
std::vector<Vocabulary::Token> read_vocabulary_members(const Place& vocabulary, std::string_view source);

}  // namespace rift::encode::text
