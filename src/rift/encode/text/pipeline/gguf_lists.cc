#include <algorithm>
#include <unordered_map>
#include <unordered_set>

#include "rift/base/error.h"
#include "rift/encode/text/pipeline/gguf_tokenizer.h"
#include "rift/encode/text/write_tokenizer_json.h"

namespace rift::encode::text {
namespace {

/// What there is instead.
constexpr std::string_view kElse =
    "hand the model on with its tokenizer as it is: rift models convert --to safetensors, of a package rift export "
    "--format hf";
constexpr std::string_view kPatterns[] = {"gpt-2", "smollm", "llama-bpe", "qwen2"};

int32_t number_of(GgufTokenType type) { return static_cast<int32_t>(type); }

bool is_byte(std::string_view token) { return token.size() == 6 && token.starts_with("<0x") && token.ends_with('>'); }

/// Tokens by id with their types. Added tokens beyond the vocabulary are appended.
void fill_tokens(const PipelineSpec& spec, GgufTokenizer& lists) {
  const auto put = [&](const std::string& text, int64_t id, GgufTokenType type) {
    const auto at = static_cast<size_t>(id);
    while (lists.tokens.size() <= at) {
      lists.tokens.push_back(fmt::format("[PAD{}]", lists.tokens.size()));
      lists.token_types.push_back(number_of(GgufTokenType::kUnused));
    }
    lists.tokens[at] = text;
    lists.token_types[at] = number_of(type);
  };
  const bool bytes = lists.model == "llama";
  for (const Vocabulary::Token& token : spec.vocabulary) {
    put(token.text, token.id, bytes && is_byte(token.text) ? GgufTokenType::kByte : GgufTokenType::kNormal);
  }
  for (const AddedToken& token : spec.added_tokens) {
    put(token.content, token.id, token.special ? GgufTokenType::kControl : GgufTokenType::kUserDefined);
  }
}

/// A token's score is the place of the first merge that gives it, counted down: the order in which tokens come about.
void fill_scores(const BpeOptions& model, GgufTokenizer& lists) {
  std::unordered_map<std::string, float> scores;
  for (size_t i = 0; i < model.merges.size(); ++i) {
    scores.emplace(model.merges[i].left + model.merges[i].right, -1.0F - static_cast<float>(scores.size()));
  }
  const float lowest = -1.0F - static_cast<float>(scores.size());
  for (size_t id = 0; id < lists.tokens.size(); ++id) {
    const bool is_text = lists.token_types[id] == number_of(GgufTokenType::kNormal);
    const auto found = scores.find(lists.tokens[id]);
    lists.scores.push_back(found != scores.end() ? found->second : is_text ? lowest : 0.0F);
  }
}

void fill_around(const PipelineSpec& spec, GgufTokenizer& lists) {
  const TokensAround& around = spec.around;
  RIFT_REQUIRE(around.before.size() <= 1 && around.after.size() <= 1, Code::kUnsupported,
               "{}: several tokens before or behind a text are not written as GGUF; {}", spec.source, kElse);
  lists.add_bos_token = !around.before.empty();
  lists.add_eos_token = !around.after.empty();
  if (!around.before.empty()) lists.bos_token_id = around.before.front();
  if (!around.after.empty()) lists.eos_token_id = around.after.front();
}

/// What ids depend on: which token covers which bytes does not matter here, nor does an unknown token where every byte
/// has one.
Json essence(PipelineSpec spec) {
  spec.trim.reset();
  auto& model = std::get<BpeOptions>(spec.model);
  if (model.byte_level) model.unk_token.reset();
  if (model.byte_level) model.fuse_unk = model.byte_fallback = false;
  // Gemma's cut at spaces, of which the normalizer has left none.
  const bool replaces_spaces = std::ranges::any_of(spec.normalizer, [](const NormalizerStep& step) {
    const auto* replace = std::get_if<ReplaceStep>(&step);
    return replace != nullptr && replace->pattern == " ";
  });
  std::erase_if(spec.pre_tokenizer, [&](const PreTokenizerStep& step) {
    const auto* cut = std::get_if<TextSplitStep>(&step);
    return replaces_spaces && cut != nullptr && cut->text == " ";
  });
  std::ranges::sort(spec.vocabulary, {}, &Vocabulary::Token::id);
  return tokenizer_json(std::move(spec));
}

bool gives_back(const GgufTokenizer& lists, const Json& wanted) {
  return essence(std::get<PipelineSpec>(tokenizer_of(lists))) == wanted;
}

/// Added tokens that stand in the lists stand in the vocabulary too, and those of the vocabulary lie in order.
PipelineSpec as_listed(PipelineSpec spec) {
  std::unordered_set<std::string> known;
  for (const Vocabulary::Token& token : spec.vocabulary) known.insert(token.text);
  for (const AddedToken& token : spec.added_tokens) {
    if (known.insert(token.content).second) spec.vocabulary.push_back({token.content, token.id});
  }
  std::ranges::sort(spec.added_tokens, {}, &AddedToken::id);
  return spec;
}

}  // namespace

GgufTokenizer gguf_lists(const TokenizerSpec& any) {
  const auto* given = std::get_if<PipelineSpec>(&any);
  const auto* model = given == nullptr ? nullptr : std::get_if<BpeOptions>(&given->model);
  RIFT_REQUIRE(model != nullptr, Code::kUnsupported,
               "{}: this tokenizer is not written as GGUF: BPE over bytes or of SentencePiece is; {}",
               std::visit([](const auto& spec) { return spec.source; }, any), kElse);
  const PipelineSpec spec = as_listed(*given);
  GgufTokenizer lists{.source = spec.source, .model = model->byte_level ? "gpt2" : "llama"};
  fill_tokens(spec, lists);
  fill_around(spec, lists);
  const Json wanted = essence(spec);
  if (model->byte_level) {
    for (const auto& merge : model->merges) lists.merges.push_back(merge.left + " " + merge.right);
    for (const std::string_view pre : kPatterns) {
      lists.pre = pre;
      if (gives_back(lists, wanted)) return lists;
    }
  } else {
    lists.pre = "default";
    fill_scores(*model, lists);
    if (model->unk_token) {
      const auto unknown = std::ranges::find(lists.tokens, *model->unk_token);
      if (unknown != lists.tokens.end()) {
        const auto id = static_cast<size_t>(unknown - lists.tokens.begin());
        lists.unknown_token_id = static_cast<int32_t>(id);
        int32_t& type = lists.token_types[id];
        if (type == number_of(GgufTokenType::kNormal)) type = number_of(GgufTokenType::kUnknown);
      }
    }
    for (const bool prefix : {true, false}) {
      lists.add_space_prefix = prefix;
      if (gives_back(lists, wanted)) return lists;
    }
  }
  RIFT_FAIL(Code::kUnsupported,
            "{}: GGUF's lists cannot express this tokenizer (its parts are not those of a model "
            "that llama.cpp's {} reads); {}",
            spec.source, lists.model, kElse);
}

}  // namespace rift::encode::text
