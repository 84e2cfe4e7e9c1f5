#include "rift/encode/text/tokenizer_json.h"

#include "rift/base/error.h"

namespace rift::encode::text {
namespace {

/// A JSON value together with where it stands, for errors.
class Place {
 public:
  Place(const Json& json, std::string path, std::string_view source)
      : json_(&json), path_(std::move(path)), source_(source) {}

  const Json& json() const { return *json_; }
  bool is_null() const { return json_->is_null(); }
  bool has(std::string_view key) const { return json_->contains(key) && !json_->find(key)->is_null(); }

  Place at(std::string_view key) const {
    require(json_->is_object(), "a mapping");
    const Json* found = json_->find(key);
    RIFT_REQUIRE(found != nullptr, Code::kArtefact, "{}: line {}: {} has no '{}'", source_, json_->line(), shown(),
                 key);
    return {*found, path_.empty() ? std::string(key) : fmt::format("{}.{}", path_, key), source_};
  }
  Place at(size_t index) const { return {json_->as_array()[index], fmt::format("{}[{}]", path_, index), source_}; }
  size_t items() const {
    require(json_->is_array(), "a list");
    return json_->size();
  }
  const Json::Object& members() const {
    require(json_->is_object(), "a mapping");
    return json_->as_object();
  }
  bool truth() const {
    require(json_->is_bool(), "true or false");
    return json_->as_bool();
  }
  const std::string& text() const {
    require(json_->is_string(), "a text");
    return json_->as_string();
  }
  int64_t whole() const {
    require(json_->is_integer(), "a whole number");
    return json_->as_int();
  }
  int32_t id() const {
    require(json_->is_integer() && json_->as_int() >= 0 && json_->as_int() < Vocabulary::kMostIds, "a token's id");
    return static_cast<int32_t>(json_->as_int());
  }
  void require(bool holds, std::string_view expected) const {
    RIFT_REQUIRE(holds, Code::kArtefact, "{}: line {}: {}: expected {}, got {}", source_, json_->line(), shown(),
                 expected, json_->is_integer() ? std::to_string(json_->as_int()) : std::string(json_->kind_name()));
  }
  [[noreturn]] void unsupported(std::string_view what) const {
    RIFT_FAIL(Code::kUnsupported, "{}: line {}: {} {} is not implemented", source_, json_->line(), shown(), what);
  }
  /// Of a part that has to be of one type.
  void require_type(std::string_view expected) const {
    const std::string& type = at("type").text();
    if (type != expected) unsupported(fmt::format("'{}' (implemented: {})", shorten(type), expected));
  }

 private:
  std::string shown() const { return path_.empty() ? "the file" : path_; }
  const Json* json_;
  std::string path_;
  std::string_view source_;
};

/// Files of before tokenizers 0.9 do not name the model's type; WordPiece is known by its keys, as the library does it.
void require_wordpiece(const Place& model) {
  model.members();
  if (model.has("type") || !model.has("continuing_subword_prefix") || model.has("merges")) {
    model.require_type("WordPiece");
  }
}

void read_model(const Place& model, BertTokenizerSpec& spec) {
  require_wordpiece(model);
  spec.wordpiece.unk_token = model.at("unk_token").text();
  spec.wordpiece.continuing_subword_prefix = model.at("continuing_subword_prefix").text();
  const Place most = model.at("max_input_chars_per_word");
  most.require(most.whole() >= 0, "a whole number of at least 0");
  spec.wordpiece.max_input_chars_per_word = most.whole();
  const Place vocabulary = model.at("vocab");
  spec.vocabulary.reserve(vocabulary.members().size());
  for (const auto& [token, id] : vocabulary.members()) {
    RIFT_REQUIRE(id.is_integer(), Code::kArtefact, "{}: line {}: the id of token '{}' is {}, not a whole number",
                 spec.source, id.line(), shorten(token), id.kind_name());
    spec.vocabulary.push_back({token, id.as_int(), id.line()});
  }
}

void read_normalizer(const Place& normalizer, BertTokenizerSpec& spec) {
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

/// {"single": [{"SpecialToken": {"id": "[CLS]", "type_id": 0}}, {"Sequence": {"id": "A", "type_id": 0}}, ...], ...}
void read_template(const Place& processor, BertTokenizerSpec& spec) {
  const Place single = processor.at("single");
  bool text_seen = false;
  for (size_t i = 0; i < single.items(); ++i) {
    const Place piece = single.at(i);
    const bool is_text = piece.json().contains("Sequence");
    const Place body = piece.at(is_text ? "Sequence" : "SpecialToken");
    if (body.at("type_id").whole() != 0) body.unsupported("with a type_id other than 0");
    if (is_text) {
      if (text_seen || body.at("id").text() != "A") body.unsupported("other than 'A', once,");
      text_seen = true;
      continue;
    }
    const Place ids = processor.at("special_tokens").at(body.at("id").text()).at("ids");
    for (size_t k = 0; k < ids.items(); ++k) (text_seen ? spec.after : spec.before).push_back(ids.at(k).id());
  }
  if (!text_seen) single.unsupported("without the text");
}

void read_post_processor(const Place& processor, BertTokenizerSpec& spec) {
  if (processor.is_null()) return;
  if (processor.at("type").text() != "BertProcessing") {
    processor.require_type("TemplateProcessing");
    return read_template(processor, spec);
  }
  for (const auto& [key, ids] : {std::pair{"cls", &spec.before}, std::pair{"sep", &spec.after}}) {
    const Place pair = processor.at(key);
    pair.require(pair.items() == 2, "a token and its id");
    ids->push_back(pair.at(size_t{1}).id());
  }
}

}  // namespace

BertTokenizerSpec read_tokenizer_json(std::string_view json, std::string_view source) {
  const Json root = parse_json(json, source, {.max_bytes = kMostTokenizerBytes});
  const Place file(root, "", source);
  BertTokenizerSpec spec;
  spec.source = source;
  if (file.has("version") && file.at("version").text() != "1.0") {
    file.at("version").unsupported(fmt::format("'{}'", shorten(file.at("version").text())));
  }
  const Json none;
  const auto part = [&](std::string_view key) {
    return root.contains(key) ? file.at(key) : Place(none, std::string(key), source);
  };
  read_model(file.at("model"), spec);
  read_normalizer(part("normalizer"), spec);
  if (part("pre_tokenizer").is_null()) file.unsupported("without a pre_tokenizer");
  part("pre_tokenizer").require_type("BertPreTokenizer");
  read_post_processor(part("post_processor"), spec);
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
