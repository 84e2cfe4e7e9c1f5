#include "rift/models/decoders/llama_family.h"

#include <ATen/core/grad_mode.h>

#include <algorithm>
#include <cmath>
#include <memory>
#include <utility>

#include "rift/models/decoders/rope_options.h"

namespace rift::models {

namespace {

constexpr int64_t kMostPositions = 65535;  // that the dropout of attention weights tells apart

/// Numbers of the linear maps within a layer; part of the dropout hash of their adapters (nn::LinearCall::site).
enum LinearSite : uint32_t { kQuery = 0, kKey, kValue, kAttentionOutput, kGate, kUp, kDown };

}  // namespace

void require_fitting_heads(const LlamaFamilyOptions& options, std::string_view source) {
  if (!options.head_dim) {
    require_heads_divide(options.num_attention_heads, options.hidden_size, "num_attention_heads", source);
  }
  RIFT_REQUIRE(options.num_attention_heads % options.key_heads() == 0, Code::kArtefact,
               "{}: num_key_value_heads: {} does not divide the {} heads of queries", source, options.key_heads(),
               options.num_attention_heads);
  RIFT_REQUIRE(options.head_width() % 2 == 0, Code::kArtefact,
               "{}: head_dim: heads are {} wide; rotary positions need an even width", source, options.head_width());
}

std::vector<LayerType> layer_types(const std::optional<std::vector<LayerType>>& stated, int64_t layers,
                                   std::string_view source, const std::function<bool(int64_t layer)>& is_sliding) {
  if (stated) {
    RIFT_REQUIRE(static_cast<int64_t>(stated->size()) == layers, Code::kArtefact,
                 "{}: layer_types: {} of them for {} layers", source, stated->size(), layers);
    return *stated;
  }
  std::vector<LayerType> types;
  for (int64_t i = 0; i < layers; ++i) {
    types.push_back(is_sliding(i) ? LayerType::kSliding : LayerType::kFull);
  }
  return types;
}

Json complete_layer_types(const std::vector<LayerType>& types) {
  Json list = Json::array();
  for (const LayerType type : types) list.push_back(name_of(type));
  return list;
}

nn::RotaryFrequencies read_frequencies(const LlamaFamilyOptions& options, const Json& config, std::string_view source) {
  return nn::rotary_frequencies(options.head_width(), options.rope_theta,
                                read_rope_scaling(config, source, options.max_position_embeddings));
}

BuiltEncoder build_llama_family(LlamaFamilySpec spec, nn::ParameterStore& store) {
  StartValues start{.standard_deviation = spec.options.initializer_range,
                    .norms_count_from_one = spec.norms_count_from_one,
                    .padded = {"model.embed_tokens.weight"},
                    .padding_row = spec.padding_row};
  const bool tied = spec.options.tie_word_embeddings;
  return {.encoder = std::make_unique<LlamaFamilyDecoder>(std::move(spec), store),
          .head = {.reading = Pooling::kLast, .pooler = "", .classifier = "score", .classifier_has_bias = false},
          .language_head = {.objective = LanguageObjective::kNextToken,
                            .table = tied ? "model.embed_tokens.weight" : "",
                            .own_weight = "lm_head.weight"},
          .start = std::move(start)};
}

struct LlamaFamilyDecoder::Pass : LayerPass {
  const nn::RotaryAngles& angles;  // of the layer's kind, all tokens
};

std::vector<const nn::Linear*> LlamaFamilyDecoder::Layer::linear_maps() const {
  return {&query, &key, &value, &attention_output, &gate, &up, &down};
}

std::vector<const nn::RmsNorm*> LlamaFamilyDecoder::Layer::norms() const {
  std::vector<const nn::RmsNorm*> norms = {&attention_norm, &feed_forward_norm};
  for (const auto* norm : {&query_norm, &key_norm, &attention_result_norm, &feed_forward_result_norm}) {
    if (*norm) norms.push_back(&**norm);
  }
  return norms;
}

bool LlamaFamilyDecoder::Layer::trainable() const {
  return std::ranges::any_of(linear_maps(), [](const nn::Linear* linear) { return linear->trainable(); }) ||
         std::ranges::any_of(norms(), [](const nn::RmsNorm* norm) { return norm->trainable(); });
}

LlamaFamilyDecoder::LlamaFamilyDecoder(LlamaFamilySpec spec, nn::ParameterStore& store)
    : spec_(std::move(spec)),
      sizes_{.vocab_size = spec_.options.vocab_size,
             .hidden_size = spec_.options.hidden_size,
             .layers = spec_.options.num_hidden_layers,
             .intermediate_size = spec_.options.intermediate_size,
             .positions = std::min(spec_.options.max_position_embeddings, kMostPositions)} {
  RIFT_CHECK(static_cast<int64_t>(spec_.layer_types.size()) == sizes_.layers);
  const size_t begin = store.parameters().size();
  words_ = nn::Embedding::add_to(store, "model.embed_tokens", sizes_.vocab_size, sizes_.hidden_size);
  stem_ = part_since(store, "model.embed_tokens", begin);
  for (int64_t i = 0; i < sizes_.layers; ++i) add_layer(i, store);
}

void LlamaFamilyDecoder::add_layer(int64_t index, nn::ParameterStore& store) {
  const size_t begin = store.parameters().size();
  const LlamaFamilyOptions& options = spec_.options;
  const int64_t width = options.hidden_size, wide = options.intermediate_size, head_width = options.head_width();
  const int64_t queries = options.num_attention_heads * head_width, keys = options.key_heads() * head_width;
  const std::string name = fmt::format("model.layers.{}", index);
  const auto linear = [&](std::string_view part, int64_t in, int64_t out, bool bias) {
    const std::string map = fmt::format("{}.{}", name, part);
    return bias ? nn::Linear::add_to(store, map, in, out) : nn::Linear::add_without_bias(store, map, in, out);
  };
  const auto norm = [&](const std::string& norm_name, int64_t norm_width) {
    nn::RmsNorm made = nn::RmsNorm::add_to(store, norm_name, norm_width, options.rms_norm_eps);
    made.counts_from_one = spec_.norms_count_from_one;
    return made;
  };
  Layer& layer = layers_.emplace_back();
  layer.attention_norm = norm(name + ".input_layernorm", width);
  layer.query = linear("self_attn.q_proj", width, queries, spec_.query_key_value_bias);
  layer.key = linear("self_attn.k_proj", width, keys, spec_.query_key_value_bias);
  layer.value = linear("self_attn.v_proj", width, keys, spec_.query_key_value_bias);
  if (spec_.norms_heads) {
    layer.query_norm = norm(name + ".self_attn.q_norm", head_width);
    layer.key_norm = norm(name + ".self_attn.k_norm", head_width);
  }
  layer.attention_output = linear("self_attn.o_proj", queries, width, spec_.attention_output_bias);
  if (spec_.norms_results) layer.attention_result_norm = norm(name + ".post_attention_layernorm", width);
  layer.feed_forward_norm =
      norm(name + (spec_.norms_results ? ".pre_feedforward_layernorm" : ".post_attention_layernorm"), width);
  layer.gate = linear("mlp.gate_proj", width, wide, spec_.feed_forward_bias);
  layer.up = linear("mlp.up_proj", width, wide, spec_.feed_forward_bias);
  layer.down = linear("mlp.down_proj", wide, width, spec_.feed_forward_bias);
  if (spec_.norms_results) layer.feed_forward_result_norm = norm(name + ".post_feedforward_layernorm", width);
  if (index + 1 == sizes_.layers) last_norm_ = norm("model.norm", width);
  layer_parts_.push_back(part_since(store, name, begin));
}

std::vector<nn::Linear*> LlamaFamilyDecoder::linear_maps() {
  std::vector<nn::Linear*> linears;
  for (Layer& layer : layers_) {
    linears.insert(linears.end(), {&layer.query, &layer.key, &layer.value, &layer.attention_output, &layer.gate,
                                   &layer.up, &layer.down});
  }
  return linears;
}

bool LlamaFamilyDecoder::stage_trains(int64_t stage) const {
  if (stage == 0) return words_.trainable();
  return layers_[stage - 1].trainable() || (stage == layer_count() && last_norm_.trainable());
}

at::Tensor LlamaFamilyDecoder::embed(const tensor::PackedBatch& batch, const nn::ForwardContext&) const {
  require_fitting(batch);
  const at::AutoGradMode gradients(at::GradMode::is_enabled() && first_trainable_stage() == 0);
  return word_states(batch);
}

at::Tensor LlamaFamilyDecoder::run_alike(at::Tensor hidden, int64_t first, int64_t last,
                                         const tensor::PackedBatch& batch, const nn::ForwardContext& context,
                                         TokensRead read) const {
  if (first == last) return hidden;
  const nn::RotaryAngles full = nn::rotary_angles(batch.positions, spec_.frequencies, hidden.scalar_type());
  const nn::RotaryAngles sliding =
      spec_.sliding_frequencies ? nn::rotary_angles(batch.positions, *spec_.sliding_frequencies, hidden.scalar_type())
                                : full;
  for (int64_t i = first; i < last; ++i) {
    const bool slides = spec_.layer_types[i] == LayerType::kSliding;
    hidden = run_layer(
        layers_[i], hidden,
        {{batch, context, i, i + 1 == layer_count() ? read : TokensRead::kAll, &additions_}, slides ? sliding : full});
  }
  return last == layer_count() ? last_norm_.forward(hidden) : hidden;
}

at::Tensor LlamaFamilyDecoder::run_layer(const Layer& layer, const at::Tensor& x, const Pass& pass) const {
  const at::Tensor attended = pass.join(LayerPart::kAttention, attend(layer, x, pass), pass.chosen(x));
  return pass.join(LayerPart::kFeedForward, feed_forward(layer, attended, pass), attended);  // [S,D], or [B,D]
}

at::Tensor LlamaFamilyDecoder::attend(const Layer& layer, const at::Tensor& x, const Pass& pass) const {
  const at::Tensor normed = layer.attention_norm.forward(x);
  const auto positioned = [&](at::Tensor y, const std::optional<nn::RmsNorm>& norm, const nn::RotaryAngles& angles) {
    return nn::rotate(norm ? norm->forward(y) : y, angles);
  };
  const at::Tensor q = positioned(layer.query.forward(pass.chosen(normed), pass.call(kQuery, pass.read)),
                                  layer.query_norm, {pass.chosen(pass.angles.cos), pass.chosen(pass.angles.sin)});
  const at::Tensor k =
      positioned(layer.key.forward(normed, pass.call(kKey, TokensRead::kAll)), layer.key_norm, pass.angles);
  const at::Tensor v = layer.value.forward(normed, pass.call(kValue, TokensRead::kAll));
  nn::AttentionCall call{.batch = pass.batch,
                         .context = pass.context,
                         .heads = spec_.options.num_attention_heads,
                         .key_heads = spec_.options.key_heads(),
                         .layer = pass.layer,
                         .dropout = spec_.options.attention_dropout,
                         .causal = true,
                         .read = pass.read};
  if (spec_.layer_types[pass.layer] == LayerType::kSliding) call.window = spec_.sliding_window - 1;
  if (spec_.query_scalar) call.scale = 1.0 / std::sqrt(*spec_.query_scalar);
  const at::Tensor y =
      layer.attention_output.forward(pass.attend(q, k, v, call), pass.call(kAttentionOutput, pass.read));
  return layer.attention_result_norm ? layer.attention_result_norm->forward(y) : y;
}

at::Tensor LlamaFamilyDecoder::feed_forward(const Layer& layer, const at::Tensor& x, const Pass& pass) const {
  const at::Tensor normed = layer.feed_forward_norm.forward(x);
  const at::Tensor gate = nn::activate(spec_.activation, layer.gate.forward(normed, pass.call(kGate, pass.read)));
  const at::Tensor wide = gate.mul(layer.up.forward(normed, pass.call(kUp, pass.read)));
  const at::Tensor y = layer.down.forward(wide, pass.call(kDown, pass.read));
  return layer.feed_forward_result_norm ? layer.feed_forward_result_norm->forward(y) : y;
}

}  // namespace rift::models
