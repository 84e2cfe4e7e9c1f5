#include "rift/encode/text/tokenizer.h"

#include "rift/base/error.h"
#include "rift/base/files.h"
#include "rift/encode/text/configured_tokens.h"
#include "rift/encode/text/pipeline/merges_file.h"
#include "rift/encode/text/pipeline/sentencepiece_model.h"
#include "rift/encode/text/tokenizer_json.h"
#include "rift/encode/text/vocabulary_file.h"

namespace rift::encode::text {
namespace {

Json read_config(const std::filesystem::path& path) {
  if (!std::filesystem::exists(path)) return Json::object();
  return parse_json(read_file(path, kMostTokenizerBytes), path.filename().string(), {.max_bytes = kMostTokenizerBytes});
}

/// config.json's model_type, "" where there is none.
std::string model_type_of(const std::filesystem::path& model_directory) {
  const Json config = read_config(model_directory / "config.json");
  const Json* type = config.find("model_type");
  return type != nullptr && type->is_string() ? type->as_string() : std::string();
}

/// A tokenizer of vocab.txt or vocab.json says itself which tokens were added to it.
void require_added_tokens_are_named(const std::filesystem::path& model_directory, const Json& config) {
  RIFT_REQUIRE(
      !std::filesystem::exists(model_directory / "added_tokens.json") || config.contains("added_tokens_decoder"),
      Code::kUnsupported,
      "{}: added_tokens.json beside a vocabulary is not read; save the tokenizer with transformers' "
      "save_pretrained, which writes tokenizer.json",
      model_directory.string());
}

TokenizerSpec read_spec(const std::filesystem::path& directory, const Json& config) {
  const auto there = [&](std::string_view name) { return std::filesystem::exists(directory / name); };
  const auto bytes_of = [&](std::string_view name) { return read_file(directory / name, kMostTokenizerBytes); };
  if (there("tokenizer.json")) {
    TokenizerSpec spec = read_tokenizer_json(bytes_of("tokenizer.json"), "tokenizer.json");
    auto* bert = std::get_if<BertTokenizerSpec>(&spec);
    if (bert != nullptr && bert->normalizer) apply_tokenizer_config(config, kTokenizerConfig, *bert->normalizer);
    return spec;
  }
  require_added_tokens_are_named(directory, config);
  if (there("vocab.txt")) return read_vocabulary(bytes_of("vocab.txt"), "vocab.txt", config);
  if (there("vocab.json") && there("merges.txt")) {
    const std::string vocabulary = bytes_of("vocab.json"), merges = bytes_of("merges.txt");
    return read_merges_files({vocabulary, merges, config, model_type_of(directory)});
  }
  for (const std::string_view name : {"tokenizer.model", "sentencepiece.bpe.model"}) {
    if (!there(name)) continue;
    return pipeline_of(read_sentencepiece_model(bytes_of(name), name), config, model_type_of(directory));
  }
  RIFT_FAIL(Code::kArtefact,
            "{}: neither tokenizer.json nor vocab.txt nor vocab.json with merges.txt nor tokenizer.model is there; is "
            "this a Hugging Face model directory?",
            directory.string());
}

}  // namespace

std::unique_ptr<Tokenizer> load_tokenizer(const std::filesystem::path& model_directory) {
  return make_tokenizer(read_spec(model_directory, read_config(model_directory / kTokenizerConfig)));
}

}  // namespace rift::encode::text
