#include "rift/encode/text/tokenizer_json.h"

#include "rift/base/error.h"
#include "rift/encode/text/json_place.h"
#include "rift/encode/text/pipeline/pipeline_json.h"

namespace rift::encode::text {
namespace {

void read_wordpiece(const Place& model, BertTokenizerSpec& spec) {
  spec.wordpiece.unk_token = model.at("unk_token").text();
  spec.wordpiece.continuing_subword_prefix = model.at("continuing_subword_prefix").text();
  const Place most = model.at("max_input_chars_per_word");
  most.require(most.whole() >= 0, "a whole number of at least 0");
  spec.wordpiece.max_input_chars_per_word = most.whole();
  spec.vocabulary = read_vocabulary_members(model.at("vocab"), spec.source);
}

void read_bert_normalizer(const Place& normalizer, BertTokenizerSpec& spec) {
  if (normalizer.is_null()) return;
  normalizer.require_type("BertNormalizer");
  auto& options = spec.normalizer.emplace();
  options.clean_text = normalizer.at("clean_text").truth();
  options.handle_chinese_chars = normalizer.at("handle_chinese_chars").truth();
  options.lower_case = normalizer.at("lowercase").truth();
  if (normalizer.has("strip_accents")) options.strip_accents = normalizer.at("strip_accents").truth();
}

std::vector<AddedToken> read_added_tokens(const Place& list) {
  std::vector<AddedToken> tokens;
  if (list.is_null()) return tokens;
  for (size_t i = 0; i < list.items(); ++i) {
    const Place one = list.at(i);
    tokens.push_back({.content = one.at("content").text(),
                      .id = one.at("id").id(),
                      .special = one.at("special").truth(),
                      .single_word = one.at("single_word").truth(),
                      .lstrip = one.at("lstrip").truth(),
                      .rstrip = one.at("rstrip").truth(),
                      .normalized = one.at("normalized").truth()});
  }
  return tokens;
}

void read_bert_post_processor(const Place& processor, BertTokenizerSpec& spec) {
  std::optional<TrimOptions> trim;
  read_post_processor(processor, spec.around, trim);
  if (trim) processor.unsupported("that trims offsets, of a WordPiece model,");
}

/// How the model is known in files of before tokenizers 0.9, which do not name its type, as the library does it.
std::string model_type(const Place& model) {
  model.members();
  if (model.has("type")) return model.at("type").text();
  if (model.has("merges")) return "BPE";
  return model.has("unk_id") ? "Unigram" : "WordPiece";
}

}  // namespace

std::unique_ptr<Tokenizer> make_tokenizer(TokenizerSpec spec) {
  if (auto* bert = std::get_if<BertTokenizerSpec>(&spec)) return make_bert_tokenizer(std::move(*bert));
  return make_pipeline_tokenizer(std::move(std::get<PipelineSpec>(spec)));
}

TokenizerSpec read_tokenizer_json(std::string_view json, std::string_view source) {
  const Json root = parse_json(json, source, {.max_bytes = kMostTokenizerBytes});
  const Place file(root, "", source);
  if (file.has("version") && file.at("version").text() != "1.0") {
    file.at("version").unsupported(fmt::format("'{}'", shorten(file.at("version").text())));
  }
  const Json none;
  const auto part = [&](std::string_view key) {
    return root.contains(key) ? file.at(key) : Place(none, std::string(key), source);
  };
  const Place model = file.at("model");
  const std::string type = model_type(model);
  if (type == "WordPiece") {
    BertTokenizerSpec spec;
    spec.source = source;
    read_wordpiece(model, spec);
    read_bert_normalizer(part("normalizer"), spec);
    if (part("pre_tokenizer").is_null()) file.unsupported("without a pre_tokenizer");
    part("pre_tokenizer").require_type("BertPreTokenizer");
    read_bert_post_processor(part("post_processor"), spec);
    spec.added_tokens = read_added_tokens(part("added_tokens"));
    return spec;
  }
  if (type != "BPE" && type != "Unigram") model.unsupported_type("WordPiece, BPE, Unigram");
  PipelineSpec spec;
  spec.source = source;
  spec.normalizer = read_normalizer_steps(part("normalizer"), source);
  spec.pre_tokenizer = read_pre_tokenizer_steps(part("pre_tokenizer"));
  if (type == "BPE") {
    read_bpe(model, spec);
  } else {
    read_unigram(model, spec);
  }
  const Place processor = part("post_processor");
  read_post_processor(processor, spec.around, spec.trim);
  spec.may_trim = processor.json().contains("trim_offsets");
  spec.added_tokens = read_added_tokens(part("added_tokens"));
  return spec;
}

void apply_tokenizer_config(const Json& config, std::string_view source, BertNormalizerOptions& normalizer) {
  const Place file(config, "", source);
  file.members();
  if (file.has("do_lower_case")) normalizer.lower_case = file.at("do_lower_case").truth();
  if (file.has("tokenize_chinese_chars")) {
    normalizer.handle_chinese_chars = file.at("tokenize_chinese_chars").truth();
  }
  if (!config.contains("strip_accents")) return;
  if (file.at("strip_accents").is_null()) {
    normalizer.strip_accents.reset();
  } else {
    normalizer.strip_accents = file.at("strip_accents").truth();
  }
}

}  // namespace rift::encode::text
