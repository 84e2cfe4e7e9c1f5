#include "rift/encode/text/pipeline/merges_file.h"

#include <algorithm>

#include "rift/base/error.h"
#include "rift/base/utf8.h"
#include "rift/encode/text/configured_tokens.h"
#include "rift/encode/text/pipeline/pipeline_json.h"
#include "rift/encode/text/tokenizer_json.h"

namespace rift::encode::text {
namespace {

constexpr std::string_view kVocabulary = "vocab.json";

std::vector<BpeOptions::Merge> merges_of(std::string_view text) {
  RIFT_REQUIRE(!first_invalid_utf8(text), Code::kArtefact, "merges.txt: is not UTF-8");
  std::vector<BpeOptions::Merge> merges;
  int64_t number = 0;
  for (size_t at = 0; at < text.size();) {
    const size_t end = std::min(text.find('\n', at), text.size());
    std::string_view line = text.substr(at, end - at);
    at = end + 1;
    ++number;
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (line.empty() || line.starts_with("#version")) continue;
    const size_t space = line.find(' ');
    RIFT_REQUIRE(space != std::string_view::npos && line.find(' ', space + 1) == std::string_view::npos,
                 Code::kArtefact, "merges.txt: line {}: expected two tokens with a space between them", number);
    merges.push_back({std::string(line.substr(0, space)), std::string(line.substr(space + 1))});
  }
  return merges;
}

void add_all(ConfiguredTokens& tokens, std::initializer_list<std::pair<std::string_view, std::string_view>> named) {
  for (const auto& [key, usual] : named) tokens.add(tokens.named(key, usual));
}

void read_gpt2(const Json& config, ConfiguredTokens& tokens, PipelineSpec& spec) {
  spec.pre_tokenizer = {ByteLevelStep{.add_prefix_space = configured_flag(config, "add_prefix_space", false)}};
  constexpr std::string_view kEnd = "<|endoftext|>";
  if (configured_flag(config, "add_bos_token", false))
    spec.around.before = {tokens.required(tokens.named("bos_token", kEnd))};
  add_all(tokens, {{"bos_token", kEnd}, {"eos_token", kEnd}, {"unk_token", kEnd}});
}

void read_roberta(const Json& config, ConfiguredTokens& tokens, PipelineSpec& spec) {
  const bool add_prefix_space = configured_flag(config, "add_prefix_space", false);
  spec.pre_tokenizer = {ByteLevelStep{.add_prefix_space = add_prefix_space}};
  spec.trim = TrimOptions{add_prefix_space};
  spec.around.before = {tokens.required(tokens.named("cls_token", "<s>"))};
  spec.around.after = {tokens.required(tokens.named("sep_token", "</s>"))};
  add_all(tokens, {{"bos_token", "<s>"},
                   {"eos_token", "</s>"},
                   {"unk_token", "<unk>"},
                   {"sep_token", "</s>"},
                   {"pad_token", "<pad>"},
                   {"cls_token", "<s>"}});
  AddedToken mask = tokens.named("mask_token", "<mask>");
  const Json* written = config.find("mask_token");
  if (written == nullptr || !written->is_object()) mask.lstrip = true;  // as RobertaTokenizer makes it of a text
  tokens.add(std::move(mask));
}

void read_qwen2(const Json& config, ConfiguredTokens& tokens, PipelineSpec& spec) {
  spec.normalizer = {UnicodeForm::kNfc};
  spec.pre_tokenizer = {
      PatternStep{WordPattern::kQwen2},
      ByteLevelStep{.add_prefix_space = configured_flag(config, "add_prefix_space", false), .use_regex = false}};
  add_all(tokens, {{"eos_token", "<|endoftext|>"}, {"pad_token", "<|endoftext|>"}, {"unk_token", "<|endoftext|>"}});
}

}  // namespace

PipelineSpec read_merges_files(const MergesFiles& files) {
  PipelineSpec spec;
  spec.source = kVocabulary;
  const Json vocabulary = parse_json(files.vocabulary, kVocabulary, {.max_bytes = kMostTokenizerBytes});
  spec.vocabulary = read_vocabulary_members(Place(vocabulary, "", kVocabulary), kVocabulary);
  spec.model = BpeOptions{.merges = merges_of(files.merges), .byte_level = true};
  ConfiguredTokens tokens(spec.vocabulary, files.config, kVocabulary);
  const std::string name = tokenizer_class_of(files.config, files.model_type);
  if (name == "GPT2Tokenizer") {
    read_gpt2(files.config, tokens, spec);
  } else if (name == "RobertaTokenizer") {
    read_roberta(files.config, tokens, spec);
  } else if (name == "Qwen2Tokenizer") {
    read_qwen2(files.config, tokens, spec);
  } else {
    RIFT_FAIL(Code::kUnsupported,
              "vocab.json and merges.txt of '{}' are not implemented (GPT2Tokenizer, RobertaTokenizer and "
              "Qwen2Tokenizer are); tokenizer_config.json or config.json has to name it. transformers' "
              "save_pretrained writes tokenizer.json, which needs neither",
              shorten(name));
  }
  spec.added_tokens = tokens.take();
  return spec;
}

}  // namespace rift::encode::text
