#include "rift/models/text_encoder.h"

#include <ATen/core/grad_mode.h>
#include <ATen/ops/where.h>

#include <algorithm>
#include <memory>
#include <utility>

#include "rift/base/error.h"
#include "rift/nn/recompute.h"

namespace rift::models {

int64_t TextEncoder::first_trainable_stage() const {
  int64_t stage = 0;
  while (stage <= layer_count() && !stage_trains(stage) && !additions_.trains(stage)) ++stage;
  return stage;
}

void TextEncoder::require_fitting(const tensor::PackedBatch& batch) const {
  const TextSizes& sizes = this->sizes();
  RIFT_REQUIRE(batch.largest_id < sizes.vocab_size, Code::kArtefact,
               "a token id is beyond the model's vocabulary of {}; does the tokenizer belong to this model?",
               sizes.vocab_size);
  RIFT_REQUIRE(batch.largest_type_id < std::max<int64_t>(sizes.token_types, 1), Code::kArtefact,
               "a token type is beyond the model's {} types", sizes.token_types);
  const int64_t longest = batch.longest + batch.first_position;
  RIFT_REQUIRE(longest <= sizes.positions, Code::kArtefact,
               "a row of {} tokens{} is longer than the model's {} positions; lower max_tokens", longest,
               batch.virtual_tokens + batch.first_position > 0 ? ", those of tuning.tokens included," : "",
               sizes.positions);
}

tensor::PackedBatch TextEncoder::prepared(const tensor::PackedBatch& batch) const {
  if (additions_.prompt != nullptr) return tensor::with_virtual_tokens(batch, additions_.prompt->shape[0]);
  if (additions_.prefix != nullptr) return tensor::with_first_position(batch, additions_.prefix->shape[0]);
  return batch;
}

at::Tensor TextEncoder::word_states(const tensor::PackedBatch& batch) const {
  at::Tensor states = words().forward(batch.ids);
  if (word_scale() != 1) states = states.mul(word_scale());
  RIFT_CHECK(batch.virtual_tokens == (additions_.prompt == nullptr ? 0 : additions_.prompt->shape[0]));
  if (batch.virtual_tokens == 0) return states;
  const at::Tensor place = batch.positions.clamp_max(batch.virtual_tokens - 1);
  return at::where(batch.positions.lt(batch.virtual_tokens).unsqueeze(1),
                   additions_.prompt->view.index_select(0, place), states);
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
  if (context.training && context.recomputes && at::GradMode::is_enabled()) {
    return run_recomputed(std::move(hidden), frozen, last, batch, context, read);
  }
  return run_alike(std::move(hidden), frozen, last, batch, context, read);
}

at::Tensor TextEncoder::run_recomputed(at::Tensor hidden, int64_t first, int64_t last, const tensor::PackedBatch& batch,
                                       const nn::ForwardContext& context, TokensRead read) const {
  const auto held = std::make_shared<const tensor::PackedBatch>(batch);  // until the way back
  for (int64_t i = first; i < last; ++i) {
    const auto layer = [this, i, held, context, read](const at::Tensor& x, bool again) {
      nn::ForwardContext own = context;
      own.again = again;
      return run_alike(x, i, i + 1, *held, own, read);
    };
    hidden = nn::recomputed(layer, hidden);
  }
  return hidden;
}

}  // namespace rift::models
