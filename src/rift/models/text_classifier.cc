#include "rift/models/text_classifier.h"

#include <ATen/core/grad_mode.h>
#include <ATen/ops/segment_reduce.h>

#include <utility>

#include "rift/base/error.h"
#include "rift/models/architecture.h"
#include "rift/models/new_parameters.h"
#include "rift/nn/dropout.h"

namespace rift::models {

namespace {

/// The blocks of a file as a matrix that never trains.
class StoredRows final : public nn::FrozenMatrix {
 public:
  explicit StoredRows(checkpoint::StoredMatrix matrix) : matrix_(std::move(matrix)) {}
  int64_t rows() const override { return matrix_.rows(); }
  int64_t columns() const override { return matrix_.columns(); }
  int64_t bytes_held() const override { return matrix_.size_bytes(); }
  void read_rows(int64_t first, int64_t last, std::span<float> out) const override {
    matrix_.read_rows(first, last, out);
  }

 private:
  checkpoint::StoredMatrix matrix_;
};

/// [S,D] -> [B,D], mean over each row's tokens.
at::Tensor row_means(const at::Tensor& hidden, const tensor::PackedBatch& batch) {
  return at::segment_reduce(hidden, "mean", batch.row_begin.diff(), std::nullopt, std::nullopt, 0, true);
}

}  // namespace

TextClassifier::TextClassifier(const TextClassifierOptions& options, const tensor::LazyTensors& pretrained,
                               std::map<std::string, checkpoint::StoredMatrix> stored)
    : architecture_(architecture_of(options.config, options.config_file)),
      store_(std::make_unique<nn::ParameterStore>(options.dtype, options.device)),
      pooling_(options.pooling),
      outputs_(options.outputs) {
  RIFT_CHECK(pooling_ != Pooling::kAutomatic && outputs_ > 0);
  BuiltEncoder built = architecture_.build(options.config, options.config_file, *store_);
  encoder_ = std::move(built.encoder);
  own_head_ = std::move(built.head);
  require_reading(own_head_, pooling_, options.pooling_key);
  language_head_ = std::move(built.language_head);
  const int64_t width = encoder_->width();
  if (own_head_.has_pooler() && (pooling_ == Pooling::kPooler || pretrained.contains(own_head_.pooler + ".weight"))) {
    pooler_ = Pooler::add_to(*store_, own_head_, width);
  }
  const size_t encoder_and_pooler = store_->parameters().size();
  classifier_ = own_head_.classifier_has_bias
                    ? nn::Linear::add_to(*store_, own_head_.classifier, width, outputs_)
                    : nn::Linear::add_without_bias(*store_, own_head_.classifier, width, outputs_);
  head_part_ = part_since(*store_, "classifier", encoder_and_pooler);
  if (pooling_ == Pooling::kPooler) {
    pooler_part_.name = "pooler";
    for (const nn::Parameter* parameter : pooler_parameters()) pooler_part_.parameters.push_back(parameter->name);
  }
  for (auto& [name, matrix] : stored) {
    store_->hold_frozen(store_->at(name), std::make_shared<StoredRows>(std::move(matrix)));
  }
  store_->seal();
  new_parameters_ = store_->copy_from(pretrained);
  std::vector<const nn::Parameter*> beside = pooler_parameters();
  beside.push_back(classifier_.weight);
  if (head_has_bias()) beside.push_back(classifier_.bias);
  fill_new_parameters(*store_, new_parameters_, beside, {.values = built.start, .seed = options.seed});
  if (pooling_ == Pooling::kPooler) return;
  for (const nn::Parameter* parameter : pooler_parameters()) store_->set_trainable(*parameter, false);
}

TextClassifier::~TextClassifier() = default;

std::vector<const nn::Parameter*> TextClassifier::pooler_parameters() const {
  return pooler_ ? pooler_->parameters() : std::vector<const nn::Parameter*>{};
}

std::vector<nn::LinearMap*> TextClassifier::linear_maps() {
  const std::vector<nn::Linear*> linears = encoder_->linear_maps();
  return {linears.begin(), linears.end()};
}

AdapterBase TextClassifier::adapter_base() const {
  AdapterBase base{.task = has_own_reading() ? checkpoint::PeftTask::kSequenceClassification
                                             : checkpoint::PeftTask::kFeatureExtraction,
                   .prefix = std::string(architecture_.base_prefix),
                   .other_maps = {}};
  if (pooler_) base.other_maps.push_back(pooler_->dense.name);
  base.other_maps.push_back(classifier_.name);
  // AutoModel of a BERT and its kin has this one whether or not the file does; others have nothing of that name.
  base.other_maps.push_back(base.prefix + "pooler.dense");
  return base;
}

AdditionSizes TextClassifier::addition_sizes() const {
  return {.why_no_prefix = encoder_->why_no_prefix(),
          .width = encoder_->width(),
          .key_width = encoder_->key_width(),
          .key_heads = encoder_->key_heads(),
          .word_table = encoder_->words().weight,
          .word_scale = encoder_->word_scale()};
}

TokensRead TextClassifier::tokens_read(Pooling pooling) const {
  if (pooling == Pooling::kLast) return TokensRead::kLast;
  const bool first = pooling == Pooling::kCls || (pooling == Pooling::kPooler && !own_head_.reads_mean);
  return first ? TokensRead::kFirst : TokensRead::kAll;
}

at::Tensor TextClassifier::forward(const tensor::PackedBatch& batch, const nn::ForwardContext& context) const {
  const tensor::PackedBatch prepared = encoder_->prepared(batch);
  return forward_from(0, encoder_->embed(prepared, context), prepared, context);
}

at::Tensor TextClassifier::forward_from(int64_t first, const at::Tensor& hidden, const tensor::PackedBatch& batch,
                                        const nn::ForwardContext& context) const {
  return classify(pooled_from(first, hidden, batch, context), batch, context);
}

at::Tensor TextClassifier::pooled_from(int64_t first, const at::Tensor& hidden, const tensor::PackedBatch& batch,
                                       const nn::ForwardContext& context) const {
  const at::Tensor states = encoder_->run_layers(hidden, first, encoder_->layer_count(), batch, context, tokens_read());
  return pool_read(read(states, batch), batch, context);
}

at::Tensor TextClassifier::features(Pooling pooling, const tensor::PackedBatch& batch,
                                    const nn::ForwardContext& context) const {
  const tensor::PackedBatch prepared = encoder_->prepared(batch);
  const at::Tensor states = encoder_->forward(prepared, context, tokens_read(pooling));
  return pool_read(pooling, read(pooling, states, prepared), prepared, context);
}

at::Tensor TextClassifier::read(const at::Tensor& hidden, const tensor::PackedBatch& batch) const {
  return read(pooling_, hidden, batch);
}

at::Tensor TextClassifier::read(Pooling pooling, const at::Tensor& hidden, const tensor::PackedBatch& batch) const {
  const TokensRead tokens = tokens_read(pooling);
  RIFT_CHECK(hidden.size(0) == nn::count_of(tokens, batch));
  return tokens == TokensRead::kAll ? row_means(hidden, batch) : hidden;
}

at::Tensor TextClassifier::pool_read(const at::Tensor& read, const tensor::PackedBatch& batch,
                                     const nn::ForwardContext& context) const {
  return pool_read(pooling_, read, batch, context);
}

at::Tensor TextClassifier::pool_read(Pooling pooling, const at::Tensor& read, const tensor::PackedBatch& batch,
                                     const nn::ForwardContext& context) const {
  RIFT_CHECK(read.size(0) == batch.rows && pooling != Pooling::kAutomatic);
  if (pooling != Pooling::kPooler) return read;
  RIFT_CHECK(pooler_.has_value());
  const int64_t layer = encoder_->layer_count();
  const nn::LinearCall call{.context = context, .batch = batch, .layer = layer, .tokens = TokensRead::kFirst};
  const auto site = static_cast<uint32_t>(nn::DropoutSite::kPoolerInput);
  return pooler_->forward(
      nn::dropout(read, {own_head_.pooler_dropout, layer, site, TokensRead::kFirst}, batch, context), call);
}

at::Tensor TextClassifier::classify(const at::Tensor& pooled, const tensor::PackedBatch& batch,
                                    const nn::ForwardContext& context) const {
  const int64_t layer = encoder_->layer_count();
  const nn::DropoutPlace place{own_head_.classifier_dropout, layer, static_cast<uint32_t>(nn::DropoutSite::kPooled),
                               TokensRead::kFirst};  // one vector for each row, whatever it was made of
  return classifier_.forward(
      nn::dropout(pooled, place, batch, context),
      {.context = context, .batch = batch, .layer = layer, .site = 1, .tokens = TokensRead::kFirst});
}

void TextClassifier::rescale_outputs(double factor, double shift) {
  const at::NoGradGuard no_gradient;
  RIFT_CHECK(head_has_bias() || shift == 0);
  classifier_.weight->view.detach().mul_(factor);
  if (head_has_bias()) classifier_.bias->view.detach().mul_(factor).add_(shift);
}

std::string why_not_fused(const TextClassifierOptions& options) {
  nn::ParameterStore store(options.dtype, options.device);  // never sealed: no memory for weights
  const Architecture& architecture = architecture_of(options.config, options.config_file);
  return architecture.build(options.config, options.config_file, store).encoder->why_not_fused();
}

}  // namespace rift::models
