#include <algorithm>
#include <unordered_map>

#include "rift/base/error.h"
#include "rift/encode/text/configured_tokens.h"
#include "rift/encode/text/pipeline/sentencepiece_model.h"
#include "rift/encode/text/sentencepiece_space.h"

namespace rift::encode::text {
namespace {

using Kind = SentencePieceModel::Kind;

std::string written_space() { return std::string(kSentencePieceSpace); }

/// Tokens by id; control and user-defined ones are found in texts before words are.
void read_pieces(const SentencePieceModel& model, PipelineSpec& spec) {
  for (size_t id = 0; id < model.pieces.size(); ++id) {
    const std::string& text = model.pieces[id].text;
    spec.vocabulary.push_back({text, static_cast<int64_t>(id)});
    const Kind kind = model.kinds[id];
    if (kind != Kind::kControl && kind != Kind::kUserDefined) continue;
    spec.added_tokens.push_back({.content = text, .id = static_cast<int32_t>(id), .special = kind == Kind::kControl});
  }
}

void read_model(const SentencePieceModel& model, UnigramOptions options, PipelineSpec& spec) {
  if (model.type == SentencePieceModel::Type::kBpe) {
    spec.model = BpeOptions{.merges = merges_of_scores(model.pieces, model.source),
                            .unk_token = model.unk_piece,
                            .fuse_unk = true,
                            .byte_fallback = options.byte_fallback};
    return;
  }
  for (const ScoredToken& piece : model.pieces) options.scores.push_back(piece.score);
  spec.model = std::move(options);
}

/// Over what the model says of the same ones.
void add_tokens(std::vector<AddedToken> tokens, PipelineSpec& spec) {
  std::unordered_map<std::string, size_t> last;  // of equal ones
  for (size_t i = 0; i < tokens.size(); ++i) last[tokens[i].content] = i;
  std::erase_if(spec.added_tokens, [&](const AddedToken& other) { return last.contains(other.content); });
  for (size_t i = 0; i < tokens.size(); ++i) {
    if (last.at(tokens[i].content) == i) spec.added_tokens.push_back(std::move(tokens[i]));
  }
}

/// The tokens that LlamaTokenizer and GemmaTokenizer name, and those of them that stand around a text.
void name_tokens(const Json& config, std::string_view bos, std::string_view eos, std::string_view pad,
                 PipelineSpec& spec) {
  ConfiguredTokens tokens(spec.vocabulary, config, spec.source);
  if (configured_flag(config, "add_bos_token", true)) {
    spec.around.before = {tokens.required(tokens.named("bos_token", bos))};
  }
  if (configured_flag(config, "add_eos_token", false)) {
    spec.around.after = {tokens.required(tokens.named("eos_token", eos))};
  }
  for (const auto& [key, text] : {std::pair{"bos_token", bos}, std::pair{"eos_token", eos},
                                  std::pair{"unk_token", std::string_view("<unk>")}, std::pair{"pad_token", pad}}) {
    tokens.add(tokens.named(key, text));
  }
  add_tokens(tokens.take(), spec);
}

ReplaceStep spaces_written_as_one() { return {.pattern = " ", .content = written_space()}; }

void read_llama(const SentencePieceModel& model, const Json& config, PipelineSpec& spec) {
  read_pieces(model, spec);
  read_model(model, {.unk_id = 0, .byte_fallback = true}, spec);
  const bool add_prefix_space = configured_flag(config, "add_prefix_space", true);
  if (configured_flag(config, "legacy", true)) {
    if (add_prefix_space) spec.normalizer.emplace_back(PrependStep{written_space()});
    spec.normalizer.emplace_back(spaces_written_as_one());
  } else {
    using Prepend = MetaspaceStep::Prepend;
    spec.pre_tokenizer.emplace_back(
        MetaspaceStep{written_space(), add_prefix_space ? Prepend::kFirst : Prepend::kNever, /*split=*/false});
  }
  name_tokens(config, "<s>", "</s>", "", spec);
}

/// Older models have no tab, and the token of its byte stands in for it.
void read_gemma(SentencePieceModel model, const Json& config, PipelineSpec& spec) {
  const auto find = [&](std::string_view text) { return std::ranges::find(model.pieces, text, &ScoredToken::text); };
  if (const auto byte = find("<0x09>"); byte != model.pieces.end() && find("\t") == model.pieces.end()) {
    *byte = {"\t", 0.0};
  }
  read_pieces(model, spec);
  for (AddedToken& token : spec.added_tokens) {
    token.special |= token.content == "<start_of_turn>" || token.content == "<end_of_turn>";
  }
  read_model(model, {.unk_id = 3, .byte_fallback = true}, spec);
  spec.normalizer.emplace_back(spaces_written_as_one());
  spec.pre_tokenizer.emplace_back(TextSplitStep{" ", Delimiters::kMergedWithPrevious});
  name_tokens(config, "<bos>", "<eos>", "<pad>", spec);
}

/// fairseq put its own tokens before the pieces and one behind them.
void read_xlm_roberta(SentencePieceModel model, const Json& config, PipelineSpec& spec) {
  RIFT_REQUIRE(model.pieces.size() >= 3, Code::kArtefact, "{}: {} pieces are too few", model.source,
               model.pieces.size());
  std::vector<ScoredToken> pieces = {{"<s>"}, {"<pad>"}, {"</s>"}, {"<unk>"}};
  pieces.insert(pieces.end(), model.pieces.begin() + 3, model.pieces.end());
  pieces.push_back({"<mask>"});
  model.pieces = std::move(pieces);
  model.kinds.assign(model.pieces.size(), Kind::kNormal);
  read_pieces(model, spec);
  read_model(model, {.unk_id = 3}, spec);
  if (!model.charsmap.empty()) {
    spec.normalizer.emplace_back(std::make_shared<const PrecompiledCharsmap>(model.charsmap, model.source));
  }
  spec.normalizer.emplace_back(StripStep{.left = false});
  spec.normalizer.emplace_back(ReplaceStep{.pattern = " ", .repeats = true, .content = written_space()});
  spec.pre_tokenizer.emplace_back(MetaspaceStep{.replacement = written_space()});
  ConfiguredTokens tokens(spec.vocabulary, config, spec.source);
  spec.around.before = {tokens.required(tokens.named("cls_token", "<s>"))};
  spec.around.after = {tokens.required(tokens.named("sep_token", "</s>"))};
  for (const auto& [key, text] : {std::pair{"bos_token", "<s>"}, std::pair{"eos_token", "</s>"},
                                  std::pair{"unk_token", "<unk>"}, std::pair{"pad_token", "<pad>"}}) {
    tokens.add(tokens.named(key, text));
  }
  AddedToken mask = tokens.named("mask_token", "<mask>");
  const Json* written = config.find("mask_token");
  if (written == nullptr || !written->is_object()) mask.lstrip = mask.normalized = true;  // as its class makes it
  tokens.add(std::move(mask));
  add_tokens(tokens.take(), spec);
}

}  // namespace

PipelineSpec pipeline_of(SentencePieceModel model, const Json& config, std::string_view model_type) {
  PipelineSpec spec;
  spec.source = model.source;
  const std::string name = tokenizer_class_of(config, model_type);
  if (name == "LlamaTokenizer") {
    read_llama(model, config, spec);
  } else if (name == "GemmaTokenizer") {
    read_gemma(std::move(model), config, spec);
  } else if (name == "XLMRobertaTokenizer") {
    read_xlm_roberta(std::move(model), config, spec);
  } else {
    RIFT_FAIL(Code::kUnsupported,
              "{} of '{}' is not implemented (LlamaTokenizer, GemmaTokenizer and XLMRobertaTokenizer are); "
              "tokenizer_config.json or config.json has to name it. transformers' save_pretrained writes "
              "tokenizer.json, which needs neither",
              spec.source, shorten(name));
  }
  return spec;
}

}  // namespace rift::encode::text
