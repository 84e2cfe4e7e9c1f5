#include "rift/nn/encoder_engine.h"

#include <ATen/core/LegacyTypeDispatch.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/empty.h>
#include <torch/csrc/autograd/custom_function.h>

#include <algorithm>
#include <functional>
#include <type_traits>
#include <utility>

#include "rift/base/error.h"
#include "rift/base/threads.h"
#include "rift/nn/byte_linear.h"
#include "rift/nn/engine/encoder_run.h"
#include "rift/nn/packed_linear.h"

namespace rift::nn {

namespace {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

float* gradient_of(const Parameter& parameter) {
  return parameter.trainable ? static_cast<float*>(parameter.view.grad().data_ptr()) : nullptr;
}

engine::LinearGradients gradients_of(const Linear& linear) {
  engine::LinearGradients gradients{.weight = gradient_of(*linear.weight), .bias = gradient_of(*linear.bias)};
  if (linear.adapter) {
    const auto low = linear.adapter->low_rank();
    gradients.low_a = gradient_of(*low->a);
    gradients.low_b = gradient_of(*low->b);
  }
  return gradients;
}

/// What the node keeps from forward to backward.
template <class E>
struct Kept : torch::CustomClassHolder {
  std::unique_ptr<engine::EncoderRun<E>> run;
  std::function<std::vector<engine::LayerGradients>()> gradients;
  std::function<engine::WholeRows()> whole;
  std::vector<int64_t> input_sizes;
};

/// `trained`: one parameter that trains, so that autograd takes part even where `hidden` needs no gradient.
template <class E>
struct EngineNode : torch::autograd::Function<EngineNode<E>> {
  static at::Tensor forward(AutogradContext* context, const at::Tensor& hidden, const at::Tensor& /*trained*/,
                            const c10::intrusive_ptr<Kept<E>>& kept, int64_t rows) {
    kept->input_sizes = hidden.sizes().vec();
    at::Tensor out = at::empty({rows, hidden.size(1)}, hidden.options());
    kept->run->forward(hidden.const_data_ptr<float>(), out.mutable_data_ptr<float>());
    context->saved_data["kept"] = c10::IValue::make_capsule(kept);
    return out;
  }

