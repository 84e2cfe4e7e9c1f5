#include "rift/train/pretrain/own_language.h"

#include <algorithm>

#include "rift/base/error.h"
#include "rift/base/files.h"
#include "rift/checkpoint/load_model.h"
#include "rift/package/model_tokenizer.h"
#include "rift/train/parameter_groups.h"

namespace rift::train {
namespace {

/// Names of the head's own parameters begin with it in the store: those of a head for classes may be the same.
constexpr const char* kPrefix = "language.";

models::LanguageHeadSpec prefixed(models::LanguageHeadSpec spec) {
  for (std::string* name : {&spec.dense, &spec.norm, &spec.own_weight, &spec.bias}) {
    if (!name->empty()) *name = kPrefix + *name;
  }
  return spec;
}

}  // namespace

OwnLanguage::OwnLanguage(const Spec& spec, models::TextClassifier& model) : model_(model), tokenizer_(spec.tokenizer) {
  rule_ = {.objective = model.language_head().objective,
           .max_tokens = spec.max_tokens,
           .special = package::special_tokens_of(spec.base, *spec.tokenizer, spec.scratch / "tokenizer")};
  RIFT_REQUIRE(rule_.max_tokens >= least_max_tokens(rule_), Code::kConfig,
               "model.text.max_tokens: {} leave no room for text beside the special tokens; give at least {}",
               rule_.max_tokens, least_max_tokens(rule_));
  if (rule_.objective == models::LanguageObjective::kMaskedToken) {
    if (rule_.special.mask < 0) {
      why_not_ = "its tokenizer has no mask token";
      return;
    }
    masker_ = make_masker({}, *tokenizer_, rule_.special);
  }
  add_head(spec.base);
}

void OwnLanguage::add_head(const checkpoint::HfDirectory& base) {
  const models::TextModelDescription described = models::describe_text_model(base.config, base.config_path().string());
  checkpoint::LoadedModel loaded = checkpoint::load_model(base, described.layout, {.language_head = true});
  tensor::TensorMap own;
  for (const checkpoint::NamedShape& part : described.layout.language_head) {
    const tensor::LazyTensor* tensor = loaded.tensors.find(part.name);
    if (tensor == nullptr) {
      why_not_ = "it has no language head";
      return;
    }
    own.emplace(kPrefix + part.name, tensor->read());
  }
  const models::LanguageHeadSpec spec = prefixed(model_.language_head());
  nn::ParameterStore& store = model_.parameters();
  RIFT_REQUIRE(spec.table.empty() || !store.at(spec.table).frozen, Code::kUnsupported,
               "model.text.base_weights: as_stored: the pretraining loss needs the embeddings in f32; set it to f32");
  head_ = models::LanguageHead::add_to(store, spec, model_.encoder().width(), model_.encoder().sizes().vocab_size);
  store.seal();
  store.copy_from(own);
  for (const nn::Parameter* parameter : head_->parameters()) store.set_trainable(*parameter, false);
}

void OwnLanguage::require_gradient(std::string_view anchor) const {
  RIFT_REQUIRE(
      why_not_.empty(), Code::kConfig,
      "objective.anchor: {}: the pretraining loss of this checkpoint cannot be told: {}; train it further with "
      "rift pretrain first, or choose l2_sp, distillation or alignment",
      anchor, why_not_);
  RIFT_REQUIRE(encoder_moves(model_), Code::kConfig,
               "objective.anchor.lambda: the pretraining loss does not move under this tuning.method, so {} has "
               "nothing to hold; set it to 0 or choose another method, such as full or lora",
               anchor);
}

}  // namespace rift::train
