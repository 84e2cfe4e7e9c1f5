#include <array>

#include "rift/cli/verb.h"

namespace rift::cli {

std::span<const Verb> verbs() {
  static constexpr std::array<Verb, 17> kVerbs = {{
      {"init", "look at the data and write a commented run.yaml that runs unedited", add_init},
      {"train", "fine-tune a pretrained model alone; writes its package and report", add_train, nullptr,
       GoesOn::kWithResume},
      {"compare", "scorecard, trees, text baseline, fine-tuned and fused on the same rows", add_compare, nullptr,
       GoesOn::kWithResume},
      {"search", "tune options of a training: TPE, random or grid, in a study that Optuna reads", add_search, nullptr,
       GoesOn::kAgain},
      {"learning-curve", "how many labels are enough: models on nested samples, and what more labels are worth",
       add_learning_curve, nullptr, GoesOn::kWithResume},
      {"pretrain", "train a language model on unlabelled texts, further or from scratch", add_pretrain, nullptr,
       GoesOn::kWithResume},
      {"evaluate", "every metric of a package on labelled rows, with intervals", add_evaluate},
      {"score", "score the rows of a file of any size with a package", add_score},
      {"report", "model document of a run or package: one self-contained HTML file", add_report},
      {"tokenize", "what a text model sees: one line in, one line out", add_tokenize},
      {"embed", "pooled vectors of each row or line, for other tools", add_embed},
      {"models", "pretrained models: list, fetch, inspect, convert and rank them; what is supported", nullptr,
       model_actions},
      {"export", "files that transformers, peft, onnxruntime or llama.cpp load", add_export},
      {"bench", "speed of this machine: tokenizing, scoring, training, peak memory", add_bench},
      {"schema", "JSON Schema of run.yaml", add_schema},
      {"doctor", "check that this machine and this build can do the work", add_doctor},
      {"version", "version of rift and of the libraries it uses", add_version},
  }};
  return kVerbs;
}

std::span<const std::string_view> later_verbs() {
  static constexpr std::array<std::string_view, 4> kNames = {"explain", "serve", "audit", "monitor"};
  return kNames;
}

std::span<const std::string_view> later_flags() {
  static constexpr std::array<std::string_view, 2> kNames = {"--reasons", "--store"};
  return kNames;
}

}  // namespace rift::cli
