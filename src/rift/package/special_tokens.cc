#include "rift/package/special_tokens.h"

#include <algorithm>
#include <limits>
#include <string_view>
#include <vector>

namespace rift::package {
namespace {

/// What tokenizers call a token that is there for padding.
constexpr std::string_view kPaddingNames[] = {"<pad>", "<|pad|>", "[PAD]", "<|finetune_right_pad_id|>"};

/// The tokens that `key` of config.json names: none, one or a list. What is no number of a token names none.
std::vector<int64_t> ids_of(const Json& config, std::string_view key) {
  const Json* value = config.find(key);
  if (value == nullptr) return {};
  std::vector<int64_t> ids;
  const auto add = [&](const Json& id) {
    const bool is_token = id.is_integer() && id.as_int() >= 0 && id.as_int() <= std::numeric_limits<int32_t>::max();
    if (is_token) ids.push_back(id.as_int());
  };
  if (value->is_array()) {
    std::ranges::for_each(value->as_array(), add);
  } else {
    add(*value);
  }
  return ids;
}

/// The tokens that the tokenizer itself ends a text with.
std::vector<int64_t> ends(const encode::text::Tokenizer& tokenizer) {
  std::vector<int64_t> ids;
  encode::text::Encoding encoding;
  for (const std::string_view text : {"", "a"}) {
    tokenizer.encode(text, {}, encoding);
    if (!encoding.ids.empty()) ids.push_back(encoding.ids.back());
  }
  return ids;
}

}  // namespace

int32_t token_of_empty_text(const Json& config) {
  for (const std::string_view key : {"bos_token_id", "eos_token_id"}) {
    if (const auto ids = ids_of(config, key); !ids.empty()) return static_cast<int32_t>(ids.front());
  }
  return 0;
}

std::optional<checkpoint::PaddingToken> padding_token(const Json& config, const encode::text::Tokenizer& tokenizer) {
  std::vector<int64_t> candidates = ids_of(config, "pad_token_id");
  for (const std::string_view name : kPaddingNames) candidates.push_back(tokenizer.id(name));
  for (const std::string_view key : {"eos_token_id", "bos_token_id"}) {
    for (const int64_t id : ids_of(config, key)) candidates.push_back(id);
  }
  const std::vector<int64_t> ending = ends(tokenizer);
  for (const int64_t id : candidates) {
    const bool usable = id >= 0 && id < tokenizer.vocab_size() && std::ranges::find(ending, id) == ending.end();
    if (usable) return checkpoint::PaddingToken{id, std::string(tokenizer.token(static_cast<int32_t>(id)))};
  }
  return std::nullopt;
}

}  // namespace rift::package
