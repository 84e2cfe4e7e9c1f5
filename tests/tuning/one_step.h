#pragma once

#include <utility>
#include <vector>

#include "rift/nn/forward_context.h"
#include "rift/nn/parameters.h"
#include "rift/optim/optimizer.h"
#include "rift/tuning/options.h"

namespace rift::test {

inline constexpr nn::ForwardContext kTraining{.training = true, .seed = 7, .epoch = 0};

inline std::vector<tuning::TuningOptions> every_method() {
  return {{.method = tuning::FullOptions{}},
          {.method = tuning::HeadOptions{}},
          {.method = tuning::TopKOptions{.layers = 1}},
          {.method = tuning::BitFitOptions{}},
          {.method = tuning::LoraOptions{.rank = 3, .alpha = 6, .dropout = 0.1}}};
}

/// One backward pass and one SGD step over what is trainable. A classifier of texts or images and its batch.
template <class Model, class Batch>
void step(Model& model, const Batch& batch, double rate = 0.1) {
  nn::ParameterStore& store = model.parameters();
  store.zero_gradients();
  model.forward(batch, kTraining).pow(2).sum().backward();
  optim::ParameterGroup group{.name = "all", .lr = rate};
  for (const nn::Stretch& stretch : store.trainable_stretches()) group.slices.push_back({stretch.offset, stretch.size});
  optim::Optimizer<float>({.name = optim::SgdOptions{}}, {group})
      .step(store.values<float>(), std::as_const(store).gradients<float>(), 1.0);
}

}  // namespace rift::test
