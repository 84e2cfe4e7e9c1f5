#include "rift/models/vision/image_classifier.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <utility>

#include "rift/base/error.h"
#include "rift/nn/dropout.h"

namespace rift::models {

namespace {

/// The pooling to take; kUnsupported with those that there are for one that this encoder does not have.
Pooling resolved(Pooling asked, const ImageEncoder& encoder, std::string_view title) {
  const std::span<const Pooling> known = encoder.poolings();
  if (asked == Pooling::kAutomatic) return known.front();
  std::vector<std::string_view> names;
  for (const Pooling pooling : known) names.push_back(name_of(pooling));
  RIFT_REQUIRE(std::ranges::find(known, asked) != known.end(), Code::kUnsupported,
               "pooling: {} has {}, got {}; take one that it has", title, fmt::join(names, ", "), name_of(asked));
  return asked;
}

}  // namespace

ImageClassifier::ImageClassifier(const ImageClassifierOptions& options, const tensor::LazyTensors& pretrained)
    : architecture_(image_architecture_of(options.config, options.config_file)),
      store_(std::make_unique<nn::ParameterStore>(options.dtype, options.device)),
      batch_norm_(options.batch_norm),
      outputs_(options.outputs) {
  RIFT_CHECK(outputs_ > 0);
  BuiltImageEncoder built = architecture_.build(
      {.config = options.config, .source = options.config_file, .batch_norm = options.batch_norm}, *store_);
  encoder_ = std::move(built.encoder);
  own_head_ = std::move(built.head);
  pooling_ = resolved(options.pooling, *encoder_, architecture_.title);
  const bool has_pooler = !own_head_.pooler.empty() && pretrained.contains(own_head_.pooler + ".weight");
  if (pooling_ == Pooling::kPooler || has_pooler) {
    pooler_ = Pooler::add_to(*store_, own_head_, encoder_->sizes().width);
  }
  add_head();
  store_->seal();
  fill(pretrained, {.values = {.standard_deviation = built.initializer_range}, .seed = options.seed});
  if (pooling_ == Pooling::kPooler) return;
  for (const nn::Parameter* parameter : pooler_parameters()) store_->set_trainable(*parameter, false);
}

void ImageClassifier::add_head() {
  classifier_ = nn::Linear::add_to(*store_, own_head_.classifier, encoder_->sizes().width, outputs_);
  head_part_ = {"classifier", {classifier_.weight->name, classifier_.bias->name}};
  if (pooling_ != Pooling::kPooler) return;
  pooler_part_.name = "pooler";
  for (const nn::Parameter* parameter : pooler_parameters()) pooler_part_.parameters.push_back(parameter->name);
}

void ImageClassifier::fill(const tensor::LazyTensors& pretrained, const NewParameterOptions& options) {
  new_parameters_ = store_->copy_from(pretrained);
  // PyTorch counts batches since 0.4.1 only; a count that a file lacks begins at 0.
  std::erase_if(new_parameters_, [&](const std::string& name) {
    const auto buffer = store_->buffers().find(name);
    return buffer != store_->buffers().end() && buffer->second.scalar_type() == at::kLong;
  });
  std::vector<const nn::Parameter*> beside = pooler_parameters();
  beside.insert(beside.end(), {classifier_.weight, classifier_.bias});
  fill_new_parameters(*store_, new_parameters_, beside, options);
}

std::vector<const nn::Parameter*> ImageClassifier::pooler_parameters() const {
  return pooler_ ? pooler_->parameters() : std::vector<const nn::Parameter*>{};
}

std::string ImageClassifier::why_not_adapted() const {
  if (batch_norm_ == nn::BatchNormMode::kFrozen || !encoder_->has_batch_norm()) return "";
  return "an adapter does not carry the running statistics that batch_norm: tuned moves; set batch_norm: frozen";
}

AdditionSizes ImageClassifier::addition_sizes() const {
  constexpr const char* kNoTokens = "the model reads images, which have no tokens to stand before";
  return {.why_no_adapters = encoder_->why_no_additions(),
          .why_no_prompt = kNoTokens,
          .why_no_prefix = kNoTokens,
          .width = encoder_->sizes().width};
}

AdapterBase ImageClassifier::adapter_base() const {
  const bool whole = pooling_ == encoder_->poolings().front();
  AdapterBase base{.task = whole ? checkpoint::PeftTask::kUnstated : checkpoint::PeftTask::kFeatureExtraction,
                   .prefix = std::string(architecture_.base_prefix),
                   .other_maps = {classifier_.name}};
  if (!own_head_.pooler.empty()) base.other_maps.push_back(own_head_.pooler);
  return base;
}

at::Tensor ImageClassifier::pooled(const ImageBatch& batch, const nn::ForwardContext& context) const {
  const at::Tensor features = encoder_->features(batch, context);
  if (pooling_ != Pooling::kPooler) return encoder_->pool(features, pooling_);
  const tensor::PackedBatch rows = tensor::make_even_batch(batch.row_keys, 1, batch.pixels.device());
  return pooler_->forward(
      encoder_->pool(features, Pooling::kCls),
      {.context = context, .batch = rows, .layer = encoder_->sizes().layers, .tokens = nn::TokensRead::kFirst});
}

at::Tensor ImageClassifier::forward(const ImageBatch& batch, const nn::ForwardContext& context) const {
  const tensor::PackedBatch rows = tensor::make_even_batch(batch.row_keys, 1, batch.pixels.device());
  const int64_t layer = encoder_->sizes().layers;
  const auto site = static_cast<uint32_t>(nn::DropoutSite::kPooled);
  const at::Tensor kept = nn::dropout(
      pooled(batch, context), {own_head_.classifier_dropout, layer, site, nn::TokensRead::kFirst}, rows, context);
  return classifier_.forward(
      kept, {.context = context, .batch = rows, .layer = layer, .site = 1, .tokens = nn::TokensRead::kFirst});
}

}  // namespace rift::models
