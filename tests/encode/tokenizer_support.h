#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "rift/base/files.h"
#include "rift/base/json.h"
#include "rift/encode/text/tokenizer.h"
#include "rift/encode/text/tokenizer_json.h"

namespace rift::test {

inline const Json& tokenizer_golden() {
  static const Json golden =
      parse_json(read_file("tests/encode/fixtures/tokenizer_golden.json"), "tokenizer_golden.json");
  return golden;
}

/// The small tokenizer.json of the fixture, with a variant's changes.
inline Json small_tokenizer_json(std::string_view variant = "uncased") {
  Json json = tokenizer_golden().at("tokenizer");
  const Json& change = tokenizer_golden().at("variants").at(variant);
  if (const Json* normalizer = change.find("normalizer")) {
    for (const auto& [key, value] : normalizer->as_object()) json["normalizer"][key] = value;
  }
  if (const Json* added = change.find("added_tokens")) json["added_tokens"] = *added;
  return json;
}

inline std::unique_ptr<encode::text::Tokenizer> tokenizer_of(const Json& json) {
  return make_tokenizer(encode::text::read_tokenizer_json(to_json_text(json), "tokenizer.json"));
}

inline encode::text::Encoding encoded(const encode::text::Tokenizer& tokenizer, std::string_view text,
                                      encode::text::EncodeOptions options = {.max_tokens = 0}) {
  encode::text::Encoding encoding;
  tokenizer.encode(text, options, encoding);
  return encoding;
}

inline std::vector<std::string> tokens_of(const encode::text::Tokenizer& tokenizer, std::string_view text) {
  std::vector<std::string> tokens;
  for (const int32_t id : encoded(tokenizer, text, {.max_tokens = 0, .add_special = false}).ids) {
    tokens.emplace_back(tokenizer.token(id));
  }
  return tokens;
}

}  // namespace rift::test
