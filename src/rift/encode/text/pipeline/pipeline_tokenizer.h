#pragma once

#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "rift/encode/text/added_tokens.h"
#include "rift/encode/text/encode_frame.h"
#include "rift/encode/text/pipeline/bpe.h"
#include "rift/encode/text/pipeline/normalizers.h"
#include "rift/encode/text/pipeline/pre_tokenizers.h"
#include "rift/encode/text/pipeline/unigram.h"
#include "rift/encode/text/tokenizer.h"

namespace rift::encode::text {

/// Offsets of tokens without the spaces they begin or end with (post-processors ByteLevel and RobertaProcessing).
struct TrimOptions {
  bool add_prefix_space = true;  // the first space of the text was inserted and counts for nothing
};

/// What the files of a tokenizer of parts say, whichever files they are.
struct PipelineSpec {
  std::string source;  // named in errors
  std::vector<Vocabulary::Token> vocabulary;
  std::variant<BpeOptions, UnigramOptions> model;
  std::vector<NormalizerStep> normalizer;
  std::vector<PreTokenizerStep> pre_tokenizer;
  std::vector<AddedToken> added_tokens;
  TokensAround around;
  std::optional<TrimOptions> trim;
  bool may_trim = false;  // its post-processor is one that can
};

/// Normalizer, added tokens, pre-tokenizer, model, tokens around the text.
/// Throws kArtefact when parts do not fit each other; see Vocabulary, Bpe, Unigram, AddedVocabulary.
std::unique_ptr<Tokenizer> make_pipeline_tokenizer(PipelineSpec spec);

}  // namespace rift::encode::text
