#include "rift/encode/text/write_tokenizer_json.h"

#include <algorithm>
#include <string>
#include <utility>

#include "rift/base/error.h"
#include "rift/encode/text/sentencepiece_space.h"

namespace rift::encode::text {
namespace {

[[noreturn]] void fail_unwritten(std::string_view source, std::string_view what) {
  RIFT_FAIL(Code::kUnsupported, "{}: a tokenizer.json with {} is not written; keep the tokenizer's own files", source,
            what);
}

Json written(const AddedToken& token) {
  return Json{{"id", int64_t{token.id}}, {"content", token.content}, {"single_word", token.single_word},
              {"lstrip", token.lstrip},  {"rstrip", token.rstrip},   {"normalized", token.normalized},
              {"special", token.special}};
}

/// In order of ids, which is how the library wants them.
Json added_tokens(std::vector<AddedToken> tokens) {
  std::ranges::stable_sort(tokens, {}, &AddedToken::id);
  Json list = Json::array();
  for (const AddedToken& token : tokens) list.push_back(written(token));
  return list;
}

/// Members as a list: a lookup for each of 100,000 tokens would take long.
Json vocabulary(const std::vector<Vocabulary::Token>& tokens) {
  Json::Object members;
  members.reserve(tokens.size());
  for (const Vocabulary::Token& token : tokens) members.push_back({token.text, Json(token.id)});
  return Json(std::move(members));
}

std::string text_of(const std::vector<Vocabulary::Token>& tokens, int32_t id) {
  const auto found = std::ranges::find(tokens, int64_t{id}, &Vocabulary::Token::id);
  RIFT_CHECK(found != tokens.end());
  return found->text;
}

/// One part of a sequence alone, several in a Sequence, none as null.
Json sequence(std::vector<Json> parts, const char* members) {
  if (parts.empty()) return {};
  if (parts.size() == 1) return std::move(parts.front());
  return Json{{"type", "Sequence"}, {members, Json(std::move(parts))}};
}

/// [CLS] A [SEP] and [CLS] A [SEP] B [SEP]; what stands before the first text stands before the second one too where
/// nothing stands behind them (<s> A <s> B).
Json post_processor(const TokensAround& around, const std::vector<Vocabulary::Token>& tokens) {
  if (around.before.empty() && around.after.empty()) return {};
  Json known = Json::object();
  const auto append_special = [&](Json& list, const std::vector<int32_t>& ids, int type) {
    for (const int32_t id : ids) {
      const std::string text = text_of(tokens, id);
      list.push_back(Json{{"SpecialToken", Json{{"id", text}, {"type_id", type}}}});
      known[text] = Json{{"id", text}, {"ids", std::vector<int64_t>{id}}, {"tokens", std::vector<std::string>{text}}};
    }
  };
  const auto append = [&](Json& list, const char* name, int type) {
    if (type == 0 || around.after.empty()) append_special(list, around.before, type);
    list.push_back(Json{{"Sequence", Json{{"id", name}, {"type_id", type}}}});
    append_special(list, around.after, type);
  };
  Json single = Json::array();
  append(single, "A", 0);
  Json pair = single;
  append(pair, "B", 1);
  return Json{{"type", "TemplateProcessing"},
              {"single", std::move(single)},
              {"pair", std::move(pair)},
              {"special_tokens", std::move(known)}};
}

Json around(const std::vector<AddedToken>& added, Json normalizer, Json pre_tokenizer, Json processor, Json decoder,
            Json model) {
  return Json{{"version", "1.0"},
              {"truncation", nullptr},
              {"padding", nullptr},
              {"added_tokens", added_tokens(added)},
              {"normalizer", std::move(normalizer)},
              {"pre_tokenizer", std::move(pre_tokenizer)},
              {"post_processor", std::move(processor)},
              {"decoder", std::move(decoder)},
              {"model", std::move(model)}};
}

// ---- WordPiece ----
Json bert_json(const BertTokenizerSpec& spec) {
  if (!spec.normalizer) fail_unwritten(spec.source, "WordPiece and no normalizer");
  const BertNormalizerOptions& rules = *spec.normalizer;
  return around(spec.added_tokens,
                Json{{"type", "BertNormalizer"},
                     {"clean_text", rules.clean_text},
                     {"handle_chinese_chars", rules.handle_chinese_chars},
                     {"strip_accents", rules.strip_accents ? Json(*rules.strip_accents) : Json()},
                     {"lowercase", rules.lower_case}},
                Json{{"type", "BertPreTokenizer"}}, post_processor(spec.around, spec.vocabulary),
                Json{{"type", "WordPiece"}, {"prefix", spec.wordpiece.continuing_subword_prefix}, {"cleanup", true}},
                Json{{"type", "WordPiece"},
                     {"unk_token", spec.wordpiece.unk_token},
                     {"continuing_subword_prefix", spec.wordpiece.continuing_subword_prefix},
                     {"max_input_chars_per_word", spec.wordpiece.max_input_chars_per_word},
                     {"vocab", vocabulary(spec.vocabulary)}});
}

// ---- BPE ----
Json normalizer(const PipelineSpec& spec) {
  std::vector<Json> parts;
  for (const NormalizerStep& step : spec.normalizer) {
    if (const auto* form = std::get_if<UnicodeForm>(&step); form != nullptr && *form == UnicodeForm::kNfc) {
      parts.push_back(Json{{"type", "NFC"}});
    } else if (const auto* prepend = std::get_if<PrependStep>(&step)) {
      parts.push_back(Json{{"type", "Prepend"}, {"prepend", prepend->text}});
    } else if (const auto* replace = std::get_if<ReplaceStep>(&step); replace != nullptr && !replace->repeats) {
      parts.push_back(
          Json{{"type", "Replace"}, {"pattern", Json{{"String", replace->pattern}}}, {"content", replace->content}});
    } else {
      fail_unwritten(spec.source, "this normalizer");
    }
  }
  return sequence(std::move(parts), "normalizers");
}

Json pre_tokenizer(const PipelineSpec& spec) {
  std::vector<Json> parts;
  for (const PreTokenizerStep& step : spec.pre_tokenizer) {
    if (const auto* bytes = std::get_if<ByteLevelStep>(&step)) {
      parts.push_back(Json{{"type", "ByteLevel"},
                           {"add_prefix_space", bytes->add_prefix_space},
                           {"trim_offsets", false},
                           {"use_regex", bytes->use_regex}});
    } else if (const auto* words = std::get_if<PatternStep>(&step)) {
      parts.push_back(Json{{"type", "Split"},
                           {"pattern", Json{{"Regex", regular_expression(words->pattern)}}},
                           {"behavior", "Isolated"},
                           {"invert", false}});
    } else if (const auto* digits = std::get_if<DigitsStep>(&step)) {
      parts.push_back(Json{{"type", "Digits"}, {"individual_digits", digits->individual}});
    } else {
      fail_unwritten(spec.source, "this pre-tokenizer");
    }
  }
  return sequence(std::move(parts), "pretokenizers");
}

/// Ids to text; rift does not need it, generating programs do.
Json decoder(const PipelineSpec& spec, const BpeOptions& model) {
  if (model.byte_level) {
    return Json{{"type", "ByteLevel"}, {"add_prefix_space", true}, {"trim_offsets", true}, {"use_regex", true}};
  }
  std::vector<Json> parts = {
      Json{{"type", "Replace"}, {"pattern", Json{{"String", kSentencePieceSpace}}}, {"content", " "}},
      Json{{"type", "ByteFallback"}},
      Json{{"type", "Fuse"}},
  };
  const bool has_prefix = std::ranges::any_of(
      spec.normalizer, [](const NormalizerStep& step) { return std::holds_alternative<PrependStep>(step); });
  if (has_prefix) parts.push_back(Json{{"type", "Strip"}, {"content", " "}, {"start", 1}, {"stop", 0}});
  return sequence(std::move(parts), "decoders");
}

Json bpe_model(const PipelineSpec& spec, const BpeOptions& model) {
  Json::Array merges;
  merges.reserve(model.merges.size());
  for (const auto& merge : model.merges) merges.push_back(Json(std::vector<std::string>{merge.left, merge.right}));
  return Json{{"type", "BPE"},
              {"dropout", nullptr},
              {"unk_token", model.unk_token ? Json(*model.unk_token) : Json()},
              {"continuing_subword_prefix", nullptr},
              {"end_of_word_suffix", nullptr},
              {"fuse_unk", model.fuse_unk},
              {"byte_fallback", model.byte_fallback},
              {"ignore_merges", model.ignore_merges},
              {"vocab", vocabulary(spec.vocabulary)},
              {"merges", Json(std::move(merges))}};
}

Json pipeline_json(const PipelineSpec& spec) {
  const auto* model = std::get_if<BpeOptions>(&spec.model);
  if (model == nullptr) fail_unwritten(spec.source, "a Unigram model");
  if (spec.trim) fail_unwritten(spec.source, "trimmed offsets");
  return around(spec.added_tokens, normalizer(spec), pre_tokenizer(spec), post_processor(spec.around, spec.vocabulary),
                decoder(spec, *model), bpe_model(spec, *model));
}

}  // namespace

Json tokenizer_json(const TokenizerSpec& spec) {
  if (const auto* bert = std::get_if<BertTokenizerSpec>(&spec)) return bert_json(*bert);
  return pipeline_json(std::get<PipelineSpec>(spec));
}

}  // namespace rift::encode::text
