#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "rift/base/error.h"
#include "rift/base/json.h"
#include "rift/base/options.h"

/// Reads config.json of a Hugging Face model into an architecture's options. What is not implemented is refused by
/// name, never approximated.
namespace rift::models {

inline constexpr double kLargestSize = 16'777'216;  // of anything in a config.json: 2^24

/// A setting with one value that is implemented; others change what the model computes. Where that value is false, null
/// says the same.
struct FixedSetting {
  std::string_view key;
  std::string_view json;
};

/// What config.json of an architecture may say beside its options.
struct ConfigRules {
  std::string_view title;                           // "a BERT", for errors
  std::span<const std::string_view> required;       // options without a default
  std::span<const FixedSetting> fixed = {};         // beside those of every encoder
  std::span<const std::string_view> harmless = {};  // keys that do not change the states, beside those of every model
  std::span<const std::string_view> read_elsewhere = {};  // keys with a reader of their own
};

/// The members of `config` that `options` describes. Throws kUnsupported for a setting that is not implemented,
/// kArtefact when a required one is missing.
Json option_members(const Json& config, std::string_view source, const ConfigRules& rules, const OptionDoc& options);

/// Throws kArtefact when `heads`, the value of `key`, does not divide the width.
void require_heads_divide(int64_t heads, int64_t width, std::string_view key, std::string_view source);

/// Row of the token embeddings that padding has, by pad_token_id; `left_out`: what transformers takes it for where
/// config.json does not have the key. None for null.
std::optional<int64_t> padding_row(const Json& config, std::optional<int64_t> left_out);

/// Reads a config.json. `source` names it in errors. Keys that say nothing about what the model computes (labels,
/// versions, settings of text generation ...) are passed over; every other key that is unknown and set is refused.
/// Throws kUnsupported naming the setting that is not implemented, kArtefact when a value is missing or wrong.
template <class Options>
Options read_config(const Json& config, std::string_view source, const ConfigRules& rules) {
  const Json members = option_members(config, source, rules, describe_options<Options>());
  Options options;
  try {
    read_options(members, source, options);
  } catch (const Error& error) {  // a file of the model is at fault, not the user's configuration
    throw Error(Code::kArtefact, error.message(), error.where());
  }
  return options;
}

}  // namespace rift::models
