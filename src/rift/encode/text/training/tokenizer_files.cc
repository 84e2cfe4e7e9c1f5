#include "rift/encode/text/training/tokenizer_files.h"

#include <algorithm>

#include "rift/base/json.h"

namespace rift::encode::text {
namespace {

constexpr std::string_view kRobertaMask = "<mask>";

/// transformers' RobertaTokenizer takes the space before its mask along.
bool takes_space_before(const TokenizerTrainingOptions& options, std::string_view token) {
  return std::holds_alternative<RobertaTraining>(options.kind) && token == kRobertaMask;
}

Json flags_of(const TokenizerTrainingOptions& options, const std::string& token) {
  return Json{{"content", token}, {"single_word", false}, {"lstrip", takes_space_before(options, token)},
              {"rstrip", false},  {"normalized", false},  {"special", true}};
}

Json added_tokens(const TokenizerTrainingOptions& options, const LearnedMerges& learned, size_t special) {
  Json list = Json::array();
  for (size_t id = 0; id < special; ++id) {
    Json token{{"id", static_cast<int64_t>(id)}};
    const Json flags = flags_of(options, learned.tokens[id]);
    for (const auto& [key, value] : flags.as_object()) token[key] = value;
    list.push_back(std::move(token));
  }
  return list;
}

Json vocabulary_of(const LearnedMerges& learned) {
  Json::Object members;
  members.reserve(learned.tokens.size());
  for (size_t id = 0; id < learned.tokens.size(); ++id) {
    members.push_back({learned.tokens[id], Json(static_cast<int64_t>(id))});
  }
  return Json(std::move(members));
}

int64_t id_of(const LearnedMerges& learned, std::string_view token) {
  return std::ranges::find(learned.tokens, token) - learned.tokens.begin();
}

/// ["[CLS]", 2]
Json token_and_id(const LearnedMerges& learned, std::string_view token) {
  return Json(Json::Array{Json(token), Json(id_of(learned, token))});
}

Json template_piece(std::string_view kind, std::string_view id, int64_t type) {
  return Json{{std::string(kind), Json{{"id", id}, {"type_id", type}}}};
}

/// [CLS] A [SEP] and [CLS] A [SEP] B [SEP], as BertTokenizerFast writes them.
Json bert_template(const LearnedMerges& learned) {
  const Json cls = template_piece("SpecialToken", "[CLS]", 0), sep = template_piece("SpecialToken", "[SEP]", 0);
  const Json a = template_piece("Sequence", "A", 0), b = template_piece("Sequence", "B", 1);
  Json tokens = Json::object();
  for (const std::string_view name : {"[CLS]", "[SEP]"}) {
    tokens[name] = Json{{"id", name},
                        {"ids", Json(Json::Array{Json(id_of(learned, name))})},
                        {"tokens", Json(Json::Array{Json(name)})}};
  }
  return Json{{"type", "TemplateProcessing"},
              {"single", Json(Json::Array{cls, a, sep})},
              {"pair", Json(Json::Array{cls, a, sep, b, template_piece("SpecialToken", "[SEP]", 1)})},
              {"special_tokens", tokens}};
}

struct Parts {
  Json normalizer, pre_tokenizer, post_processor, decoder, model;
};

Json byte_level(bool add_prefix_space, bool trim_offsets) {
  return Json{{"type", "ByteLevel"},
              {"add_prefix_space", add_prefix_space},
              {"trim_offsets", trim_offsets},
              {"use_regex", true}};
}

Parts parts_of(const BertTraining& kind, const LearnedMerges& learned) {
  return {.normalizer = Json{{"type", "BertNormalizer"},
                             {"clean_text", true},
                             {"handle_chinese_chars", kind.handle_chinese_chars},
                             {"strip_accents", kind.strip_accents ? Json(*kind.strip_accents) : Json()},
                             {"lowercase", kind.lower_case}},
          .pre_tokenizer = Json{{"type", "BertPreTokenizer"}},
          .post_processor = bert_template(learned),
          .decoder = Json{{"type", "WordPiece"}, {"prefix", "##"}, {"cleanup", true}},
          .model = Json{{"type", "WordPiece"},
                        {"unk_token", "[UNK]"},
                        {"continuing_subword_prefix", "##"},
                        {"max_input_chars_per_word", 100},
                        {"vocab", vocabulary_of(learned)}}};
}

Json bpe_of(const LearnedMerges& learned) {
  Json merges = Json::array();
  for (const auto& [left, right] : learned.merges) {
    merges.push_back(Json(Json::Array{Json(learned.tokens[static_cast<size_t>(left)]),
                                      Json(learned.tokens[static_cast<size_t>(right)])}));
  }
  return Json{{"type", "BPE"},
              {"dropout", nullptr},
              {"unk_token", nullptr},
              {"continuing_subword_prefix", nullptr},
              {"end_of_word_suffix", nullptr},
              {"fuse_unk", false},
              {"byte_fallback", false},
              {"ignore_merges", false},
              {"vocab", vocabulary_of(learned)},
              {"merges", std::move(merges)}};
}

Parts parts_of(const RobertaTraining& kind, const LearnedMerges& learned) {
  return {.normalizer = {},
          .pre_tokenizer = byte_level(kind.add_prefix_space, true),
          .post_processor = Json{{"type", "RobertaProcessing"},
                                 {"sep", token_and_id(learned, "</s>")},
                                 {"cls", token_and_id(learned, "<s>")},
                                 {"trim_offsets", true},
                                 {"add_prefix_space", kind.add_prefix_space}},
          .decoder = byte_level(true, true),
          .model = bpe_of(learned)};
}

Parts parts_of(const Gpt2Training& kind, const LearnedMerges& learned) {
  return {.normalizer = {},
          .pre_tokenizer = byte_level(kind.add_prefix_space, true),
          .post_processor = byte_level(true, false),
          .decoder = byte_level(true, true),
          .model = bpe_of(learned)};
}

std::string tokenizer_json(const TokenizerTrainingOptions& options, const LearnedMerges& learned, size_t special) {
  Parts parts = std::visit([&](const auto& kind) { return parts_of(kind, learned); }, options.kind);
  return to_json_text(Json{{"version", "1.0"},
                           {"truncation", nullptr},
                           {"padding", nullptr},
                           {"added_tokens", added_tokens(options, learned, special)},
                           {"normalizer", std::move(parts.normalizer)},
                           {"pre_tokenizer", std::move(parts.pre_tokenizer)},
                           {"post_processor", std::move(parts.post_processor)},
                           {"decoder", std::move(parts.decoder)},
                           {"model", std::move(parts.model)}},
                      2);
}

void add_settings(const BertTraining& kind, Json& config) {
  config["do_lower_case"] = kind.lower_case;
  config["strip_accents"] = kind.strip_accents ? Json(*kind.strip_accents) : Json();
  config["tokenize_chinese_chars"] = kind.handle_chinese_chars;
}

void add_settings(const ByteLevelTraining& kind, Json& config) {
  config["add_prefix_space"] = kind.add_prefix_space;
  config["errors"] = "replace";
}

constexpr std::string_view class_of(const BertTraining&) { return "BertTokenizer"; }
constexpr std::string_view class_of(const RobertaTraining&) { return "RobertaTokenizer"; }
constexpr std::string_view class_of(const Gpt2Training&) { return "GPT2Tokenizer"; }

/// The special tokens by their roles; further ones stand in a list.
Json roles_of(const TokenizerTrainingOptions& options) {
  Json roles = Json::object();
  for (const auto& [role, text] : special_tokens_of(options)) roles[role] = Json(text);
  if (!options.special_tokens.empty()) roles["additional_special_tokens"] = Json(options.special_tokens);
  return roles;
}

std::string tokenizer_config(const TokenizerTrainingOptions& options, const LearnedMerges& learned, size_t special) {
  Json decoder = Json::object();
  for (size_t id = 0; id < special; ++id) decoder[std::to_string(id)] = flags_of(options, learned.tokens[id]);
  Json config{{"added_tokens_decoder", std::move(decoder)},
              {"clean_up_tokenization_spaces", false},
              {"model_max_length", options.max_tokens}};
  const Json roles = roles_of(options);
  for (const auto& [role, token] : roles.as_object()) config[role] = token;
  std::visit(
      [&](const auto& kind) {
        add_settings(kind, config);
        config["tokenizer_class"] = class_of(kind);
      },
      options.kind);
  return to_json_text(config, 2);
}

std::string vocab_txt(const LearnedMerges& learned) {
  std::string text;
  for (const std::string& token : learned.tokens) (text += token) += '\n';
  return text;
}

std::string merges_txt(const LearnedMerges& learned) {
  std::string text = "#version: 0.2\n";
  for (const auto& [left, right] : learned.merges) {
    ((text += learned.tokens[static_cast<size_t>(left)]) += ' ') += learned.tokens[static_cast<size_t>(right)];
    text += '\n';
  }
  return text;
}

}  // namespace

std::vector<SpecialToken> special_tokens_of(const TokenizerTrainingOptions& options) {
  if (std::holds_alternative<BertTraining>(options.kind)) {
    return {{"pad_token", "[PAD]"},
            {"unk_token", "[UNK]"},
            {"cls_token", "[CLS]"},
            {"sep_token", "[SEP]"},
            {"mask_token", "[MASK]"}};
  }
  if (std::holds_alternative<RobertaTraining>(options.kind)) {
    return {{"bos_token", "<s>"},  {"cls_token", "<s>"},   {"pad_token", "<pad>"},      {"eos_token", "</s>"},
            {"sep_token", "</s>"}, {"unk_token", "<unk>"}, {"mask_token", kRobertaMask}};
  }
  constexpr std::string_view kEnd = "<|endoftext|>";
  return {{"bos_token", kEnd}, {"eos_token", kEnd}, {"unk_token", kEnd}};
}

std::vector<std::pair<std::string, std::string>> tokenizer_files(const TokenizerTrainingOptions& options,
                                                                 const LearnedMerges& learned, size_t special) {
  std::vector<std::pair<std::string, std::string>> files = {
      {"tokenizer.json", tokenizer_json(options, learned, special)},
      {"tokenizer_config.json", tokenizer_config(options, learned, special)},
      {"special_tokens_map.json", to_json_text(roles_of(options), 2)}};
  if (std::holds_alternative<BertTraining>(options.kind)) {
    files.emplace_back("vocab.txt", vocab_txt(learned));
  } else {
    files.emplace_back("vocab.json", to_json_text(vocabulary_of(learned)));
    files.emplace_back("merges.txt", merges_txt(learned));
  }
  return files;
}

}  // namespace rift::encode::text
