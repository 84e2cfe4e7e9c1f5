#include "rift/base/error.h"
#include "rift/nn/initial_values.h"
#include "rift/tuning/method.h"
#include "rift/tuning/virtual_tokens.h"

namespace rift::tuning {

Selection select(const PrefixOptions& options, models::TunableModel& model, uint64_t seed) {
  const models::AdditionSizes sizes = model.addition_sizes();
  RIFT_REQUIRE(sizes.why_no_prefix.empty(), Code::kUnsupported, "tuning.method: prefix: {}; set prompt or lora",
               sizes.why_no_prefix);
  RIFT_CHECK(model.additions().empty());
  nn::ParameterStore& store = model.parameters();
  const auto layers = static_cast<int64_t>(model.layers().size());
  const nn::Parameter& prefix = store.add(kPrefixName, {options.tokens, layers * 2 * sizes.key_width});
  model.additions().prefix = &prefix;
  store.seal();
  nn::fill_normal(store, prefix, 1.0, seed);  // as torch.nn.Embedding, which PEFT keeps it in
  return {{prefix.name}, head_parameters(model), fmt::format("a prefix of {} tokens", options.tokens)};
}

}  // namespace rift::tuning
