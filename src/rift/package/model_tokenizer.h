#pragma once

#include <filesystem>
#include <memory>

#include "rift/checkpoint/hf_directory.h"
#include "rift/encode/text/special_tokens.h"
#include "rift/encode/text/tokenizer.h"
#include "rift/encode/text/tokenizer_json.h"

namespace rift::package {

/// The tokenizer of a model: of the files beside its weights, else of the lists in its GGUF file. Throws as
/// encode::text::load_tokenizer() and tokenizer_of() do, kArtefact for metadata of another kind.
std::unique_ptr<encode::text::Tokenizer> load_tokenizer(const checkpoint::HfDirectory& model);
encode::text::TokenizerSpec read_tokenizer(const checkpoint::HfDirectory& model);  // what it is made of

/// encode::text::find_special_tokens() of its files; those of a GGUF file are written into a folder beside `scratch`,
/// in a place that may be written to, for as long as this takes.
encode::text::SpecialTokens special_tokens_of(const checkpoint::HfDirectory& model,
                                              const encode::text::Tokenizer& tokenizer,
                                              const std::filesystem::path& scratch);

/// How many special tokens frame a text, such as [CLS] and [SEP]; a text needs room for one more.
int64_t frame_tokens(const encode::text::Tokenizer& tokenizer);

/// Throws kArtefact where the tokenizer has more tokens than a model with `vocab_size` of them embeds.
void require_fits(const encode::text::Tokenizer& tokenizer, const checkpoint::HfDirectory& model, int64_t vocab_size);

/// Its tokenizer_config.json, of a GGUF file what would stand there; an empty mapping when there is none.
Json tokenizer_settings(const checkpoint::HfDirectory& model);

/// Of a model's directory or file; a directory with a tokenizer and nothing else will do.
std::unique_ptr<encode::text::Tokenizer> load_tokenizer(const std::filesystem::path& model);

/// Where the tokenizer is that of a GGUF file: writes tokenizer.json and tokenizer_config.json, made from its lists,
/// into `target`. Does nothing where it has files, which write_model_directory() copies. Throws kEnvironment.
void write_gguf_tokenizer(const checkpoint::HfDirectory& model, const std::filesystem::path& target);

}  // namespace rift::package
