#include <array>

#include "rift/cli/verb.h"

namespace rift::cli {

std::span<const Verb> model_actions() {
  static constexpr std::array<Verb, 6> kActions = {{
      {"list", "the models on this machine: what they are and whether rift runs them", add_models_list},
      {"fetch", "get a model from a hub; the only command that uses the network", add_models_fetch, nullptr,
       GoesOn::kAgain},
      {"inspect", "one model: architecture, size, tokenizer, licence, what would be new", add_models_inspect},
      {"convert", "a model's files in another form: safetensors, torch or gguf, other floats, in shards",
       add_models_convert},
      {"support", "what this build does with each architecture, and what it refuses", add_models_support},
      {"rank", "which model suits these labelled rows, before anything is fine-tuned", add_models_rank},
  }};
  return kActions;
}

}  // namespace rift::cli
