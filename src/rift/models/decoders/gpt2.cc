#include "rift/models/decoders/gpt2.h"

#include <ATen/core/grad_mode.h>

#include <cmath>
#include <memory>

#include "rift/nn/dropout.h"

namespace rift::models {

namespace {

constexpr std::string_view kTitle = "a GPT-2";
constexpr std::string_view kExample = R"({"model_type": "gpt2", "n_embd": 64, "n_layer": 2, "n_head": 2,
  "vocab_size": 64, "n_positions": 64})";
constexpr std::string_view kRequired[] = {"vocab_size", "n_positions", "n_embd", "n_layer", "n_head"};
// transformers' own two ways to compute attention disagree about the first two.
constexpr FixedSetting kFixed[] = {{"scale_attn_weights", "true"}, {"scale_attn_by_inverse_layer_idx", "false"}};
constexpr std::string_view kHarmless[] = {
    "n_ctx",
    "reorder_and_upcast_attn",  // the order of products in f16
    "summary_activation",       // these six belong to the head of multiple choice
    "summary_first_dropout",
    "summary_proj_to_labels",
    "summary_type",
    "summary_use_proj",
};
constexpr checkpoint::UnusedTensors kUnused[] = {
    {"lm_head.", "language head"},
    {"classifier.", "head of token classification"},
    {"multiple_choice_head.", "head of multiple choice"},
    {"qa_outputs.", "head of question answering"},
};
constexpr std::string_view kBuffers[] = {".attn.bias", ".attn.masked_bias"};
constexpr std::string_view kTransposed[] = {".c_attn.weight", ".c_proj.weight", ".c_fc.weight"};

/// Numbers of the linear maps within a layer; part of the dropout hash of their adapters (nn::LinearCall::site).
enum LinearSite : uint32_t { kQkv = 0, kAttentionOutput = 3, kIntermediate = 4, kOutput = 5 };

BuiltEncoder build(const Json& config, std::string_view source, nn::ParameterStore& store) {
  const Gpt2Options options = read_gpt2_options(config, source);
  return {.encoder = std::make_unique<Gpt2Decoder>(options, store),
          .head = {.reading = Pooling::kLast, .pooler = "", .classifier = "score", .classifier_has_bias = false},
          .language_head = {.objective = LanguageObjective::kNextToken,
                            .table = options.tie_word_embeddings ? "transformer.wte.weight" : "",
                            .own_weight = "lm_head.weight",
                            .class_name = "GPT2LMHeadModel"},
          .start = {.standard_deviation = options.initializer_range,
                    .others = {{".c_proj.weight",
                                options.initializer_range / std::sqrt(2.0 * static_cast<double>(options.n_layer))}}}};
}

Json complete(const Json& config, std::string_view source) {
  Gpt2Options options = read_gpt2_options(config, source);
  options.n_inner = options.inner();
  return write_options(options);
}

}  // namespace

Gpt2Options read_gpt2_options(const Json& config, std::string_view source) {
  const auto options = read_config<Gpt2Options>(
      config, source, {.title = kTitle, .required = kRequired, .fixed = kFixed, .harmless = kHarmless});
  require_heads_divide(options.n_head, options.n_embd, "n_head", source);
  return options;
}

const Architecture kGpt2 = {.model_type = "gpt2",
                            .title = kTitle,
                            .class_name = "GPT2",
                            .base_prefix = "transformer.",
                            .unused = kUnused,
                            .buffers = kBuffers,
                            .transposed = kTransposed,
                            .options = describe_options<Gpt2Options>,
                            .build = build,
                            .complete = complete,
                            .example = kExample};

bool Gpt2Decoder::Layer::trainable() const {
  return attention_norm.trainable() || qkv.trainable() || attention_output.trainable() ||
         feed_forward_norm.trainable() || intermediate.trainable() || output.trainable();
}

