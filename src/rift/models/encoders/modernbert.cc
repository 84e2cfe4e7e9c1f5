#include "rift/models/encoders/modernbert.h"

#include <ATen/core/grad_mode.h>

#include <cmath>
#include <memory>
#include <utility>

#include "rift/nn/dropout.h"

namespace rift::models {

namespace {

constexpr std::string_view kTitle = "a ModernBERT";
constexpr std::string_view kExample =
    R"({"model_type": "modernbert", "vocab_size": 64, "hidden_size": 64, "intermediate_size": 96,
  "num_hidden_layers": 2, "num_attention_heads": 2, "max_position_embeddings": 64, "local_attention": 16,
  "pad_token_id": 0, "bos_token_id": 1, "eos_token_id": 2, "cls_token_id": 1, "sep_token_id": 2})";
constexpr std::string_view kRequired[] = {"vocab_size",        "hidden_size",         "intermediate_size",
                                          "num_hidden_layers", "num_attention_heads", "max_position_embeddings"};
constexpr FixedSetting kFixed[] = {
    {"attention_bias", "false"},
    {"classifier_bias", "false"},
    {"mlp_bias", "false"},
    {"norm_bias", "false"},
};
constexpr std::string_view kHarmless[] = {
    "deterministic_flash_attn",
    "layer_norm_eps",  // transformers reads norm_eps
    "reference_compile",        "repad_logits_with_grad", "sparse_pred_ignore_index", "sparse_prediction",
};
constexpr checkpoint::UnusedTensors kUnused[] = {{"decoder.", "pretraining head"}};

/// Numbers of the linear maps within a layer; part of the dropout hash of their adapters (nn::LinearCall::site).
enum LinearSite : uint32_t { kQkv = 0, kAttentionOutput = 3, kIntermediate = 4, kOutput = 5 };

/// What adds to the states, and what reads them last, begins narrower the more layers add.
StartValues start_values(const ModernBertOptions& options) {
  const double in = options.initializer_range;
  const double out = in / std::sqrt(2.0 * static_cast<double>(options.num_hidden_layers));
  return {.standard_deviation = in,
          .others = {{".Wo.weight", out},
                     {"head.dense.weight", out},
                     {"decoder.weight", out},
                     {"classifier.weight", 1.0 / std::sqrt(static_cast<double>(options.hidden_size))}},
          .cutoff = options.initializer_cutoff_factor.value_or(3.0)};
}

BuiltEncoder build(const Json& config, std::string_view source, nn::ParameterStore& store) {
  const ModernBertOptions options = read_modernbert_options(config, source);
  return {.encoder = std::make_unique<ModernBertEncoder>(options, store),
          .head = {.pooler = "head.dense",
                   .pooler_has_bias = false,
                   .reads_mean = options.classifier_pooling == ClassifierPooling::kMean,
                   .activation = options.classifier_activation,
                   .pooler_norm = "head.norm",
                   .norm_epsilon = options.norm_eps,
                   .classifier_dropout = options.classifier_dropout},
          .language_head = tied_as_asked({.dense = "head.dense",
                                          .dense_has_bias = false,
                                          .activation = options.classifier_activation,
                                          .norm = "head.norm",
                                          .norm_has_bias = false,
                                          .norm_epsilon = options.norm_eps,
                                          .table = "model.embeddings.tok_embeddings.weight",
                                          .own_weight = "decoder.weight",
                                          .bias = options.decoder_bias ? "decoder.bias" : ""},
                                         config),
          .start = start_values(options)};
}

}  // namespace

ModernBertOptions read_modernbert_options(const Json& config, std::string_view source) {
  const auto options = read_config<ModernBertOptions>(
      config, source, {.title = kTitle, .required = kRequired, .fixed = kFixed, .harmless = kHarmless});
  require_heads_divide(options.num_attention_heads, options.hidden_size, "num_attention_heads", source);
  RIFT_REQUIRE(options.hidden_size / options.num_attention_heads % 2 == 0, Code::kArtefact,
               "{}: num_attention_heads: heads are {} wide; rotary positions need an even width", source,
               options.hidden_size / options.num_attention_heads);
  return options;
}

const Architecture kModernBert = {.model_type = "modernbert",
                                  .title = kTitle,
                                  .class_name = "ModernBert",
                                  .base_prefix = "model.",
                                  .unused = kUnused,
                                  .options = describe_options<ModernBertOptions>,
                                  .build = build,
                                  .example = kExample};

struct ModernBertEncoder::Pass : LayerPass {
  const nn::RotaryAngles& angles;  // of the layer's kind, all tokens
};

bool ModernBertEncoder::Layer::trainable() const {
  return (attention_norm && attention_norm->trainable()) || qkv.trainable() || attention_output.trainable() ||
         feed_forward_norm.trainable() || intermediate.trainable() || output.trainable();
}

