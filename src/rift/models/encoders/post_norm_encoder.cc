#include "rift/models/encoders/post_norm_encoder.h"

#include <ATen/core/grad_mode.h>

#include <algorithm>
#include <utility>

#include "rift/base/error.h"
#include "rift/nn/attention.h"
#include "rift/nn/dropout.h"

namespace rift::models {

namespace {

/// Numbers of the linear maps within a layer; part of the dropout hash of their adapters (nn::LinearCall::site).
enum LinearSite : uint32_t { kQuery, kKey, kValue, kAttentionOutput, kIntermediate, kOutput, kProjection };

}  // namespace

PostNormNames bert_names(const std::string& base) {
  return {.embeddings = base + ".embeddings",
          .projection = base + ".embeddings_project",
          .layers = base + ".encoder.layer"};
}

bool PostNormEncoder::Layer::trainable() const {
  return query.trainable() || key.trainable() || value.trainable() || attention_output.trainable() ||
         attention_norm.trainable() || intermediate.trainable() || output.trainable() || output_norm.trainable();
}

PostNormEncoder::PostNormEncoder(PostNormSpec spec, nn::ParameterStore& store) : spec_(std::move(spec)) {
  add_embeddings(store);
  for (int64_t i = 0; i < spec_.sizes.layers; ++i) add_layer(i, store);
  engine_.emplace(parts(), store);
}

void PostNormEncoder::add_embeddings(nn::ParameterStore& store) {
  const size_t begin = store.parameters().size();
  const std::string& name = spec_.names.embeddings;
  const int64_t width = spec_.embedding_size;
  const int64_t places = spec_.sizes.positions + (spec_.padding_id ? *spec_.padding_id + 1 : 0);
  words_ = nn::Embedding::add_to(store, name + ".word_embeddings", spec_.sizes.vocab_size, width);
  positions_ = nn::Embedding::add_to(store, name + ".position_embeddings", places, width);
  if (spec_.sizes.token_types > 0) {
    types_ = nn::Embedding::add_to(store, name + ".token_type_embeddings", spec_.sizes.token_types, width);
  }
  embeddings_norm_ = nn::LayerNorm::add_to(store, name + ".LayerNorm", width, spec_.norm_epsilon);
  if (width != spec_.sizes.hidden_size) {
    projection_ = nn::Linear::add_to(store, spec_.names.projection, width, spec_.sizes.hidden_size);
  }
  stem_ = part_since(store, name, begin);
}

void PostNormEncoder::add_layer(int64_t index, nn::ParameterStore& store) {
  const size_t begin = store.parameters().size();
  const PostNormNames& names = spec_.names;
  const int64_t width = spec_.sizes.hidden_size, wide = spec_.sizes.intermediate_size;
  const std::string name = fmt::format("{}.{}", names.layers, index);
  const auto linear = [&](std::string_view part, int64_t in, int64_t out) {
    return nn::Linear::add_to(store, fmt::format("{}.{}", name, part), in, out);
  };
  const auto norm = [&](std::string_view part) {
    return nn::LayerNorm::add_to(store, fmt::format("{}.{}", name, part), width, spec_.norm_epsilon);
  };
  Layer& layer = layers_.emplace_back();
  layer.query = linear(names.query, width, width);
  layer.key = linear(names.key, width, width);
  layer.value = linear(names.value, width, width);
  layer.attention_output = linear(names.attention_output, width, width);
  layer.attention_norm = norm(names.attention_norm);
  layer.intermediate = linear(names.intermediate, width, wide);
  layer.output = linear(names.output, wide, width);
  layer.output_norm = norm(names.output_norm);
  layer_parts_.push_back(part_since(store, name, begin));
}

nn::EncoderParts PostNormEncoder::parts() const {
  nn::EncoderParts parts{.layers = {},
                         .heads = spec_.heads,
                         .activation = spec_.activation,
                         .dropout_before_norm = {spec_.attention_output_dropout, spec_.output_dropout},
                         .attention_dropout = spec_.attention_dropout};
  for (const Layer& layer : layers_) {
    parts.layers.push_back({.linears = {&layer.query, &layer.key, &layer.value, &layer.attention_output,
                                        &layer.intermediate, &layer.output},
                            .norms = {&layer.attention_norm, &layer.output_norm}});
  }
  return parts;
}

std::vector<nn::Linear*> PostNormEncoder::linear_maps() {
  std::vector<nn::Linear*> linears;
  if (projection_) linears.push_back(&*projection_);
  for (Layer& layer : layers_) {
    for (nn::Linear* linear :
         {&layer.query, &layer.key, &layer.value, &layer.attention_output, &layer.intermediate, &layer.output}) {
      linears.push_back(linear);
    }
  }
  return linears;
}

std::vector<std::string> PostNormEncoder::lora_maps() const {
  std::vector<std::string> names;
  for (const std::string_view name : {spec_.names.query, spec_.names.value}) {
    names.emplace_back(name.substr(name.rfind('.') + 1));
  }
  return names;
}

/// PEFT's own choice: BERT's "output.dense" is the name of both its maps back into the states.
ScaledMaps PostNormEncoder::scaled_maps() const {
  const auto last_part = [](std::string_view name) { return std::string(name.substr(name.rfind('.') + 1)); };
  const std::string output(spec_.names.output);
  return {{last_part(spec_.names.key), last_part(spec_.names.value), output}, {output}};
}

std::string PostNormEncoder::why_not_fused() const {
  if (!additions_.behind.empty()) return "it has adapters behind the parts of its layers";
  if (additions_.prefix != nullptr) return "it has a prefix";
  return engine_->why_not();
}

bool PostNormEncoder::stage_trains(int64_t stage) const {
  if (stage == 0)
    return words_.trainable() || positions_.trainable() || embeddings_norm_.trainable() ||
           (types_ && types_->trainable()) || (projection_ && projection_->trainable());
  return layers_[stage - 1].trainable();
}

/// Rows of the position table, [S].
at::Tensor PostNormEncoder::positions_of(const tensor::PackedBatch& batch) const {
  if (!spec_.padding_id) return batch.positions;  // first_position is in them
  const at::Tensor counts = batch.ids.ne(*spec_.padding_id).to(at::kLong);
  const at::Tensor through = counts.cumsum(0);  // [S] over all rows
  const at::Tensor before = through.sub(counts).index_select(0, batch.row_begin.narrow(0, 0, batch.rows));  // [B]
  return through.sub(before.repeat_interleave(batch.row_begin.diff()))
      .mul_(counts)
      .add_(*spec_.padding_id + batch.first_position);
}

at::Tensor PostNormEncoder::embed(const tensor::PackedBatch& batch, const nn::ForwardContext& context) const {
  require_fitting(batch);
  const bool frozen = first_trainable_stage() > 0;
  const at::AutoGradMode gradients(at::GradMode::is_enabled() && !frozen);
  const at::Tensor hidden = embed_tables(batch, context, frozen);
  return projection_ ? projection_->forward(hidden, {.context = context, .batch = batch, .site = kProjection}) : hidden;
}

at::Tensor PostNormEncoder::embed_tables(const tensor::PackedBatch& batch, const nn::ForwardContext& context,
                                         bool frozen) const {
  const nn::TokenTables tables{words_, types_ ? &*types_ : nullptr, positions_, embeddings_norm_};
  const at::Tensor positions = positions_of(batch);
  if (context.execution == nn::Execution::kAutomatic && additions_.prompt == nullptr && nn::embeds_tokens(tables) &&
      (frozen || (!context.training && !at::GradMode::is_enabled()))) {
    return nn::embed_tokens(tables, batch, positions);
  }
  at::Tensor hidden = word_states(batch);
  if (types_) hidden.add_(types_->forward(batch.type_ids));
  hidden = embeddings_norm_.forward(hidden.add_(positions_.forward(positions)));
  if (frozen) return hidden;
  return nn::dropout(hidden, {spec_.embeddings_dropout, 0, static_cast<uint32_t>(nn::DropoutSite::kEmbeddings)}, batch,
                     context);
}

at::Tensor PostNormEncoder::run_alike(at::Tensor hidden, int64_t first, int64_t last, const tensor::PackedBatch& batch,
                                      const nn::ForwardContext& context, TokensRead read) const {
  if (first == last) return hidden;
  const TokensRead of_last = last == layer_count() ? read : TokensRead::kAll;
  if (of_last == TokensRead::kLast) {
    return nn::read_tokens(run_alike(hidden, first, last, batch, context, TokensRead::kAll), batch, of_last);
  }
  if (context.execution == nn::Execution::kAutomatic && why_not_fused().empty()) {
    return engine_->run(hidden, {first, last, of_last == TokensRead::kFirst}, batch, context);
  }
  for (int64_t i = first; i < last; ++i) {
    hidden = run_layer(i, hidden, {batch, context, i, i + 1 == last ? of_last : TokensRead::kAll, &additions_});
  }
  return hidden;
}

at::Tensor PostNormEncoder::run_layer(int64_t index, const at::Tensor& x, const LayerPass& pass) const {
  const Layer& layer = layers_[index];
  const at::Tensor x_read = nn::read_tokens(x, pass.batch, pass.read);
  const at::Tensor attended = attend(layer, x, x_read, pass);
  const at::Tensor wide =
      nn::activate(spec_.activation, layer.intermediate.forward(attended, pass.call(kIntermediate, pass.read)));
  at::Tensor y = layer.output.forward(wide, pass.call(kOutput, pass.read));
  y = pass.dropout(y, spec_.output_dropout, nn::DropoutSite::kFeedForwardOutput);
  return pass.join(LayerPart::kFeedForward, y, attended,
                   [&](const at::Tensor& sum) { return layer.output_norm.forward(sum); });  // [S,D], or [B,D]
}

at::Tensor PostNormEncoder::attend(const Layer& layer, const at::Tensor& x, const at::Tensor& x_read,
                                   const LayerPass& pass) const {
  const at::Tensor q = layer.query.forward(x_read, pass.call(kQuery, pass.read));
  const at::Tensor k = layer.key.forward(x, pass.call(kKey, TokensRead::kAll));
  const at::Tensor v = layer.value.forward(x, pass.call(kValue, TokensRead::kAll));
  const at::Tensor mixed = pass.attend(q, k, v,
                                       {.batch = pass.batch,
                                        .context = pass.context,
                                        .heads = spec_.heads,
                                        .layer = pass.layer,
                                        .dropout = spec_.attention_dropout,
                                        .read = pass.read});
  at::Tensor y = layer.attention_output.forward(mixed, pass.call(kAttentionOutput, pass.read));
  y = pass.dropout(y, spec_.attention_output_dropout, nn::DropoutSite::kAttentionOutput);
  return pass.join(LayerPart::kAttention, y, x_read,
                   [&](const at::Tensor& sum) { return layer.attention_norm.forward(sum); });
}

}  // namespace rift::models