  static variable_list backward(AutogradContext* context, variable_list gradients) {
    const auto holder = context->saved_data["kept"].toCapsule();
    auto& kept = *static_cast<Kept<E>*>(holder.get());
    RIFT_CHECK(kept.run != nullptr);  // once: the states are used up
    const at::Tensor d_out = gradients[0].contiguous();
    at::Tensor d_hidden;
    if (context->needs_input_grad(0)) d_hidden = at::empty(kept.input_sizes, d_out.options());
    kept.run->backward(d_out.const_data_ptr<float>(), d_hidden.defined() ? d_hidden.mutable_data_ptr<float>() : nullptr,
                       kept.gradients(), kept.whole());
    kept.run.reset();
    return {d_hidden, at::Tensor(), at::Tensor(), at::Tensor()};
  }
};

bool is_multiple_of_block(int64_t width) { return width % kernels::kBlock == 0; }

}  // namespace

/// The weights of all layers in one element type, and the memory of runs.
template <class E>
struct EncoderEngine::Packed {
  std::vector<PackedLinear<E>> linears;  // layer by layer
  std::shared_ptr<engine::BlockPool> pool = std::make_shared<engine::BlockPool>();
};

/// The same in bytes, of maps without an adapter.
struct EncoderEngine::Bytes {
  std::vector<ByteLinear> linears;
};

EncoderEngine::EncoderEngine(EncoderParts parts, ParameterStore& store)
    : parts_(std::move(parts)),
      store_(store),
      f32_(new Packed<float>),
      bf16_(new Packed<kernels::Bf16>),
      bytes_(new Bytes) {
  for (const EncoderLayerParts& layer : parts_.layers) {
    for (const Linear* linear : layer.linears) {
      place_of_.emplace(linear->weight, f32_->linears.size());
      f32_->linears.emplace_back(*linear);
      bf16_->linears.emplace_back(*linear);
      bytes_->linears.emplace_back(*linear);
    }
  }
  store_.follow(this);
}

EncoderEngine::~EncoderEngine() { store_.unfollow(this); }

void EncoderEngine::rows_written(const Parameter& matrix, int64_t first, int64_t last) {
  const auto place = place_of_.find(&matrix);
  if (place == place_of_.end()) return;
  f32_->linears[place->second].rows_written(store_, first, last);
  bf16_->linears[place->second].rows_written(store_, first, last);
}

std::string EncoderEngine::why_not() const {
  if (!store_.device().is_cpu()) return "it is not on a CPU";
  if (store_.dtype() != at::kFloat) return "its parameters are not f32";
  if (parts_.activation != Activation::kGelu) return "its activation is not gelu";
  if (parts_.layers.empty()) return "it has no layers";
  const Linear& query = *parts_.layers.front().linears[engine::kQuery];
  const bool heads_fit = is_multiple_of_block(query.in_features() / parts_.heads);
  for (const EncoderLayerParts& layer : parts_.layers) {
    for (const Linear* linear : layer.linears) {
      if (linear->weight->frozen) return fmt::format("'{}' is kept as its file stores it", linear->name);
      if (!heads_fit) return "its heads are no multiple of 32 wide";
      if (!is_multiple_of_block(linear->in_features()) || !is_multiple_of_block(linear->out_features())) {
        return fmt::format("'{}' is no multiple of 32 wide", linear->name);
      }
      if (!linear->adapter) continue;
      const auto low = linear->adapter->low_rank();
      if (!low || low->a->shape[0] > engine::kRankColumns) {
        return fmt::format("'{}' has an adapter that is no update of rank {} or less", linear->name,
                           engine::kRankColumns);
      }
    }
  }
  return "";
}

std::vector<const Parameter*> EncoderEngine::trained(const EncoderSpan& span) const {
  std::vector<const Parameter*> parameters;
  const auto add = [&](const Parameter* parameter) {
    if (parameter->trainable) parameters.push_back(parameter);
  };
  for (int64_t i = span.first; i < span.last; ++i) {
    const EncoderLayerParts& layer = parts_.layers[static_cast<size_t>(i)];
    for (const Linear* linear : layer.linears) {
      add(linear->weight);
      add(linear->bias);
      if (linear->adapter) std::ranges::for_each(linear->adapter->parameters(), add);
    }
    for (const LayerNorm* norm : layer.norms) {
      add(norm->weight);
      add(norm->bias);
    }
  }
  return parameters;
}

std::vector<engine::LayerGradients> EncoderEngine::gradients(const EncoderSpan& span) const {
  std::vector<engine::LayerGradients> all;
  for (int64_t i = span.first; i < span.last; ++i) {
    const EncoderLayerParts& layer = parts_.layers[static_cast<size_t>(i)];
    engine::LayerGradients& gradients = all.emplace_back();
    for (size_t place = 0; place < layer.linears.size(); ++place) {
      gradients.linears[place] = gradients_of(*layer.linears[place]);
    }
    for (size_t place = 0; place < layer.norms.size(); ++place) {
      gradients.norms[place] = {gradient_of(*layer.norms[place]->weight), gradient_of(*layer.norms[place]->bias)};
    }
  }
  return all;
}

/// Passes finished rows of gradients on to the store's sink, if there is one.
engine::WholeRows EncoderEngine::whole_rows() const {
  GradientSink* sink = store_.gradient_sink();
  if (sink == nullptr) return {};
  const float* base = store_.gradients<float>().data();
  return [sink, base](const float* gradient, int64_t size) { sink->whole({gradient - base, size}); };
}

template <class E>
at::Tensor EncoderEngine::run_in(Packed<E>& packed, const at::Tensor& hidden, const EncoderSpan& span,
                                 const tensor::PackedBatch& batch, const ForwardContext& context) const {
  std::vector<std::function<void()>> tasks;
  const auto linear_of = [&](auto& linears, int64_t layer, size_t place) -> auto& {
    return linears[static_cast<size_t>(layer) * engine::kLinearPlaces + place];
  };
  const auto bytes_of = [&](int64_t layer, size_t place) -> ByteLinear* {
    ByteLinear& linear = linear_of(bytes_->linears, layer, place);
    return context.precision == Precision::kInt8 && linear.possible() ? &linear : nullptr;
  };
  const auto refresh = [&](int64_t layer, size_t place) {
    if (ByteLinear* bytes = bytes_of(layer, place)) {
      bytes->refresh(store_, tasks);
    } else {
      linear_of(packed.linears, layer, place).refresh(store_, tasks);
    }
  };
  const auto view = [&](int64_t layer, size_t place) -> engine::LinearView<E> {
    if constexpr (std::is_same_v<E, float>) {
      if (const ByteLinear* bytes = bytes_of(layer, place)) return bytes->view();
    }
    return linear_of(packed.linears, layer, place).view(static_cast<uint32_t>(place));
  };
  typename engine::EncoderRun<E>::Call call;
  for (int64_t i = span.first; i < span.last; ++i) {
    for (size_t place = 0; place < engine::kLinearPlaces; ++place) refresh(i, place);
  }
  parallel_each(static_cast<int64_t>(tasks.size()), [&](int64_t task) { tasks[static_cast<size_t>(task)](); });
  for (int64_t i = span.first; i < span.last; ++i) {
    const EncoderLayerParts& parts = parts_.layers[static_cast<size_t>(i)];
    engine::LayerView<E>& layer = call.encoder.layers.emplace_back();
    layer.index = i;
    for (size_t place = 0; place < engine::kLinearPlaces; ++place) layer.linears[place] = view(i, place);
    for (size_t place = 0; place < engine::kNormPlaces; ++place) {
      const LayerNorm& norm = *parts.norms[place];
      layer.norms[place] = {norm.weight->view.const_data_ptr<float>(), norm.bias->view.const_data_ptr<float>(),
                            static_cast<float>(norm.epsilon)};
    }
  }
  const EncoderLayerParts& any = parts_.layers.front();
  call.encoder.shape = {.width = any.linears[engine::kQuery]->in_features(),
                        .feed_forward = any.linears[engine::kIntermediate]->out_features(),
                        .heads = parts_.heads};
  call.dropout = {.on = context.training,
                  .seed = context.seed,
                  .epoch = context.epoch,
                  .before_norm = parts_.dropout_before_norm,
                  .attention = parts_.attention_dropout};
  call.row_begin = batch.row_begin_host;
  call.row_keys = batch.row_keys;
  call.first_only = span.first_only;
  const std::vector<const Parameter*> training =
      at::GradMode::is_enabled() ? trained(span) : std::vector<const Parameter*>{};
  call.keeps = !training.empty() || (at::GradMode::is_enabled() && hidden.requires_grad());
  if (call.keeps) call.most_bytes = static_cast<size_t>(context.most_bytes);
  const int64_t rows = span.first_only ? batch.rows : batch.tokens;
  const at::Tensor input = hidden.contiguous();
  const bool keeps = call.keeps;
  RIFT_CHECK(!keeps || context.precision != Precision::kInt8);
  auto run = std::make_unique<engine::EncoderRun<E>>(std::move(call), packed.pool);
  if (!keeps) {
    const at::Tensor out = at::empty({rows, hidden.size(1)}, hidden.options());
    run->forward(input.const_data_ptr<float>(), out.mutable_data_ptr<float>());
    return out;
  }
  auto kept = c10::make_intrusive<Kept<E>>();
  kept->run = std::move(run);
  kept->gradients = [this, span] { return gradients(span); };
  kept->whole = [this] { return whole_rows(); };
  return EngineNode<E>::apply(input, training.empty() ? input.detach() : training.front()->view, kept, rows);
}

at::Tensor EncoderEngine::run(const at::Tensor& hidden, const EncoderSpan& span, const tensor::PackedBatch& batch,
                              const ForwardContext& context) const {
  RIFT_CHECK(0 <= span.first && span.first < span.last && span.last <= static_cast<int64_t>(parts_.layers.size()));
  RIFT_CHECK(hidden.dim() == 2 && hidden.size(0) == batch.tokens && hidden.scalar_type() == at::kFloat);
  RIFT_CHECK(batch.longest < (int64_t{1} << 16));  // the dropout hash gives a key 16 bits
  return context.precision == Precision::kBf16 ? run_in(*bf16_, hidden, span, batch, context)
                                               : run_in(*f32_, hidden, span, batch, context);
}

}  // namespace rift::nn
