#include "rift/encode/text/pipeline/gguf_tokenizer.h"

#include <algorithm>
#include <cmath>

#include "rift/base/error.h"
#include "rift/encode/text/pipeline/score_merges.h"
#include "rift/encode/text/sentencepiece_space.h"
#include "rift/encode/text/utf8.h"

namespace rift::encode::text {
namespace {

constexpr auto kControl = static_cast<int32_t>(GgufTokenType::kControl);
constexpr auto kUserDefined = static_cast<int32_t>(GgufTokenType::kUserDefined);
constexpr std::string_view kContinues = "##";

void require(bool holds, const GgufTokenizer& tokenizer, std::string_view what) {
  RIFT_REQUIRE(holds, Code::kArtefact, "{}: tokenizer.ggml: {}", tokenizer.source, what);
}

/// Spaces as SentencePiece writes them.
std::string written_spaces(size_t count) {
  std::string text;
  for (; count > 0; --count) text += kSentencePieceSpace;
  return text;
}

template <class Spec>
void read_tokens(const GgufTokenizer& tokenizer, Spec& spec) {
  const auto& types = tokenizer.token_types;
  require(types.empty() || types.size() == tokenizer.tokens.size(), tokenizer, "not as many token types as tokens");
  for (size_t id = 0; id < tokenizer.tokens.size(); ++id) {
    const std::string& text = tokenizer.tokens[id];
    require(is_valid_utf8(text), tokenizer, fmt::format("token {} is not UTF-8", id));
    const int32_t type = types.empty() ? 0 : types[id];
    const bool spaces = !text.empty() && text.find_first_not_of(' ') == std::string::npos;
    if (tokenizer.model == "llama" && type == kUserDefined && spaces) {  // Gemma's; the texts have them written by then
      spec.vocabulary.push_back({written_spaces(text.size()), static_cast<int64_t>(id)});
      continue;
    }
    spec.vocabulary.push_back({text, static_cast<int64_t>(id)});
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
              "{}: tokenizer.ggml.pre '{}' is not implemented (gpt-2, llama-bpe, qwen2 and smollm are); take the model "
              "with its tokenizer.json",
              tokenizer.source, shorten(tokenizer.pre));
  }
  spec.model = std::move(options);
  read_tokens_around(tokenizer, tokenizer.pre == "llama-bpe", spec);
}

void read_llama(const GgufTokenizer& tokenizer, PipelineSpec& spec) {
  require(tokenizer.scores.size() == tokenizer.tokens.size(), tokenizer, "not as many scores as tokens");
  RIFT_REQUIRE(tokenizer.pre.empty() || tokenizer.pre == "default", Code::kUnsupported,
               "{}: tokenizer.ggml.pre '{}' is not implemented for the model 'llama' (default is); take the model with "
               "its tokenizer.json",
               tokenizer.source, shorten(tokenizer.pre));
  std::vector<ScoredToken> pieces;
  for (size_t id = 0; id < tokenizer.tokens.size(); ++id) {
    require(std::isfinite(tokenizer.scores[id]), tokenizer, fmt::format("the score of token {} is no number", id));
    pieces.push_back({spec.vocabulary[id].text, tokenizer.scores[id]});
  }
  BpeOptions options{.merges = merges_of_scores(pieces, tokenizer.source), .fuse_unk = true, .byte_fallback = true};
  if (const auto unknown = tokenizer.unknown_token_id) {
    require(*unknown >= 0 && static_cast<size_t>(*unknown) < pieces.size(), tokenizer, "no token is unknown_token_id");
    options.unk_token = pieces[static_cast<size_t>(*unknown)].text;
  }
  if (tokenizer.add_space_prefix) spec.normalizer.emplace_back(PrependStep{std::string(kSentencePieceSpace)});
  spec.normalizer.emplace_back(ReplaceStep{.pattern = " ", .content = std::string(kSentencePieceSpace)});
  spec.model = std::move(options);
  read_tokens_around(tokenizer, true, spec);
}

// ---- WordPiece ----
/// As vocab.txt has it: "\u2581loan" begins a word, "s" continues one, "[CLS]" stands as it is.
std::string word_piece(const std::string& text) {
  if (text.starts_with('[') && text.ends_with(']')) return text;
  if (text.starts_with(kSentencePieceSpace)) return text.substr(kSentencePieceSpace.size());
  return std::string(kContinues) + text;
}

bool has_capital(const std::string& text) {
  return !text.starts_with('[') && std::ranges::any_of(text, [](char c) { return c >= 'A' && c <= 'Z'; });
}

int32_t id_of(const GgufTokenizer& tokenizer, const std::optional<int32_t>& id, std::string_view key) {
  require(id && *id >= 0 && static_cast<size_t>(*id) < tokenizer.tokens.size(), tokenizer,
          fmt::format("no token is {}", key));
  return *id;
}

BertTokenizerSpec bert_of(const GgufTokenizer& tokenizer) {
  BertTokenizerSpec spec;
  spec.source = tokenizer.source;
  read_tokens(tokenizer, spec);
  for (Vocabulary::Token& token : spec.vocabulary) token.text = word_piece(token.text);
  for (AddedToken& token : spec.added_tokens) token.content = word_piece(token.content);
  spec.wordpiece = {
      .unk_token =
          spec.vocabulary[static_cast<size_t>(id_of(tokenizer, tokenizer.unknown_token_id, "unknown_token_id"))].text,
      .continuing_subword_prefix = std::string(kContinues)};
  spec.normalizer.emplace().lower_case =
      std::ranges::none_of(spec.vocabulary, [](const Vocabulary::Token& token) { return has_capital(token.text); });
  spec.around.before = {id_of(tokenizer, tokenizer.bos_token_id, "bos_token_id")};
  spec.around.after = {id_of(tokenizer, tokenizer.sep_token_id, "seperator_token_id")};  // so the format spells it
  return spec;
}

PipelineSpec pipeline_of(const GgufTokenizer& tokenizer) {
  PipelineSpec spec;
  spec.source = tokenizer.source;
  read_tokens(tokenizer, spec);
  if (tokenizer.model == "gpt2") {
    read_byte_level(tokenizer, spec);
  } else {
    read_llama(tokenizer, spec);
  }
  return spec;
}

}  // namespace

TokenizerSpec tokenizer_of(const GgufTokenizer& tokenizer) {
  if (tokenizer.model == "bert") return bert_of(tokenizer);
  if (tokenizer.model == "gpt2" || tokenizer.model == "llama") return pipeline_of(tokenizer);
  RIFT_FAIL(Code::kUnsupported,
            "{}: tokenizer.ggml.model '{}' is not implemented (bert, gpt2 and llama are); take the model with its "
            "tokenizer.json",
            tokenizer.source, shorten(tokenizer.model));
}

}  // namespace rift::encode::text
