#include "rift/encode/text/tokenizer.h"

#include "rift/base/error.h"
#include "rift/base/files.h"
#include "rift/encode/text/tokenizer_json.h"
#include "rift/encode/text/vocabulary_file.h"

namespace rift::encode::text {
namespace {

Json read_config(const std::filesystem::path& path) {
  if (!std::filesystem::exists(path)) return Json::object();
  return parse_json(read_file(path, kMostTokenizerBytes), path.filename().string(), {.max_bytes = kMostTokenizerBytes});
}

}  // namespace

std::unique_ptr<Tokenizer> load_tokenizer(const std::filesystem::path& model_directory) {
  const auto json = model_directory / "tokenizer.json";
  const auto vocabulary = model_directory / "vocab.txt";
  const Json config = read_config(model_directory / "tokenizer_config.json");
  if (std::filesystem::exists(json)) {
    BertTokenizerSpec spec = read_tokenizer_json(read_file(json, kMostTokenizerBytes), "tokenizer.json");
    if (spec.normalizer) apply_tokenizer_config(config, "tokenizer_config.json", *spec.normalizer);
    return make_bert_tokenizer(std::move(spec));
  }
  RIFT_REQUIRE(std::filesystem::exists(vocabulary), Code::kArtefact,
               "{}: neither tokenizer.json nor vocab.txt is there; is this a Hugging Face model directory?",
               model_directory.string());
  RIFT_REQUIRE(!std::filesystem::exists(model_directory / "added_tokens.json"), Code::kUnsupported,
               "{}: added_tokens.json beside a vocab.txt is not read; save the tokenizer with transformers' "
               "save_pretrained, which writes tokenizer.json",
               model_directory.string());
  return make_bert_tokenizer(read_vocabulary(read_file(vocabulary, kMostTokenizerBytes), "vocab.txt", config));
}

}  // namespace rift::encode::text
