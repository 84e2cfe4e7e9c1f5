#include "rift/encode/text/pipeline/pipeline_json.h"

#include <algorithm>

namespace rift::encode::text {
namespace {

constexpr size_t kMostSteps = 64;     // of a normalizer, of a pre-tokenizer
constexpr size_t kMostPieces = 1000;  // around a text

bool truth_or(const Place& part, std::string_view key, bool usual) {
  return part.has(key) ? part.at(key).truth() : usual;
}

Delimiters delimiters_of(const Place& behavior) {
  const std::string& name = behavior.text();
  if (name == "Removed") return Delimiters::kRemoved;
  if (name == "Isolated") return Delimiters::kIsolated;
  if (name == "MergedWithPrevious") return Delimiters::kMergedWithPrevious;
  if (name == "MergedWithNext") return Delimiters::kMergedWithNext;
  if (name == "Contiguous") return Delimiters::kContiguous;
  behavior.unsupported(fmt::format("'{}'", shorten(name)));
}

/// A text that a file has the tokenizer look for or write.
const std::string& short_text(const Place& place) {
  const std::string& text = place.text();
  RIFT_REQUIRE(text.size() <= kLongestToken, Code::kArtefact, "{}: a text of {} bytes, more than {}", place.where(),
               text.size(), kLongestToken);
  return text;
}

const std::string& text_pattern(const Place& pattern) {
  const std::string& text = short_text(pattern.at("String"));
  pattern.require(!text.empty(), "a text that is not empty");
  return text;
}

template <class Step>
void require_few(const Place& part, const std::vector<Step>& steps) {
  RIFT_REQUIRE(steps.size() < kMostSteps, Code::kArtefact, "{}: more than {} steps", part.where(), kMostSteps);
}

PreTokenizerStep split_of(const Place& part) {
  const Place pattern = part.at("pattern");
  const Delimiters delimiters = delimiters_of(part.at("behavior"));
  const bool invert = truth_or(part, "invert", false);
  if (pattern.has("String")) {
    if (invert) part.at("invert").unsupported("for a text");
    return TextSplitStep{text_pattern(pattern), delimiters};
  }
  const Place regex = pattern.at("Regex");
  const auto known = word_pattern_of(regex.text());
  if (!known)
    regex.unsupported(
        fmt::format("'{}' (implemented: those of GPT-2, Llama 3, Qwen2, cl100k, o200k, Tekken and "
                    "DeepSeek V3)",
                    regex.text()));
  const bool keeps_matches = invert ? delimiters == Delimiters::kRemoved : delimiters == Delimiters::kIsolated;
  if (!keeps_matches || (invert && !covers_every_text(*known)))
    part.at("behavior").unsupported("for a regular expression other than isolated matches");
  return PatternStep{*known};
}

PreTokenizerStep metaspace_of(const Place& part) {
  MetaspaceStep step;
  step.replacement = short_text(part.at("replacement"));
  part.at("replacement").require(!step.replacement.empty(), "a character");
  step.split = truth_or(part, "split", true);
  if (!part.has("prepend_scheme")) {  // files of before tokenizers 0.15
    step.prepend =
        truth_or(part, "add_prefix_space", true) ? MetaspaceStep::Prepend::kAlways : MetaspaceStep::Prepend::kNever;
    return step;
  }
  const Place scheme = part.at("prepend_scheme");
  if (scheme.text() == "always") {
    step.prepend = MetaspaceStep::Prepend::kAlways;
  } else if (scheme.text() == "first") {
    step.prepend = MetaspaceStep::Prepend::kFirst;
  } else if (scheme.text() == "never") {
    step.prepend = MetaspaceStep::Prepend::kNever;
  } else {
    scheme.unsupported(fmt::format("'{}'", shorten(scheme.text())));
  }
  return step;
}

void append_pre_tokenizer(const Place& part, std::vector<PreTokenizerStep>& steps) {
  require_few(part, steps);
  const std::string& type = part.at("type").text();
  if (type == "Sequence") {
    const Place list = part.at("pretokenizers");
    for (size_t i = 0; i < list.items(); ++i) append_pre_tokenizer(list.at(i), steps);
  } else if (type == "ByteLevel") {
    steps.emplace_back(ByteLevelStep{part.at("add_prefix_space").truth(), truth_or(part, "use_regex", true)});
  } else if (type == "Split") {
    steps.emplace_back(split_of(part));
  } else if (type == "Metaspace") {
    steps.emplace_back(metaspace_of(part));
  } else if (type == "Digits") {
    steps.emplace_back(DigitsStep{part.at("individual_digits").truth()});
  } else if (type == "Punctuation") {
    steps.emplace_back(
        PunctuationStep{part.has("behavior") ? delimiters_of(part.at("behavior")) : Delimiters::kIsolated});
  } else if (type == "WhitespaceSplit") {
    steps.emplace_back(WhitespaceSplitStep{});
  } else {
    part.unsupported_type("Sequence, ByteLevel, Split, Metaspace, Digits, Punctuation, WhitespaceSplit");
  }
}

ReplaceStep replace_of(const Place& part) {
  const Place pattern = part.at("pattern");
  const std::string& content = short_text(part.at("content"));
  if (pattern.has("String")) return {.pattern = text_pattern(pattern), .content = content};
  const Place regex = pattern.at("Regex");
  if (regex.text() != " {2,}") regex.unsupported(fmt::format("'{}' (implemented: ' {{2,}}')", shorten(regex.text())));
  return {.pattern = " ", .repeats = true, .content = content};
}

void append_normalizer(const Place& part, std::string_view source, std::vector<NormalizerStep>& steps) {
  require_few(part, steps);
  const std::string& type = part.at("type").text();
  if (type == "Sequence") {
    const Place list = part.at("normalizers");
    for (size_t i = 0; i < list.items(); ++i) append_normalizer(list.at(i), source, steps);
  } else if (type == "NFC") {
    steps.emplace_back(UnicodeForm::kNfc);
  } else if (type == "NFD") {
    steps.emplace_back(UnicodeForm::kNfd);
  } else if (type == "NFKC") {
    steps.emplace_back(UnicodeForm::kNfkc);
  } else if (type == "NFKD") {
    steps.emplace_back(UnicodeForm::kNfkd);
  } else if (type == "Lowercase") {
    steps.emplace_back(LowercaseStep{});
  } else if (type == "StripAccents") {
    steps.emplace_back(StripAccentsStep{});
  } else if (type == "Strip") {
    steps.emplace_back(StripStep{part.at("strip_left").truth(), part.at("strip_right").truth()});
  } else if (type == "Prepend") {
    steps.emplace_back(PrependStep{short_text(part.at("prepend"))});
  } else if (type == "Replace") {
    steps.emplace_back(replace_of(part));
  } else if (type == "Precompiled") {
    const Place map = part.at("precompiled_charsmap");
    const auto bytes = decode_base64(map.text());
    map.require(bytes.has_value(), "base64");
    steps.emplace_back(std::make_shared<const PrecompiledCharsmap>(*bytes, source));
  } else {
    part.unsupported_type(
        "Sequence, NFC, NFD, NFKC, NFKD, Lowercase, StripAccents, Strip, Prepend, Replace, Precompiled");
  }
}

/// {"single": [{"SpecialToken": {"id": "[CLS]", "type_id": 0}}, {"Sequence": {"id": "A", "type_id": 0}}, ...], ...}
void read_template(const Place& processor, TokensAround& around) {
  const Place single = processor.at("single");
  RIFT_REQUIRE(single.items() <= kMostPieces, Code::kArtefact, "{}: {} pieces, more than {}", single.where(),
               single.items(), kMostPieces);
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
    for (size_t k = 0; k < ids.items(); ++k) (text_seen ? around.after : around.before).push_back(ids.at(k).id());
  }
  if (!text_seen) single.unsupported("without the text");
}

/// "cls" and "sep", each a token and its id.
void read_pair(const Place& processor, TokensAround& around) {
  for (const auto& [key, ids] : {std::pair{"cls", &around.before}, std::pair{"sep", &around.after}}) {
    const Place pair = processor.at(key);
    pair.require(pair.items() == 2, "a token and its id");
    ids->push_back(pair.at(size_t{1}).id());
  }
}

/// "a b" or ["a", "b"].
BpeOptions::Merge merge_of(const Place& merge) {
  if (merge.json().is_array()) {
    merge.require(merge.items() == 2, "two tokens");
    return {merge.at(size_t{0}).text(), merge.at(size_t{1}).text()};
  }
  const std::string& text = merge.text();
  const size_t space = text.find(' ');
  merge.require(space != std::string::npos && text.find(' ', space + 1) == std::string::npos,
                "two tokens with a space between them");
  return {text.substr(0, space), text.substr(space + 1)};
}

bool is_byte_level(const std::vector<PreTokenizerStep>& steps) {
  return std::ranges::any_of(steps, [](const auto& step) { return std::holds_alternative<ByteLevelStep>(step); });
}

}  // namespace

