#include <ATen/core/grad_mode.h>
#include <ATen/ops/empty.h>

#include "rift/base/error.h"
#include "rift/base/random.h"
#include "rift/nn/embedding.h"
#include "rift/tuning/method.h"
#include "rift/tuning/virtual_tokens.h"

namespace rift::tuning {

namespace {

constexpr uint64_t kStreamOfPrompt = 0x70726F6D7074;

/// Embeddings of words drawn from the vocabulary, with replacement.
void start_from_vocabulary(const nn::Parameter& prompt, const models::AdditionSizes& sizes, uint64_t seed) {
  const at::NoGradGuard no_gradient;
  const auto words = static_cast<uint64_t>(sizes.word_table->shape[0]);
  const CounterRandom random(seed, kStreamOfPrompt);
  const at::Tensor ids = at::empty({prompt.shape[0]}, at::kLong);
  for (int64_t i = 0; i < prompt.shape[0]; ++i) {
    ids.mutable_data_ptr<int64_t>()[i] = static_cast<int64_t>(random.below(static_cast<uint64_t>(i), words));
  }
  const nn::Embedding table{sizes.word_table};
  prompt.view.detach().copy_(table.forward(ids.to(prompt.view.device())).mul(sizes.word_scale));
}

}  // namespace

Selection select(const PromptOptions& options, models::TunableModel& model, uint64_t seed) {
  const models::AdditionSizes sizes = model.addition_sizes();
  RIFT_REQUIRE(sizes.why_no_prompt.empty(), Code::kUnsupported, "tuning.method: prompt: {}; set lora",
               sizes.why_no_prompt);
  RIFT_CHECK(model.additions().empty());
  nn::ParameterStore& store = model.parameters();
  const nn::Parameter& prompt = store.add(kPromptName, {options.tokens, sizes.word_table->shape[1]});
  model.additions().prompt = &prompt;
  store.seal();
  start_from_vocabulary(prompt, sizes, seed);
  return {{prompt.name}, head_parameters(model), fmt::format("a prompt of {} tokens", options.tokens)};
}

}  // namespace rift::tuning
