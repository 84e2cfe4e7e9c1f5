#include "rift/models/bert.h"

#include <ATen/core/grad_mode.h>

#include <algorithm>

#include "rift/base/error.h"
#include "rift/nn/attention.h"
#include "rift/nn/dropout.h"

namespace rift::models {

namespace {

/// Numbers of the linear maps within a layer; part of the dropout hash of their adapters (nn::LinearCall::site).
enum LinearSite : uint32_t { kQuery, kKey, kValue, kAttentionOutput, kIntermediate, kOutput };

/// The names that were added to the store since `begin` parameters.
Part part_since(const nn::ParameterStore& store, std::string name, size_t begin) {
  Part part{std::move(name), {}};
  for (size_t i = begin; i < store.parameters().size(); ++i) part.parameters.push_back(store.parameters()[i].name);
  return part;
}

}  // namespace

/// One call of run_layer: the batch, how it runs and which tokens the layer gives.
struct BertEncoder::Pass {
  const tensor::PackedBatch& batch;
  const nn::ForwardContext& context;
  int64_t layer = 0;
  bool first_only = false;

  nn::LinearCall call(LinearSite site, bool x_is_per_row) const { return {context, batch, layer, site, x_is_per_row}; }
  at::Tensor dropout(const at::Tensor& x, double probability, nn::DropoutSite site) const {
    return nn::dropout(x, {probability, layer, static_cast<uint32_t>(site), first_only}, batch, context);
  }
};

bool BertEncoder::Layer::trainable() const {
  return query.trainable() || key.trainable() || value.trainable() || attention_output.trainable() ||
         attention_norm.trainable() || intermediate.trainable() || output.trainable() || output_norm.trainable();
}

BertEncoder::BertEncoder(const BertOptions& options, nn::ParameterStore& store) : options_(options) {
  const int64_t width = options.hidden_size;
  size_t begin = store.parameters().size();
  const std::string embeddings = "bert.embeddings";
  words_ = nn::Embedding::add_to(store, embeddings + ".word_embeddings", options.vocab_size, width);
  positions_ =
      nn::Embedding::add_to(store, embeddings + ".position_embeddings", options.max_position_embeddings, width);
  types_ = nn::Embedding::add_to(store, embeddings + ".token_type_embeddings", options.type_vocab_size, width);
  embeddings_norm_ = nn::LayerNorm::add_to(store, embeddings + ".LayerNorm", width, options.layer_norm_eps);
  embeddings_part_ = part_since(store, embeddings, begin);
  for (int64_t i = 0; i < options.num_hidden_layers; ++i) {
    begin = store.parameters().size();
    const std::string name = fmt::format("bert.encoder.layer.{}", i);
    Layer& layer = layers_.emplace_back();
    layer.query = nn::Linear::add_to(store, name + ".attention.self.query", width, width);
    layer.key = nn::Linear::add_to(store, name + ".attention.self.key", width, width);
    layer.value = nn::Linear::add_to(store, name + ".attention.self.value", width, width);
    layer.attention_output = nn::Linear::add_to(store, name + ".attention.output.dense", width, width);
    layer.attention_norm =
        nn::LayerNorm::add_to(store, name + ".attention.output.LayerNorm", width, options.layer_norm_eps);
    layer.intermediate = nn::Linear::add_to(store, name + ".intermediate.dense", width, options.intermediate_size);
    layer.output = nn::Linear::add_to(store, name + ".output.dense", options.intermediate_size, width);
    layer.output_norm = nn::LayerNorm::add_to(store, name + ".output.LayerNorm", width, options.layer_norm_eps);
    layer_parts_.push_back(part_since(store, name, begin));
  }
  engine_.emplace(parts(), store);
}

nn::EncoderParts BertEncoder::parts() const {
  nn::EncoderParts parts{.layers = {},
                         .heads = options_.num_attention_heads,
                         .activation = options_.hidden_act,
                         .hidden_dropout = options_.hidden_dropout_prob,
                         .attention_dropout = options_.attention_probs_dropout_prob};
  for (const Layer& layer : layers_) {
    parts.layers.push_back({.linears = {&layer.query, &layer.key, &layer.value, &layer.attention_output,
                                        &layer.intermediate, &layer.output},
                            .norms = {&layer.attention_norm, &layer.output_norm}});
  }
  return parts;
}

std::vector<nn::Linear*> BertEncoder::linears() {
  std::vector<nn::Linear*> linears;
  for (Layer& layer : layers_) {
    for (nn::Linear* linear :
         {&layer.query, &layer.key, &layer.value, &layer.attention_output, &layer.intermediate, &layer.output}) {
      linears.push_back(linear);
    }
  }
  return linears;
}

int64_t BertEncoder::first_trainable_stage() const {
  if (words_.trainable() || positions_.trainable() || types_.trainable() || embeddings_norm_.trainable()) return 0;
  int64_t stage = 1;
  for (const Layer& layer : layers_) {
    if (layer.trainable()) break;
    ++stage;
  }
  return stage;
}

at::Tensor BertEncoder::embed(const tensor::PackedBatch& batch, const nn::ForwardContext& context) const {
  RIFT_REQUIRE(batch.largest_id < options_.vocab_size, Code::kArtefact,
               "a token id is beyond the model's vocabulary of {}; does the tokenizer belong to this model?",
               options_.vocab_size);
  RIFT_REQUIRE(batch.largest_type_id < options_.type_vocab_size, Code::kArtefact,
               "a token type is beyond the model's {} types", options_.type_vocab_size);
  RIFT_REQUIRE(batch.longest <= options_.max_position_embeddings, Code::kArtefact,
               "a row of {} tokens is longer than the model's {} positions; lower max_tokens", batch.longest,
               options_.max_position_embeddings);
  const bool frozen = first_trainable_stage() > 0;
  const nn::TokenTables tables{words_, types_, positions_, embeddings_norm_};
  if (context.execution == nn::Execution::kAutomatic && nn::embeds_tokens(tables) &&
      (frozen || (!context.training && !at::GradMode::is_enabled()))) {
    return nn::embed_tokens(tables, batch);
  }
  const at::AutoGradMode gradients(at::GradMode::is_enabled() && !frozen);
  at::Tensor hidden = words_.forward(batch.ids);
  hidden.add_(types_.forward(batch.type_ids)).add_(positions_.forward(batch.positions));
  hidden = embeddings_norm_.forward(hidden);
  if (frozen) return hidden;
  return nn::dropout(hidden, {options_.hidden_dropout_prob, 0, static_cast<uint32_t>(nn::DropoutSite::kEmbeddings)},
                     batch, context);
}

at::Tensor BertEncoder::run_layers(at::Tensor hidden, int64_t first, int64_t last, const tensor::PackedBatch& batch,
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

at::Tensor BertEncoder::run_alike(at::Tensor hidden, int64_t first, int64_t last, const tensor::PackedBatch& batch,
                                  const nn::ForwardContext& context, TokensRead read) const {
  if (first == last) return hidden;
  const bool first_only = read == TokensRead::kFirst && last == layer_count();
  if (context.execution == nn::Execution::kAutomatic && why_not_fused().empty()) {
    return engine_->run(hidden, {first, last, first_only}, batch, context);
  }
  for (int64_t i = first; i < last; ++i) {
    hidden = run_layer(i, hidden, {batch, context, i, first_only && i + 1 == last});
  }
  return hidden;
}

at::Tensor BertEncoder::run_layer(int64_t index, const at::Tensor& x, const Pass& pass) const {
  const Layer& layer = layers_[index];
  const bool first_only = pass.first_only;
  const at::Tensor x_read = first_only ? x.index_select(0, pass.batch.row_begin.narrow(0, 0, pass.batch.rows)) : x;
  const at::Tensor attended = attend(layer, x, x_read, pass);
  const at::Tensor wide =
      nn::activate(options_.hidden_act, layer.intermediate.forward(attended, pass.call(kIntermediate, first_only)));
  at::Tensor y = layer.output.forward(wide, pass.call(kOutput, first_only));
  y = pass.dropout(y, options_.hidden_dropout_prob, nn::DropoutSite::kFeedForwardOutput);
  return layer.output_norm.forward(y.add_(attended));  // [S,D], or [B,D] when only first tokens are read
}

at::Tensor BertEncoder::attend(const Layer& layer, const at::Tensor& x, const at::Tensor& x_read,
                               const Pass& pass) const {
  const at::Tensor q = layer.query.forward(x_read, pass.call(kQuery, pass.first_only));
  const at::Tensor k = layer.key.forward(x, pass.call(kKey, false));
  const at::Tensor v = layer.value.forward(x, pass.call(kValue, false));
  const at::Tensor mixed = nn::packed_attention(q, k, v,
                                                {.batch = pass.batch,
                                                 .context = pass.context,
                                                 .heads = options_.num_attention_heads,
                                                 .layer = pass.layer,
                                                 .dropout = options_.attention_probs_dropout_prob,
                                                 .first_only = pass.first_only});
  at::Tensor y = layer.attention_output.forward(mixed, pass.call(kAttentionOutput, pass.first_only));
  y = pass.dropout(y, options_.hidden_dropout_prob, nn::DropoutSite::kAttentionOutput);
  return layer.attention_norm.forward(y.add_(x_read));
}

}  // namespace rift::models
