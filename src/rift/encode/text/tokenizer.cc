#include "rift/encode/text/tokenizer.h"

#include "rift/base/error.h"
#include "rift/base/files.h"
#include "rift/base/json_numbers.h"
#include "rift/encode/text/config_over_json.h"
#include "rift/encode/text/configured_tokens.h"
#include "rift/encode/text/pipeline/merges_file.h"
#include "rift/encode/text/pipeline/sentencepiece_model.h"
#include "rift/encode/text/tokenizer_classes.h"
#include "rift/encode/text/tokenizer_json.h"
#include "rift/encode/text/vocabulary_file.h"

namespace rift::encode::text {
namespace {

/// config.json's tokenizer_class, else its model_type; "" where there is neither.
std::string model_type_of(const std::filesystem::path& model_directory) {
  const Json config = read_settings(model_directory / "config.json");
  for (const std::string_view key : {"tokenizer_class", "model_type"}) {
    const Json* type = config.find(key);
    if (type != nullptr && type->is_string()) return type->as_string();
  }
  return "";
}

/// A tokenizer of vocab.txt or vocab.json says itself which tokens were added to it.
void require_added_tokens_are_named(const std::filesystem::path& model_directory, const Json& config) {
  RIFT_REQUIRE(!is_there(model_directory / "added_tokens.json") || config.contains("added_tokens_decoder"),
               Code::kUnsupported,
               "{}: added_tokens.json beside a vocabulary is not read; save the tokenizer with transformers' "
               "save_pretrained, which writes tokenizer.json",
               model_directory.string());
}

/// LlamaTokenizer with add_prefix_space makes nothing of tokenizer.json.
bool rebuilds_of_model(const std::filesystem::path& directory, const Json& config, std::string_view class_name) {
  const TokenizerClass* known = tokenizer_class_named(class_name);
  const Json* prefix = config.find("add_prefix_space");
  if (known == nullptr || !known->rebuilds_of_model || prefix == nullptr || prefix->is_null()) return false;
  RIFT_REQUIRE(is_there(directory / "tokenizer.model"), Code::kUnsupported,
               "{}: add_prefix_space of 'LlamaTokenizer' is made of tokenizer.model, which is not there; lay it beside "
               "tokenizer.json or remove the setting",
               kTokenizerConfig);
  return true;
}

TokenizerSpec read_spec(const std::filesystem::path& directory, const Json& config) {
  const auto there = [&](std::string_view name) { return is_there(directory / name); };
  const auto bytes_of = [&](std::string_view name) { return read_file(directory / name, kMostTokenizerBytes); };
  const std::string class_name = tokenizer_class_in(directory, config);
  if (there("tokenizer.json") && !rebuilds_of_model(directory, config, class_name)) {
    TokenizerSpec spec = read_tokenizer_json(bytes_of("tokenizer.json"), "tokenizer.json");
    if (class_name.empty() && config.size() == 0) return spec;
    const Json special_tokens_map = read_settings(directory / kSpecialTokensMap);
    apply_files_beside({config, special_tokens_map, class_name}, spec);
    return spec;
  }
  require_added_tokens_are_named(directory, config);
  if (there("vocab.txt")) {
    require_class_of_vocabulary(class_name, "vocab.txt");
    return read_vocabulary(bytes_of("vocab.txt"), "vocab.txt", config);
  }
  if (there("vocab.json") && there("merges.txt")) {
    const std::string vocabulary = bytes_of("vocab.json"), merges = bytes_of("merges.txt");
    return read_merges_files({vocabulary, merges, config, class_name});
  }
  for (const std::string_view name : {"tokenizer.model", "sentencepiece.bpe.model"}) {
    if (!there(name)) continue;
    return pipeline_of(read_sentencepiece_model(bytes_of(name), name), config, class_name);
  }
  RIFT_FAIL(Code::kArtefact,
            "{}: neither tokenizer.json nor vocab.txt nor vocab.json with merges.txt nor tokenizer.model is there; is "
            "this a Hugging Face model directory?",
            directory.string());
}

}  // namespace

std::string tokenizer_class_in(const std::filesystem::path& directory, const Json& config) {
  return tokenizer_class_of(config, model_type_of(directory));
}

Json read_settings(const std::filesystem::path& file) {
  if (!is_there(file)) return Json::object();
  return read_json_with_large_numbers(file, {.max_bytes = kMostTokenizerBytes});
}

TokenizerSpec read_tokenizer_files(const std::filesystem::path& model_directory) {
  return read_spec(model_directory, read_settings(model_directory / kTokenizerConfig));
}

std::unique_ptr<Tokenizer> load_tokenizer(const std::filesystem::path& model_directory) {
  return make_tokenizer(read_tokenizer_files(model_directory));
}

}  // namespace rift::encode::text
