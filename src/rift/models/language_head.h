#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "rift/base/json.h"
#include "rift/nn/activation.h"
#include "rift/nn/layer_norm.h"
#include "rift/nn/linear.h"
#include "rift/nn/parameters.h"

namespace rift::models {

/// What a language model says of a token's state: the token that stands there, hidden from it, or the one behind it.
enum class LanguageObjective { kMaskedToken, kNextToken };

/// The head that transformers' language model of an architecture has on token states: where there are any, a linear
/// map, its activation and a norm, then the map to the vocabulary.
struct LanguageHeadSpec {
  LanguageObjective objective = LanguageObjective::kMaskedToken;
  std::string dense;  // linear map before the vocabulary's: "cls.predictions.transform.dense", "" = none
  bool dense_has_bias = true;
  int64_t dense_width = 0;                            // of what it gives; 0 = as wide as the states
  nn::Activation activation = nn::Activation::kGelu;  // behind it
  std::string norm;                                   // behind that, "" = none
  bool norm_has_bias = true;
  double norm_epsilon = 1e-12;
  std::string table;       // embedding table that the vocabulary's map is tied to, "" = it has a weight of its own
  std::string own_weight;  // name of that weight, "lm_head.weight"; files of a tied map may hold it as a copy
  std::string bias;        // of the vocabulary's map, "" = none
  std::string class_name;  // of transformers, "" = the architecture's and, by objective, ForMaskedLM or ForCausalLM
};

/// `spec` as a config.json asks for it: with a weight of its own where tie_word_embeddings is false.
LanguageHeadSpec tied_as_asked(LanguageHeadSpec spec, const Json& config);

/// y = W norm(activation(D x)) + b.  W [V,D'], tied to the embedding table or its own.
class LanguageHead {
 public:
  /// Registers its parameters in `store`, which must outlive it and already hold spec.table.
  ///   width: of the states;  vocabulary: V
  static LanguageHead add_to(nn::ParameterStore& store, const LanguageHeadSpec& spec, int64_t width,
                             int64_t vocabulary);

  /// states [M,D] -> logits [M,V]. Any choice of tokens will do: a token's logits depend on its own state alone.
  at::Tensor logits(const at::Tensor& states) const;
  /// Its own parameters, a tied table left out, in storage order.
  std::vector<const nn::Parameter*> parameters() const;
  int64_t vocabulary() const { return weight_->shape[0]; }

 private:
  std::optional<nn::Linear> dense_;
  nn::Activation activation_ = nn::Activation::kGelu;
  std::optional<nn::LayerNorm> norm_;
  const nn::Parameter* weight_ = nullptr;
  bool tied_ = false;
  const nn::Parameter* bias_ = nullptr;
};

}  // namespace rift::models
