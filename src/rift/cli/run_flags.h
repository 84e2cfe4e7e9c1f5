#pragma once

#include <CLI/App.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "rift/base/options.h"
#include "rift/score/precision.h"
#include "rift/study/compare.h"

namespace rift::cli {

/// What package::resolve_model() takes, for help texts.
inline constexpr const char* kModelHelp =
    "Model directory, .gguf file, package, name of a hub's model in the cache, or name of a packaged model";

/// What every verb that runs a configuration takes.
struct RunFlags {
  std::string run_file;
  std::vector<std::string> sets;  // a.b=c
  std::optional<int64_t> seed;    // train.seed
  std::string device = "cpu";
  std::string out;
  bool resume = false;
  bool overwrite = false;
};

/// Declares them; `out_default` is where the run goes when --out is left out.
/// `options` describes what run.yaml may say, `comes_from` where a user has one from.
void add_run_flags(CLI::App& command, RunFlags& flags, const std::string& out_default,
                   OptionDoc (*options)() = describe_options<study::RunOptions>,
                   const std::string& comes_from = "rift init writes one");

/// --device of every verb that may run a language model.
void add_device_flag(CLI::App& command, std::string& device);

/// --precision of the verbs that score. `others`: what the help says of others than f32.
void add_precision_flag(CLI::App& command, score::Precision& precision, const std::string& others);

/// --set and --seed, in order.
std::vector<std::string> sets_of(const RunFlags& flags);

/// Reads run.yaml with --set and --seed applied.
study::StudySpec study_spec(const RunFlags& flags);

}  // namespace rift::cli
