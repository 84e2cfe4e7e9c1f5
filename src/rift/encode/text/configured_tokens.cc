#include "rift/encode/text/configured_tokens.h"

#include <algorithm>
#include <charconv>

#include "rift/base/error.h"

namespace rift::encode::text {
namespace {

/// By model_type of config.json.
constexpr std::pair<std::string_view, std::string_view> kClasses[] = {
    {"albert", "AlbertTokenizer"},         {"bert", "BertTokenizer"},         {"distilbert", "DistilBertTokenizer"},
    {"electra", "ElectraTokenizer"},       {"gemma", "GemmaTokenizer"},       {"gemma2", "GemmaTokenizer"},
    {"gemma3", "GemmaTokenizer"},          {"gemma3_text", "GemmaTokenizer"}, {"gpt2", "GPT2Tokenizer"},
    {"llama", "LlamaTokenizer"},           {"mistral", "LlamaTokenizer"},     {"modernbert", "PreTrainedTokenizer"},
    {"qwen2", "Qwen2Tokenizer"},           {"qwen3", "Qwen2Tokenizer"},       {"roberta", "RobertaTokenizer"},
    {"xlm-roberta", "XLMRobertaTokenizer"}};

}  // namespace

AddedToken special_token_of(const Json& value, std::string_view key) {
  AddedToken token;
  token.special = true;
  if (value.is_string()) {
    token.content = value.as_string();
    return token;
  }
  const auto flag = [&](std::string_view name) {
    const Json* found = value.find(name);
    RIFT_REQUIRE(found == nullptr || found->is_bool(), Code::kArtefact, "{}: line {}: {}.{} is not true or false",
                 kTokenizerConfig, value.line(), key, name);
    return found != nullptr && found->as_bool();
  };
  const Json* content = value.find("content");
  RIFT_REQUIRE(content != nullptr && content->is_string(), Code::kArtefact, "{}: line {}: {} is not a token",
               kTokenizerConfig, value.line(), key);
  token.content = content->as_string();
  token.single_word = flag("single_word");
  token.lstrip = flag("lstrip");
  token.rstrip = flag("rstrip");
  token.normalized = flag("normalized");
  if (value.contains("special")) token.special = flag("special");
  return token;
}

std::string tokenizer_class_of(const Json& config, std::string_view model_type) {
  if (const Json* name = config.find("tokenizer_class"); name != nullptr && name->is_string()) {
    std::string_view text = name->as_string();
    if (text.ends_with("Fast")) text.remove_suffix(4);
    return std::string(text);
  }
  const auto* known = std::ranges::find(kClasses, model_type, [](const auto& pair) { return pair.first; });
  return std::string(known != std::end(kClasses) ? known->second : model_type);
}

std::vector<AddedToken> read_added_tokens_decoder(const Json& decoder) {
  RIFT_REQUIRE(decoder.is_object(), Code::kArtefact, "{}: line {}: added_tokens_decoder is not a mapping",
               kTokenizerConfig, decoder.line());
  std::vector<AddedToken> tokens;
  for (const auto& [key, value] : decoder.as_object()) {
    int32_t id = -1;
    const auto [end, error] = std::from_chars(key.data(), key.data() + key.size(), id);
    RIFT_REQUIRE(error == std::errc() && end == key.data() + key.size() && id >= 0, Code::kArtefact,
                 "{}: line {}: added_tokens_decoder: '{}' is not an id", kTokenizerConfig, value.line(), shorten(key));
    tokens.push_back(special_token_of(value, "added_tokens_decoder." + key));
    tokens.back().id = id;
  }
  return tokens;
}

bool configured_flag(const Json& config, std::string_view key, bool usual) {
  const Json* value = config.find(key);
  if (value == nullptr || value->is_null()) return usual;
  RIFT_REQUIRE(value->is_bool(), Code::kArtefact, "{}: line {}: {} is not true or false", kTokenizerConfig,
               value->line(), key);
  return value->as_bool();
}

ConfiguredTokens::ConfiguredTokens(const std::vector<Vocabulary::Token>& vocabulary, const Json& config,
                                   std::string_view source)
    : config_(config), source_(source) {
  for (const auto& token : vocabulary) ids_.emplace(token.text, static_cast<int32_t>(token.id));
  read_decoder();
}

AddedToken ConfiguredTokens::named(std::string_view key, std::string_view usual) const {
  const Json* value = config_.find(key);
  return value == nullptr || value->is_null() ? special_token_of(Json(usual), key) : special_token_of(*value, key);
}

int32_t ConfiguredTokens::required(const AddedToken& token) const {
  const auto found = ids_.find(token.content);
  RIFT_REQUIRE(found != ids_.end(), Code::kArtefact, "{}: the vocabulary has no '{}'", source_, shorten(token.content));
  return found->second;
}

void ConfiguredTokens::add(AddedToken token) {
  const auto found = ids_.find(token.content);
  const auto same = [&](const AddedToken& other) { return other.content == token.content; };
  if (found == ids_.end() || std::ranges::any_of(tokens_, same)) return;
  token.id = found->second;
  tokens_.push_back(std::move(token));
}

void ConfiguredTokens::read_decoder() {
  const Json* decoder = config_.find("added_tokens_decoder");
  if (decoder == nullptr || decoder->is_null()) return;
  for (AddedToken& token : read_added_tokens_decoder(*decoder)) {
    ids_.emplace(token.content, token.id);
    tokens_.push_back(std::move(token));
  }
}

}  // namespace rift::encode::text
