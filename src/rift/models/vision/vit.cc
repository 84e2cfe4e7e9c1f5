#include "rift/models/vision/vit.h"

#include <ATen/ops/cat.h>

#include <memory>

#include "rift/nn/attention.h"
#include "rift/nn/dropout.h"

namespace rift::models {

namespace {

constexpr std::string_view kTitle = "a ViT";
constexpr std::string_view kExample =
    R"({"model_type": "vit", "hidden_size": 64, "num_hidden_layers": 2, "num_attention_heads": 2,
  "intermediate_size": 96, "image_size": 32, "patch_size": 16})";
constexpr std::string_view kHarmless[] = {"encoder_stride"};  // of masked-image pretraining
constexpr Pooling kPoolings[] = {Pooling::kCls, Pooling::kPooler, Pooling::kMean};
constexpr checkpoint::UnusedTensors kUnused[] = {
    {"decoder.", "pretraining head"},
    {"vit.embeddings.mask_token", "pretraining token"},
};

/// Numbers of the linear maps within a layer; part of the dropout hash of their adapters (nn::LinearCall::site).
enum LinearSite : uint32_t { kQuery = 0, kKey = 1, kValue = 2, kAttentionOutput = 3, kIntermediate = 4, kOutput = 5 };

BuiltImageEncoder build(const ImageBuildOptions& build, nn::ParameterStore& store) {
  const ViTOptions options = read_vit_options(build.config, build.source);
  return {.encoder = std::make_unique<ViTEncoder>(options, store),
          .head = {.pooler = "vit.pooler.dense", .activation = options.pooler_act},
          .initializer_range = options.initializer_range};
}

}  // namespace

ViTOptions read_vit_options(const Json& config, std::string_view source) {
  const auto options = read_config<ViTOptions>(config, source, {.title = kTitle, .harmless = kHarmless});
  require_heads_divide(options.num_attention_heads, options.hidden_size, "num_attention_heads", source);
  RIFT_REQUIRE(options.image_size % options.patch_size == 0, Code::kArtefact,
               "{}: patch_size: {} does not divide image_size {}", source, options.patch_size, options.image_size);
  RIFT_REQUIRE(
      options.pooler_output_size.value_or(options.hidden_size) == options.hidden_size, Code::kUnsupported,
      "{}: pooler_output_size: this build runs {} with hidden_size {} only, got {}; take a model that was trained so",
      source, kTitle, options.hidden_size, *options.pooler_output_size);
  return options;
}

const ImageArchitecture kViT = {.model_type = "vit",
                                .title = kTitle,
                                .class_name = "ViT",
                                .base_prefix = "vit.",
                                .unused = kUnused,
                                .build = build,
                                .recognise = nullptr,
                                .example = kExample};

ViTEncoder::ViTEncoder(const ViTOptions& options, nn::ParameterStore& store) : ImageEncoder(store), options_(options) {
  const int64_t width = options.hidden_size, side = options.image_size / options.patch_size;
  sizes_ = {.channels = options.num_channels,
            .width = width,
            .layers = options.num_hidden_layers,
            .image_size = options.image_size,
            .least_size = 1,
            .states_per_image = 1 + side * side};
  const std::string embeddings = "vit.embeddings";
  class_token_ = &store.add(embeddings + ".cls_token", {1, 1, width});
  positions_ = &store.add(embeddings + ".position_embeddings", {1, sizes_.states_per_image, width});
  projection_ =
      nn::Conv2d::add_to(store, embeddings + ".patch_embeddings.projection",
                         {.in = options.num_channels, .out = width, .kernel = options.patch_size, .has_bias = true},
                         {.stride = options.patch_size});
  end_stem(embeddings);
  for (int64_t i = 0; i < options.num_hidden_layers; ++i) {
    const std::string name = fmt::format("vit.encoder.layer.{}", i);
    add_layer(store, name);
    if (i + 1 == options.num_hidden_layers) {
      last_norm_ = nn::LayerNorm::add_to(store, "vit.layernorm", width, options.layer_norm_eps);
    }
    end_layer(name);
  }
}