std::vector<NormalizerStep> read_normalizer_steps(const Place& normalizer, std::string_view source) {
  std::vector<NormalizerStep> steps;
  if (!normalizer.is_null()) append_normalizer(normalizer, source, steps);
  return steps;
}

std::vector<PreTokenizerStep> read_pre_tokenizer_steps(const Place& pre_tokenizer) {
  std::vector<PreTokenizerStep> steps;
  if (!pre_tokenizer.is_null()) append_pre_tokenizer(pre_tokenizer, steps);
  for (size_t i = 0; i + 1 < steps.size(); ++i) {  // words behind it are in the byte alphabet
    if (std::holds_alternative<ByteLevelStep>(steps[i])) pre_tokenizer.unsupported("with parts behind ByteLevel");
  }
  return steps;
}

std::vector<Vocabulary::Token> read_vocabulary_members(const Place& vocabulary, std::string_view source) {
  std::vector<Vocabulary::Token> tokens;
  tokens.reserve(vocabulary.members().size());
  for (const auto& [token, id] : vocabulary.members()) {
    RIFT_REQUIRE(id.is_integer(), Code::kArtefact, "{}: line {}: the id of token '{}' is {}, not a whole number",
                 source, id.line(), shorten(token), id.kind_name());
    tokens.push_back({token, id.as_int(), id.line()});
  }
  return tokens;
}

