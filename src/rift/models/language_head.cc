#include "rift/models/language_head.h"

#include "rift/base/error.h"

namespace rift::models {

LanguageHeadSpec tied_as_asked(LanguageHeadSpec spec, const Json& config) {
  const Json* tie = config.find("tie_word_embeddings");
  if (tie != nullptr && tie->is_bool() && !tie->as_bool()) spec.table.clear();
  return spec;
}

LanguageHead LanguageHead::add_to(nn::ParameterStore& store, const LanguageHeadSpec& spec, int64_t width,
                                  int64_t vocabulary) {
  LanguageHead head;
  if (!spec.dense.empty()) {
    const int64_t out = spec.dense_width > 0 ? spec.dense_width : width;
    head.dense_ = spec.dense_has_bias ? nn::Linear::add_to(store, spec.dense, width, out)
                                      : nn::Linear::add_without_bias(store, spec.dense, width, out);
    head.activation_ = spec.activation;
    width = out;
  }
  if (!spec.norm.empty()) {
    head.norm_ = spec.norm_has_bias ? nn::LayerNorm::add_to(store, spec.norm, width, spec.norm_epsilon)
                                    : nn::LayerNorm::add_without_bias(store, spec.norm, width, spec.norm_epsilon);
  }
  head.tied_ = !spec.table.empty();
  head.weight_ = head.tied_ ? &store.at(spec.table) : &store.add(spec.own_weight, {vocabulary, width});
  RIFT_CHECK((head.weight_->shape == std::vector<int64_t>{vocabulary, width}));
  if (!spec.bias.empty()) head.bias_ = &store.add(spec.bias, {vocabulary});
  return head;
}

at::Tensor LanguageHead::logits(const at::Tensor& states) const {
  at::Tensor x = states;
  if (dense_) {
    x = nn::linear_map(x, dense_->weight->view, dense_->bias == nullptr ? at::Tensor() : dense_->bias->view);
    x = nn::activate(activation_, x);
  }
  if (norm_) x = norm_->forward(x);
  return nn::linear_map(x, weight_->view, bias_ == nullptr ? at::Tensor() : bias_->view);
}

std::vector<const nn::Parameter*> LanguageHead::parameters() const {
  std::vector<const nn::Parameter*> parameters;
  const auto add = [&](const nn::Parameter* parameter) {
    if (parameter != nullptr) parameters.push_back(parameter);
  };
  if (dense_) {
    add(dense_->weight);
    add(dense_->bias);
  }
  if (norm_) {
    add(norm_->weight);
    add(norm_->bias);
  }
  if (!tied_) add(weight_);
  add(bias_);
  return parameters;
}

}  // namespace rift::models
