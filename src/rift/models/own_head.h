#pragma once

#include <string>
#include <string_view>

#include "rift/models/options.h"
#include "rift/nn/activation.h"

namespace rift::models {

/// The head that transformers' class of an architecture for sequence classification has: a pooler on the row's first
/// token or on the mean of its tokens, or of a decoder the row's last token as it is; then a linear classifier.
struct OwnHead {
  Pooling reading = Pooling::kPooler;  // kPooler or, of decoders, kLast
  std::string pooler;                  // name of its linear map: "bert.pooler.dense"; "" where there is none
  bool pooler_is_pretrained = true;    // it comes with the encoder; else it is new with every head
  bool pooler_has_bias = true;
  bool reads_mean = false;                            // the pooler; else the first token
  nn::Activation activation = nn::Activation::kTanh;  // of the pooler
  std::string pooler_norm;                            // name of the norm behind it, without a bias; "" = none
  double norm_epsilon = 1e-5;
  std::string classifier = "classifier";  // name of the map that gives the logits, whatever it reads
  bool classifier_has_bias = true;
  double pooler_dropout = 0;      // before the pooler
  double classifier_dropout = 0;  // before the classifier

  bool has_pooler() const { return !pooler.empty(); }
};

/// Throws kConfig when a model with this head has no such reading: a decoder's first token has seen no other.
/// `key` names the pooling in the error.
void require_reading(const OwnHead& head, Pooling pooling, std::string_view key);

}  // namespace rift::models
