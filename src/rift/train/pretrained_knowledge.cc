#include "rift/train/pretrained_knowledge.h"

#include "rift/base/sha256.h"
#include "rift/train/fisher.h"
#include "rift/train/parameter_groups.h"

namespace rift::train {
namespace {

constexpr const char* kAnchorTexts = "objective.anchor.texts";

uint64_t seed_of(const PretrainedKnowledge::Spec& spec) { return static_cast<uint64_t>(spec.options.train.seed); }

}  // namespace

PretrainedKnowledge::PretrainedKnowledge(const Spec& spec)
    : model_(*spec.text.model),
      held_(held_slices(spec.options.objective.anchor, *spec.text.model, spec.new_parameters)) {
  const objective::AnchorOptions& anchor = spec.options.objective.anchor;
  const bool has_anchor = objective::lambda_of(anchor) > 0;
  const auto* ewc = std::get_if<objective::EwcAnchor>(&anchor.kind);
  const auto* replay = std::get_if<objective::ReplayAnchor>(&anchor.kind);
  if (has_anchor && ewc != nullptr) add_ewc(spec, *ewc);
  if (has_anchor && replay != nullptr) add_replay(spec, *replay);
  if (spec.options.train.forgetting) add_forgetting(spec, *spec.options.train.forgetting);
}

/// One for all that ask it: its head stands in the model once.
OwnLanguage& PretrainedKnowledge::language(const Spec& spec) {
  if (!language_) {
    language_.emplace(OwnLanguage::Spec{.base = spec.text.base,
                                        .tokenizer = spec.text.tokenizer,
                                        .max_tokens = spec.options.text.max_tokens,
                                        .scratch = spec.scratch},
                      model_);
  }
  return *language_;
}

UnlabelledRows PretrainedKnowledge::read(const Spec& spec, const objective::UnlabelledTexts& texts, const char* key,
                                         int64_t most_rows) {
  UnlabelledRows rows({.texts = texts, .key = key, .scratch = spec.scratch, .most_rows = most_rows}, language(spec));
  digests_.push_back(rows.digest());
  return rows;
}

void PretrainedKnowledge::add_ewc(const Spec& spec, const objective::EwcAnchor& ewc) {
  if (!ewc.fisher.empty()) {
    rates_ = fisher_from(ewc.fisher, model_.parameters(), held_);
    digests_.push_back(sha256_file(ewc.fisher));
    return;
  }
  anchor_texts_.emplace(read(spec, ewc.source, kAnchorTexts, ewc.rows));
  rates_ = diagonal_fisher({.texts = *anchor_texts_,
                            .language = language(spec),
                            .slices = held_,
                            .seed = seed_of(spec),
                            .device = spec.device});
}

void PretrainedKnowledge::add_replay(const Spec& spec, const objective::ReplayAnchor& replay) {
  anchor_texts_.emplace(read(spec, replay.source, kAnchorTexts, 0));
  replay_.emplace(Replay::Spec{.texts = *anchor_texts_,
                               .language = language(spec),
                               .batch_rows = replay.batch_rows,
                               .seed = seed_of(spec),
                               .device = spec.device});
}

void PretrainedKnowledge::add_forgetting(const Spec& spec, const ForgettingOptions& forgetting) {
  forgetting_texts_.emplace(read(spec, forgetting.source, "train.forgetting.texts", forgetting.rows));
  forgetting_.emplace(Forgetting::Spec{.texts = *forgetting_texts_,
                                       .language = language(spec),
                                       .new_parameters = spec.new_parameters,
                                       .seed = seed_of(spec),
                                       .device = spec.device},
                      model_);
}

tensor::TensorMap PretrainedKnowledge::fisher() const {
  return rates_.empty() ? tensor::TensorMap() : fisher_tensors(model_.parameters(), held_, rates_);
}

}  // namespace rift::train