void read_bpe(const Place& model, PipelineSpec& spec) {
  BpeOptions options;
  for (const std::string_view key : {"continuing_subword_prefix", "end_of_word_suffix"}) {
    if (model.has(key) && !model.at(key).text().empty()) model.at(key).unsupported("other than ''");
  }
  if (model.has("dropout") && model.at("dropout").number() != 0) model.at("dropout").unsupported("above 0");
  if (model.has("unk_token")) options.unk_token = model.at("unk_token").text();
  options.fuse_unk = truth_or(model, "fuse_unk", false);
  options.byte_fallback = truth_or(model, "byte_fallback", false);
  options.ignore_merges = truth_or(model, "ignore_merges", false);
  options.byte_level = is_byte_level(spec.pre_tokenizer);
  const Place merges = model.at("merges");
  options.merges.reserve(merges.items());
  for (size_t i = 0; i < merges.items(); ++i) options.merges.push_back(merge_of(merges.at(i)));
  spec.vocabulary = read_vocabulary_members(model.at("vocab"), spec.source);
  spec.model = std::move(options);
}

void read_unigram(const Place& model, PipelineSpec& spec) {
  UnigramOptions options;
  if (model.has("unk_id")) options.unk_id = model.at("unk_id").id();
  options.byte_fallback = truth_or(model, "byte_fallback", false);
  const Place vocabulary = model.at("vocab");
  for (size_t i = 0; i < vocabulary.items(); ++i) {
    const Place pair = vocabulary.at(i);
    pair.require(pair.items() == 2, "a token and its score");
    spec.vocabulary.push_back({pair.at(size_t{0}).text(), static_cast<int64_t>(i), pair.json().line()});
    options.scores.push_back(pair.at(size_t{1}).number());
  }
  if (is_byte_level(spec.pre_tokenizer)) model.unsupported("behind pre-tokenizer ByteLevel");
  spec.model = std::move(options);
}

void read_post_processor(const Place& processor, TokensAround& around, std::optional<TrimOptions>& trim) {
  if (processor.is_null()) return;
  const std::string& type = processor.at("type").text();
  const auto read_trim = [&] {
    if (!processor.at("trim_offsets").truth()) return;
    if (trim) processor.unsupported("that trims offsets a second time");
    trim = TrimOptions{processor.at("add_prefix_space").truth()};
  };
  if (type == "Sequence") {
    const Place list = processor.at("processors");
    for (size_t i = 0; i < list.items(); ++i) read_post_processor(list.at(i), around, trim);
  } else if (type == "ByteLevel") {
    read_trim();
  } else if (type == "RobertaProcessing") {
    read_trim();
    read_pair(processor, around);
  } else if (type == "BertProcessing") {
    read_pair(processor, around);
  } else if (type == "TemplateProcessing") {
    if (!around.before.empty() || !around.after.empty()) processor.unsupported("around other tokens");
    read_template(processor, around);
  } else {
    processor.unsupported_type("Sequence, ByteLevel, RobertaProcessing, BertProcessing, TemplateProcessing");
  }
}

}  // namespace rift::encode::text
