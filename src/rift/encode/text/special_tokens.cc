#include "rift/encode/text/special_tokens.h"

#include <algorithm>
#include <string>
#include <string_view>

#include "rift/encode/text/configured_tokens.h"
#include "rift/encode/text/tokenizer_json.h"

namespace rift::encode::text {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kKeys[] = {"bos_token", "eos_token", "unk_token", "sep_token",
                                      "pad_token", "cls_token", "mask_token"};
constexpr std::string_view kUsualMasks[] = {"[MASK]", "<mask>"};

/// A token written as a text or as a mapping with its flags; "" for none.
std::string content_of(const Json* token) {
  if (token == nullptr) return "";
  if (token->is_object()) token = token->find("content");
  return token != nullptr && token->is_string() ? token->as_string() : "";
}

/// What the tokenizer puts before and behind a text of at least one token.
void find_around(const Tokenizer& tokenizer, SpecialTokens& found) {
  for (const std::string_view text : {"a", "1", "."}) {
    Encoding bare, whole;
    tokenizer.encode(text, {.max_tokens = 0, .add_special = false}, bare);
    tokenizer.encode(text, {.max_tokens = 0}, whole);
    const auto at = std::ranges::search(whole.ids, bare.ids);
    if (bare.ids.empty() || at.empty()) continue;
    found.before.assign(whole.ids.begin(), at.begin());
    found.after.assign(at.end(), whole.ids.end());
    return;
  }
}

}  // namespace

SpecialTokens find_special_tokens(const Tokenizer& tokenizer, const fs::path& model_directory) {
  SpecialTokens found;
  find_around(tokenizer, found);
  found.all = found.before;
  found.all.insert(found.all.end(), found.after.begin(), found.after.end());
  for (const std::string_view file : {kTokenizerConfig, std::string_view("special_tokens_map.json")}) {
    const Json config = read_settings(model_directory / file);
    for (const std::string_view key : kKeys) {
      const std::string token = content_of(config.find(key));
      const int32_t id = token.empty() ? -1 : tokenizer.id(token);
      if (id < 0) continue;
      found.all.push_back(id);
      if (key == "mask_token" && found.mask < 0) found.mask = id;
      if (key == "eos_token" && found.end < 0) found.end = id;
      if (key == "pad_token" && found.padding < 0) found.padding = id;
    }
  }
  const Json whole = read_settings(model_directory / "tokenizer.json");
  if (const Json* added = whole.find("added_tokens"); added != nullptr && added->is_array()) {
    for (const Json& token : added->as_array()) {
      const Json* special = token.is_object() ? token.find("special") : nullptr;
      if (special == nullptr || !special->is_bool() || !special->as_bool()) continue;
      if (const int32_t id = tokenizer.id(content_of(&token)); id >= 0) found.all.push_back(id);
    }
  }
  for (const std::string_view usual : kUsualMasks) {
    if (found.mask < 0) found.mask = tokenizer.id(usual);
  }
  if (found.mask >= 0) found.all.push_back(found.mask);
  std::ranges::sort(found.all);
  found.all.erase(std::unique(found.all.begin(), found.all.end()), found.all.end());
  return found;
}

}  // namespace rift::encode::text