ModernBertEncoder::ModernBertEncoder(const ModernBertOptions& options, nn::ParameterStore& store)
    : options_(options),
      sizes_{.vocab_size = options.vocab_size,
             .hidden_size = options.hidden_size,
             .layers = options.num_hidden_layers,
             .intermediate_size = options.intermediate_size,
             .positions = options.max_position_embeddings} {
  const int64_t width = options.hidden_size, wide = options.intermediate_size;
  const auto norm = [&](const std::string& name) {
    return nn::LayerNorm::add_without_bias(store, name, width, options.norm_eps);
  };
  const std::string embeddings = "model.embeddings";
  size_t begin = store.parameters().size();
  words_ = nn::Embedding::add_to(store, embeddings + ".tok_embeddings", options.vocab_size, width);
  embeddings_norm_ = norm(embeddings + ".norm");
  stem_ = part_since(store, embeddings, begin);
  for (int64_t i = 0; i < options.num_hidden_layers; ++i) {
    begin = store.parameters().size();
    const std::string name = fmt::format("model.layers.{}", i);
    Layer& layer = layers_.emplace_back();
    layer.is_local = i % options.global_attn_every_n_layers != 0;
    if (i > 0) layer.attention_norm = norm(name + ".attn_norm");
    layer.qkv = nn::Linear::add_without_bias(store, name + ".attn.Wqkv", width, 3 * width);
    layer.attention_output = nn::Linear::add_without_bias(store, name + ".attn.Wo", width, width);
    layer.feed_forward_norm = norm(name + ".mlp_norm");
    layer.intermediate = nn::Linear::add_without_bias(store, name + ".mlp.Wi", width, 2 * wide);
    layer.output = nn::Linear::add_without_bias(store, name + ".mlp.Wo", wide, width);
    if (i + 1 == options.num_hidden_layers) last_norm_ = norm("model.final_norm");
    layer_parts_.push_back(part_since(store, name, begin));
  }
}

std::vector<nn::Linear*> ModernBertEncoder::linear_maps() {
  std::vector<nn::Linear*> linears;
  for (Layer& layer : layers_) {
    linears.insert(linears.end(), {&layer.qkv, &layer.attention_output, &layer.intermediate, &layer.output});
  }
  return linears;
}

bool ModernBertEncoder::stage_trains(int64_t stage) const {
  if (stage == 0) return words_.trainable() || embeddings_norm_.trainable();
  return layers_[stage - 1].trainable() || (stage == layer_count() && last_norm_.trainable());
}

at::Tensor ModernBertEncoder::embed(const tensor::PackedBatch& batch, const nn::ForwardContext& context) const {
  require_fitting(batch);
  const bool frozen = first_trainable_stage() > 0;
  const at::AutoGradMode gradients(at::GradMode::is_enabled() && !frozen);
  const at::Tensor hidden = embeddings_norm_.forward(word_states(batch));
  if (frozen) return hidden;
  return nn::dropout(hidden, {options_.embedding_dropout, 0, static_cast<uint32_t>(nn::DropoutSite::kEmbeddings)},
                     batch, context);
}

at::Tensor ModernBertEncoder::run_alike(at::Tensor hidden, int64_t first, int64_t last,
                                        const tensor::PackedBatch& batch, const nn::ForwardContext& context,
                                        TokensRead read) const {
  if (first == last) return hidden;
  const int64_t head_width = options_.hidden_size / options_.num_attention_heads;
  const auto angles = [&](double theta) {
    return nn::rotary_angles(batch.positions, head_width, theta, hidden.scalar_type());
  };
  const nn::RotaryAngles global = angles(options_.global_rope_theta);
  const nn::RotaryAngles local = angles(options_.local_rope_theta.value_or(options_.global_rope_theta));
  for (int64_t i = first; i < last; ++i) {
    const Layer& layer = layers_[i];
    hidden = run_layer(layer, hidden,
                       {{batch, context, i, i + 1 == layer_count() ? read : TokensRead::kAll, &additions_},
                        layer.is_local ? local : global});
  }
  return last == layer_count() ? last_norm_.forward(hidden) : hidden;
}

at::Tensor ModernBertEncoder::run_layer(const Layer& layer, const at::Tensor& x, const Pass& pass) const {
  const at::Tensor attended = pass.join(LayerPart::kAttention, attend(layer, x, pass), pass.chosen(x));
  const at::Tensor both =
      layer.intermediate.forward(layer.feed_forward_norm.forward(attended), pass.call(kIntermediate, pass.read));
  const int64_t wide = options_.intermediate_size;
  const at::Tensor gated =
      nn::activate(options_.hidden_activation, both.narrow(1, 0, wide)).mul(both.narrow(1, wide, wide));
  const at::Tensor kept = pass.dropout(gated, options_.mlp_dropout, nn::DropoutSite::kFeedForwardInner);
  const at::Tensor y = layer.output.forward(kept, pass.call(kOutput, pass.read));
  return pass.join(LayerPart::kFeedForward, y, attended);  // [S,D], or [B,D]
}

at::Tensor ModernBertEncoder::attend(const Layer& layer, const at::Tensor& x, const Pass& pass) const {
  const int64_t width = options_.hidden_size;
  const at::Tensor qkv =
      layer.qkv.forward(layer.attention_norm ? layer.attention_norm->forward(x) : x, pass.call(kQkv, TokensRead::kAll));
  const at::Tensor q =
      nn::rotate(pass.chosen(qkv.narrow(1, 0, width)), {pass.chosen(pass.angles.cos), pass.chosen(pass.angles.sin)});
  const at::Tensor k = nn::rotate(qkv.narrow(1, width, width), pass.angles);
  nn::AttentionCall call{.batch = pass.batch,
                         .context = pass.context,
                         .heads = options_.num_attention_heads,
                         .layer = pass.layer,
                         .dropout = options_.attention_dropout,
                         .read = pass.read};
  if (layer.is_local) call.window = options_.local_attention / 2;
  const at::Tensor mixed = pass.attend(q, k, qkv.narrow(1, 2 * width, width), call);
  const at::Tensor y = layer.attention_output.forward(mixed, pass.call(kAttentionOutput, pass.read));
  return pass.dropout(y, options_.attention_dropout, nn::DropoutSite::kAttentionOutput);
}

}  // namespace rift::models