Gpt2Decoder::Gpt2Decoder(const Gpt2Options& options, nn::ParameterStore& store)
    : options_(options),
      sizes_{.vocab_size = options.vocab_size,
             .hidden_size = options.n_embd,
             .layers = options.n_layer,
             .intermediate_size = options.inner(),
             .positions = options.n_positions} {
  const int64_t width = options.n_embd, wide = options.inner();
  const auto norm = [&](const std::string& name) {
    return nn::LayerNorm::add_to(store, name, width, options.layer_norm_epsilon);
  };
  size_t begin = store.parameters().size();
  words_ = nn::Embedding::add_to(store, "transformer.wte", options.vocab_size, width);
  positions_ = nn::Embedding::add_to(store, "transformer.wpe", options.n_positions, width);
  stem_ = part_since(store, "transformer.embeddings", begin);
  for (int64_t i = 0; i < options.n_layer; ++i) {
    begin = store.parameters().size();
    const std::string name = fmt::format("transformer.h.{}", i);
    Layer& layer = layers_.emplace_back();
    layer.attention_norm = norm(name + ".ln_1");
    layer.qkv = nn::Linear::add_to(store, name + ".attn.c_attn", width, 3 * width);
    layer.attention_output = nn::Linear::add_to(store, name + ".attn.c_proj", width, width);
    layer.feed_forward_norm = norm(name + ".ln_2");
    layer.intermediate = nn::Linear::add_to(store, name + ".mlp.c_fc", width, wide);
    layer.output = nn::Linear::add_to(store, name + ".mlp.c_proj", wide, width);
    if (i + 1 == options.n_layer) last_norm_ = norm("transformer.ln_f");
    layer_parts_.push_back(part_since(store, name, begin));
  }
}

std::vector<nn::Linear*> Gpt2Decoder::linear_maps() {
  std::vector<nn::Linear*> linears;
  for (Layer& layer : layers_) {
    linears.insert(linears.end(), {&layer.qkv, &layer.attention_output, &layer.intermediate, &layer.output});
  }
  return linears;
}

bool Gpt2Decoder::stage_trains(int64_t stage) const {
  if (stage == 0) return words_.trainable() || positions_.trainable();
  return layers_[stage - 1].trainable() || (stage == layer_count() && last_norm_.trainable());
}

at::Tensor Gpt2Decoder::embed(const tensor::PackedBatch& batch, const nn::ForwardContext& context) const {
  require_fitting(batch);
  const bool frozen = first_trainable_stage() > 0;
  const at::AutoGradMode gradients(at::GradMode::is_enabled() && !frozen);
  const at::Tensor hidden = word_states(batch).add(positions_.forward(batch.positions));
  if (frozen) return hidden;
  return nn::dropout(hidden, {options_.embd_pdrop, 0, static_cast<uint32_t>(nn::DropoutSite::kEmbeddings)}, batch,
                     context);
}

at::Tensor Gpt2Decoder::run_alike(at::Tensor hidden, int64_t first, int64_t last, const tensor::PackedBatch& batch,
                                  const nn::ForwardContext& context, TokensRead read) const {
  if (first == last) return hidden;
  for (int64_t i = first; i < last; ++i) {
    hidden = run_layer(layers_[i], hidden,
                       {batch, context, i, i + 1 == layer_count() ? read : TokensRead::kAll, &additions_});
  }
  return last == layer_count() ? last_norm_.forward(hidden) : hidden;
}

at::Tensor Gpt2Decoder::run_layer(const Layer& layer, const at::Tensor& x, const LayerPass& pass) const {
  const at::Tensor attended = pass.join(LayerPart::kAttention, attend(layer, x, pass), pass.chosen(x));
  const at::Tensor wide = nn::activate(
      options_.activation_function,
      layer.intermediate.forward(layer.feed_forward_norm.forward(attended), pass.call(kIntermediate, pass.read)));
  const at::Tensor y = layer.output.forward(wide, pass.call(kOutput, pass.read));
  return pass.join(LayerPart::kFeedForward, pass.dropout(y, options_.resid_pdrop, nn::DropoutSite::kFeedForwardOutput),
                   attended);  // [S,D] or [B,D]
}

at::Tensor Gpt2Decoder::attend(const Layer& layer, const at::Tensor& x, const LayerPass& pass) const {
  const int64_t width = options_.n_embd;
  const at::Tensor qkv = layer.qkv.forward(layer.attention_norm.forward(x), pass.call(kQkv, TokensRead::kAll));
  const at::Tensor mixed =
      pass.attend(pass.chosen(qkv.narrow(1, 0, width)), qkv.narrow(1, width, width), qkv.narrow(1, 2 * width, width),
                  {.batch = pass.batch,
                   .context = pass.context,
                   .heads = options_.n_head,
                   .layer = pass.layer,
                   .dropout = options_.attn_pdrop,
                   .causal = true,
                   .read = pass.read});
  const at::Tensor y = layer.attention_output.forward(mixed, pass.call(kAttentionOutput, pass.read));
  return pass.dropout(y, options_.resid_pdrop, nn::DropoutSite::kAttentionOutput);
}

}  // namespace rift::models
