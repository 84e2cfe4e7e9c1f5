#include "rift/encode/text/special_tokens.h"

#include <algorithm>
#include <string>
#include <string_view>

#include "rift/encode/text/configured_tokens.h"
#include "rift/encode/text/tokenizer_classes.h"
#include "rift/encode/text/tokenizer_json.h"

namespace rift::encode::text {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kUsualMasks[] = {"[MASK]", "<mask>"};

/// What the tokenizer puts before and behind a text of at least one token.
void find_around(const Tokenizer& tokenizer, SpecialTokens& found) {
  for (const std::string_view text : {"a", "1", "."}) {
    Encoding bare, whole;
    tokenizer.encode(text, {.max_tokens = 0, .add_special = false}, bare);
    tokenizer.encode(text, {.max_tokens = 0}, whole);
    const auto at = std::search(whole.ids.begin(), whole.ids.end(), bare.ids.begin(), bare.ids.end());
    if (bare.ids.empty() || at == whole.ids.end()) continue;
    found.before.assign(whole.ids.begin(), at);
    found.after.assign(at + static_cast<int64_t>(bare.ids.size()), whole.ids.end());
    return;
  }
}

/// Tokens by their roles: those that the files name and, for a role that neither does, that of their class.
class NamedTokens {
 public:
  explicit NamedTokens(const fs::path& directory)
      : config_(read_settings(directory / kTokenizerConfig)),
        map_(read_settings(directory / kSpecialTokensMap)),
        known_(tokenizer_class_named(tokenizer_class_in(directory, config_))) {}

  std::vector<std::string> of(std::string_view role) const {
    std::vector<std::string> tokens;
    bool is_named = false;
    for (const Json* file : {&config_, &map_}) {
      const Json* value = file->find(role);
      is_named |= value != nullptr;
      if (value != nullptr && !value->is_null()) tokens.push_back(special_token_of(*value, role).content);
    }
    if (is_named || known_ == nullptr) return tokens;
    for (const UsualToken& usual : known_->tokens) {
      if (usual.role == role) tokens.emplace_back(usual.text);
    }
    return tokens;
  }

 private:
  Json config_, map_;
  const TokenizerClass* known_;
};

/// Of the added tokens of a tokenizer.json those that it calls special.
std::vector<std::string> special_tokens_in(const Json& tokenizer) {
  std::vector<std::string> tokens;
  const Json* added = tokenizer.find("added_tokens");
  if (added == nullptr || !added->is_array()) return tokens;
  for (const Json& token : added->as_array()) {
    if (!token.contains("special")) continue;
    AddedToken read = special_token_of(token, "added_tokens");
    if (read.special) tokens.push_back(std::move(read.content));
  }
  return tokens;
}

}  // namespace

SpecialTokens find_special_tokens(const Tokenizer& tokenizer, const fs::path& model_directory) {
  SpecialTokens found;
  find_around(tokenizer, found);
  found.all = found.before;
  found.all.insert(found.all.end(), found.after.begin(), found.after.end());
  const NamedTokens named(model_directory);
  const auto add = [&](std::string_view token) {
    const int32_t id = tokenizer.id(token);
    if (id >= 0) found.all.push_back(id);
    return id;
  };
  for (const std::string_view role : kTokenRoles) {
    for (const std::string& token : named.of(role)) {
      const int32_t id = add(token);
      if (role == "mask_token" && found.mask < 0) found.mask = id;
      if (role == "eos_token" && found.end < 0) found.end = id;
      if (role == "pad_token" && found.padding < 0) found.padding = id;
    }
  }
  for (const std::string& token : special_tokens_in(read_settings(model_directory / "tokenizer.json"))) add(token);
  for (const std::string_view usual : kUsualMasks) {
    if (found.mask < 0) found.mask = add(usual);
  }
  std::ranges::sort(found.all);
  found.all.erase(std::unique(found.all.begin(), found.all.end()), found.all.end());
  return found;
}

}  // namespace rift::encode::text
