#include "rift/models/text_encoder.h"

#include <ATen/core/grad_mode.h>

#include <algorithm>
#include <utility>

#include "rift/base/error.h"

namespace rift::models {

int64_t TextEncoder::first_trainable_stage() const {
  int64_t stage = 0;
  while (stage <= layer_count() && !stage_trains(stage)) ++stage;
  return stage;
}

void TextEncoder::require_fitting(const tensor::PackedBatch& batch) const {
  const TextSizes& sizes = this->sizes();
  RIFT_REQUIRE(batch.largest_id < sizes.vocab_size, Code::kArtefact,
               "a token id is beyond the model's vocabulary of {}; does the tokenizer belong to this model?",
               sizes.vocab_size);
  RIFT_REQUIRE(batch.largest_type_id < std::max<int64_t>(sizes.token_types, 1), Code::kArtefact,
               "a token type is beyond the model's {} types", sizes.token_types);
  RIFT_REQUIRE(batch.longest <= sizes.positions, Code::kArtefact,
               "a row of {} tokens is longer than the model's {} positions; lower max_tokens", batch.longest,
               sizes.positions);
}

at::Tensor TextEncoder::run_layers(at::Tensor hidden, int64_t first, int64_t last, const tensor::PackedBatch& batch,
                                   const nn::ForwardContext& context, TokensRead read) const {
  RIFT_CHECK(0 <= first && first <= last && last <= layer_count());
  // Layer i is stage i + 1: those below `frozen` take no part in training.
  const int64_t frozen = std::clamp(first_trainable_stage() - 1, first, last);
  nn::ForwardContext scoring = context;
  scoring.training = false;
  {
    const at::AutoGradMode gradients(at::GradMode::is_enabled() && hidden.requires_grad());
    hidden = run_alike(std::move(hidden), first, frozen, batch, scoring, read);
  }
  return run_alike(std::move(hidden), frozen, last, batch, context, read);
}

}  // namespace rift::models