void ViTEncoder::add_layer(nn::ParameterStore& store, const std::string& name) {
  const int64_t width = options_.hidden_size, wide = options_.intermediate_size;
  const auto linear = [&](const std::string& part, int64_t in, int64_t out, bool has_bias) {
    return has_bias ? nn::Linear::add_to(store, name + part, in, out)
                    : nn::Linear::add_without_bias(store, name + part, in, out);
  };
  Layer& layer = layers_.emplace_back();
  layer.attention_norm = nn::LayerNorm::add_to(store, name + ".layernorm_before", width, options_.layer_norm_eps);
  layer.query = linear(".attention.attention.query", width, width, options_.qkv_bias);
  layer.key = linear(".attention.attention.key", width, width, options_.qkv_bias);
  layer.value = linear(".attention.attention.value", width, width, options_.qkv_bias);
  layer.attention_output = linear(".attention.output.dense", width, width, true);
  layer.feed_forward_norm = nn::LayerNorm::add_to(store, name + ".layernorm_after", width, options_.layer_norm_eps);
  layer.intermediate = linear(".intermediate.dense", width, wide, true);
  layer.output = linear(".output.dense", wide, width, true);
}

std::span<const Pooling> ViTEncoder::poolings() const { return kPoolings; }

std::vector<nn::LinearMap*> ViTEncoder::linear_maps() {
  std::vector<nn::LinearMap*> maps = {&projection_};
  for (Layer& layer : layers_) {
    maps.insert(maps.end(),
                {&layer.query, &layer.key, &layer.value, &layer.attention_output, &layer.intermediate, &layer.output});
  }
  return maps;
}

at::Tensor ViTEncoder::run_stage(int64_t stage, const at::Tensor& x, const ImagePass& pass) const {
  if (stage == 0) return embed(x, pass);
  const at::Tensor hidden = run_layer(layers_[static_cast<size_t>(stage - 1)], x,
                                      {pass.rows, pass.context, stage - 1, nn::TokensRead::kAll, &additions_});
  if (stage < sizes_.layers) return hidden;
  return last_norm_.forward(hidden).view({pass.rows.rows, sizes_.states_per_image, sizes_.width});
}

at::Tensor ViTEncoder::embed(const at::Tensor& pixels, const ImagePass& pass) const {
  const int64_t rows = pass.rows.rows;
  const LayerPass first{pass.rows, pass.context};
  const at::Tensor patches =
      projection_.forward(pixels, first.call(0, nn::TokensRead::kFirst)).flatten(2).transpose(1, 2);  // [B,T-1,D]
  const at::Tensor states =
      at::cat({class_token_->view.expand({rows, 1, sizes_.width}), patches}, 1).add(positions_->view);
  return first.dropout(states.reshape({pass.rows.tokens, sizes_.width}),  // [S,D]
                       options_.hidden_dropout_prob, nn::DropoutSite::kEmbeddings);
}

at::Tensor ViTEncoder::run_layer(const Layer& layer, const at::Tensor& x, const LayerPass& pass) const {
  const auto call = [&](uint32_t site) { return pass.call(site, pass.read); };
  const at::Tensor attended = pass.join(LayerPart::kAttention, attend(layer, x, pass), x);
  const at::Tensor inner = nn::activate(
      options_.hidden_act, layer.intermediate.forward(layer.feed_forward_norm.forward(attended), call(kIntermediate)));
  const at::Tensor y = layer.output.forward(inner, call(kOutput));
  return pass.join(LayerPart::kFeedForward,
                   pass.dropout(y, options_.hidden_dropout_prob, nn::DropoutSite::kFeedForwardOutput), attended);
}

at::Tensor ViTEncoder::attend(const Layer& layer, const at::Tensor& x, const LayerPass& pass) const {
  const auto call = [&](uint32_t site) { return pass.call(site, pass.read); };
  const at::Tensor normed = layer.attention_norm.forward(x);
  const at::Tensor mixed = pass.attend(layer.query.forward(normed, call(kQuery)), layer.key.forward(normed, call(kKey)),
                                       layer.value.forward(normed, call(kValue)),
                                       {.batch = pass.batch,
                                        .context = pass.context,
                                        .heads = options_.num_attention_heads,
                                        .layer = pass.layer,
                                        .dropout = options_.attention_probs_dropout_prob});
  const at::Tensor y = layer.attention_output.forward(mixed, call(kAttentionOutput));
  return pass.dropout(y, options_.hidden_dropout_prob, nn::DropoutSite::kAttentionOutput);
}

at::Tensor ViTEncoder::pool(const at::Tensor& features, Pooling pooling) const {
  if (pooling == Pooling::kMean) return features.narrow(1, 1, sizes_.states_per_image - 1).mean(1);
  return features.select(1, 0);
}

}  // namespace rift::models
