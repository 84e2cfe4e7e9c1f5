#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "rift/checkpoint/hf_directory.h"
#include "rift/encode/text/special_tokens.h"
#include "rift/encode/text/tokenizer.h"
#include "rift/models/language_head.h"
#include "rift/models/language_model.h"
#include "rift/models/text_classifier.h"
#include "rift/train/pretrain/document_cutter.h"
#include "rift/train/pretrain/token_masker.h"

namespace rift::train {

/// The loss that a model was pretrained with, on the encoder that is being fine-tuned: its checkpoint's language head
/// stands frozen on the same parameters (a vocabulary's map that is tied to the embeddings moves with them), in the
/// model's own store. Words are hidden as `rift pretrain` hides them by itself.
class OwnLanguage {
 public:
  struct Spec {
    const checkpoint::HfDirectory& base;  // of the checkpoint
    std::shared_ptr<const encode::text::Tokenizer> tokenizer;
    int64_t max_tokens = 128;       // of a row
    std::filesystem::path scratch;  // a folder that may be written to
  };
  /// Adds the head's parameters to `model`'s store, which is sealed anew: before anything asks it for values. Throws
  /// kConfig (max_tokens leave no room for text), kUnsupported (embeddings that stay as stored), kArtefact.
  OwnLanguage(const Spec& spec, models::TextClassifier& model);

  /// Why the loss cannot be told, "" when it can: a checkpoint without a language head, a tokenizer without a mask.
  const std::string& why_not() const { return why_not_; }
  /// Throws kConfig where its gradient cannot be asked for: the loss cannot be told, or nothing that it depends on
  /// moves. `anchor`: the kind that asks.
  void require_gradient(std::string_view anchor) const;
  models::LanguageParts parts() const { return {model_.parameters(), model_.encoder(), *head_}; }
  const std::optional<TokenMasker>& masker() const { return masker_; }
  const CutRule& rule() const { return rule_; }
  const encode::text::Tokenizer& tokenizer() const { return *tokenizer_; }

 private:
  void add_head(const checkpoint::HfDirectory& base);
  models::TextClassifier& model_;
  std::shared_ptr<const encode::text::Tokenizer> tokenizer_;
  CutRule rule_;
  std::optional<models::LanguageHead> head_;
  std::optional<TokenMasker> masker_;
  std::string why_not_;
};

}  // namespace rift::train
