#pragma once

#include <array>
#include <string_view>

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

}  // namespace rift::models
