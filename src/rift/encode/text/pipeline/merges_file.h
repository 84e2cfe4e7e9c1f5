#pragma once

#include <string_view>

#include "rift/base/json.h"
#include "rift/encode/text/pipeline/pipeline_tokenizer.h"

namespace rift::encode::text {

/// The two files of a byte-level tokenizer without tokenizer.json, and what says whose it is.
struct MergesFiles {
  std::string_view vocabulary;  // vocab.json: {"token": id, ...}
  std::string_view merges;      // merges.txt: "left right" a line, the first one before all others; a line of #version
  const Json& config;           // tokenizer_config.json
  std::string_view model_type;  // of config.json; used where `config` has no tokenizer_class
};

/// The tokenizer that transformers (4.57) builds of them: GPT2Tokenizer, RobertaTokenizer or Qwen2Tokenizer.
/// Throws kUnsupported for any other class, kArtefact for broken files.
PipelineSpec read_merges_files(const MergesFiles& files);

}  // namespace rift::encode::text
