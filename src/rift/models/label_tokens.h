#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <span>
#include <string>

#include "rift/base/json.h"
#include "rift/models/options.h"
#include "rift/tensor/lazy_tensors.h"

namespace rift::models {

/// The weight of a classifier, [C,D] or, of two classes, [1,D], that scores a row by a decoder's language head: the
/// logit of a class is that of its token behind the row's last; of two classes the one logit is the second's less the
/// first's.
///   class_tokens: one id for each class
///   tensors:      of the model with its language head (NameMapOptions::language_head)
/// `config` is the model's config.json, which `source` names in errors. Throws kUnsupported for a model that does not
/// say the next token, kConfig where its files hold no language head, kArtefact for a token that the head has not.
at::Tensor label_token_weight(const Json& config, const std::string& source, std::span<const int32_t> class_tokens,
                              const tensor::LazyTensors& tensors);

/// Throws kConfig where the head reads anything but the row's last token: no other state says what comes next.
void require_reading_of_label_tokens(Pooling pooling);

}  // namespace rift::models
