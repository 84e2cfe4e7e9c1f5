#pragma once

#include <array>
#include <string>
#include <string_view>
#include <variant>

#include "rift/base/options.h"

/// What run.yaml says about a model. Torch-free: the command line and the studies read it.
namespace rift::models {

/// How token states become one vector per row.
///   kPooler: the map that transformers' class for sequence classification has, activation(W h_first + b): BERT's
///   pooler, RoBERTa's classifier.dense, ...;  kCls: h_first;  kMean: mean over the row's tokens;  kLast: h_last
///   kAutomatic: what 1_Pooling/config.json says, else pooler where the checkpoint has one, else mean for encoders and
///   last for decoders.
enum class Pooling { kAutomatic, kPooler, kCls, kMean, kLast };
constexpr auto enum_names(Pooling) {
  return std::to_array<EnumName<Pooling>>({{Pooling::kAutomatic, "automatic"},
                                           {Pooling::kPooler, "pooler"},
                                           {Pooling::kCls, "cls"},
                                           {Pooling::kMean, "mean"},
                                           {Pooling::kLast, "last"}});
}

/// New weights, or those of the pretrained model's files where they have a head of as many outputs.
struct LinearHeadOptions {
  template <class V>
  void visit(V&) {}
};

/// Weights that give a class the logit which the language head gives its token, so that the model scores by what it
/// would say next before anything is trained. Of a binary task: the difference of both logits.
struct LabelTokensOptions {
  OptionMap<std::string> tokens;
  template <class V>
  void visit(V& v) {
    v("tokens", tokens, "The token of each class, such as {good: \" good\", bad: \" bad\"}.");
  }
};

inline constexpr std::array<std::string_view, 2> kHeadKinds = {"linear", "label_tokens"};

/// What the head's weights are before training.
struct HeadStartOptions {
  std::variant<LinearHeadOptions, LabelTokensOptions> kind;
  template <class V>
  void visit(V& v) {
    v.choice(
        "kind", kind, kHeadKinds,
        "linear = the checkpoint's head or a new one; label_tokens = of a decoder, its language head's weights for "
        "one token of each class.");
  }
};

}  // namespace rift::models
