#include "rift/encode/text/pipeline/gguf_tokenizer.h"

#include <algorithm>

#include "rift/base/error.h"
#include "rift/encode/text/pipeline/score_merges.h"
#include "rift/encode/text/utf8.h"

namespace rift::encode::text {
namespace {

constexpr int32_t kControl = 3;
constexpr int32_t kUserDefined = 4;

void require(bool holds, const GgufTokenizer& tokenizer, std::string_view what) {
  RIFT_REQUIRE(holds, Code::kArtefact, "{}: tokenizer.ggml: {}", tokenizer.source, what);
}

void read_tokens(const GgufTokenizer& tokenizer, PipelineSpec& spec) {
  const auto& types = tokenizer.token_types;
  require(types.empty() || types.size() == tokenizer.tokens.size(), tokenizer, "not as many token types as tokens");
  for (size_t id = 0; id < tokenizer.tokens.size(); ++id) {
    const std::string& text = tokenizer.tokens[id];
    require(is_valid_utf8(text), tokenizer, fmt::format("token {} is not UTF-8", id));
    spec.vocabulary.push_back({text, static_cast<int64_t>(id)});
    const int32_t type = types.empty() ? 0 : types[id];
    if (type != kControl && type != kUserDefined) continue;
    spec.added_tokens.push_back({.content = text, .id = static_cast<int32_t>(id), .special = type == kControl});
  }
}

void read_tokens_around(const GgufTokenizer& tokenizer, bool usually_begins, PipelineSpec& spec) {
  if (tokenizer.add_bos_token.value_or(usually_begins)) {
    require(tokenizer.bos_token_id.has_value(), tokenizer, "no bos_token_id");
    spec.around.before = {*tokenizer.bos_token_id};
  }
  if (tokenizer.add_eos_token.value_or(false)) {
    require(tokenizer.eos_token_id.has_value(), tokenizer, "no eos_token_id");
    spec.around.after = {*tokenizer.eos_token_id};
  }
}

void read_byte_level(const GgufTokenizer& tokenizer, PipelineSpec& spec) {
  BpeOptions options{.byte_level = true};
  for (const std::string& merge : tokenizer.merges) {
    const size_t space = merge.find(' ', 1);  // no token begins with one
    require(is_valid_utf8(merge) && space != std::string::npos, tokenizer,
            fmt::format("merge {} is not two tokens", options.merges.size() + 1));
    options.merges.push_back({merge.substr(0, space), merge.substr(space + 1)});
  }
  const ByteLevelStep bytes{.use_regex = false};
  if (tokenizer.pre == "gpt-2") {
    spec.pre_tokenizer = {ByteLevelStep{}};
  } else if (tokenizer.pre == "smollm") {
    spec.pre_tokenizer = {DigitsStep{.individual = true}, ByteLevelStep{}};
  } else if (tokenizer.pre == "llama-bpe") {
    options.ignore_merges = true;
    spec.pre_tokenizer = {PatternStep{WordPattern::kLlama3}, bytes};
  } else if (tokenizer.pre == "qwen2") {
    spec.normalizer = {UnicodeForm::kNfc};
    spec.pre_tokenizer = {PatternStep{WordPattern::kQwen2}, bytes};
  } else {
    RIFT_FAIL(Code::kUnsupported,
              "{}: tokenizer.ggml.pre '{}' is not implemented (gpt-2, llama-bpe, qwen2 and smollm are)",
              tokenizer.source, shorten(tokenizer.pre));
  }
  spec.model = std::move(options);
  read_tokens_around(tokenizer, tokenizer.pre == "llama-bpe", spec);
}

void read_llama(const GgufTokenizer& tokenizer, PipelineSpec& spec) {
  require(tokenizer.scores.size() == tokenizer.tokens.size(), tokenizer, "not as many scores as tokens");
  std::vector<ScoredToken> pieces;
  for (size_t id = 0; id < tokenizer.tokens.size(); ++id)
    pieces.push_back({tokenizer.tokens[id], tokenizer.scores[id]});
  BpeOptions options{.merges = merges_of_scores(pieces, tokenizer.source), .fuse_unk = true, .byte_fallback = true};
  if (const auto unknown = tokenizer.unknown_token_id) {
    require(*unknown >= 0 && static_cast<size_t>(*unknown) < pieces.size(), tokenizer, "no token is unknown_token_id");
    options.unk_token = pieces[static_cast<size_t>(*unknown)].text;
  }
  const std::string space = "\u2581";
  if (tokenizer.add_space_prefix) spec.normalizer.emplace_back(PrependStep{space});
  spec.normalizer.emplace_back(ReplaceStep{.pattern = " ", .content = space});
  spec.model = std::move(options);
  read_tokens_around(tokenizer, true, spec);
}

}  // namespace

PipelineSpec pipeline_of(const GgufTokenizer& tokenizer) {
  PipelineSpec spec;
  spec.source = tokenizer.source;
  read_tokens(tokenizer, spec);
  if (tokenizer.model == "gpt2") {
    read_byte_level(tokenizer, spec);
  } else if (tokenizer.model == "llama") {
    read_llama(tokenizer, spec);
  } else {
    RIFT_FAIL(Code::kUnsupported, "{}: tokenizer.ggml.model '{}' is not implemented (gpt2 and llama are)",
              tokenizer.source, shorten(tokenizer.model));
  }
  return spec;
}

}  // namespace rift::encode::text
