#pragma once

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>

namespace rift::cli {

/// What every verb takes.
struct CommonFlags {
  int64_t threads = 0;  // 0 = the CPUs this process may run on
  bool json = false;
  bool quiet = false;
  std::string lang = "en";
};

/// Does the verb's work after the whole command line was read; returns the exit status.
using Run = std::function<int(const CommonFlags& flags)>;

/// How work that Ctrl-C stopped is taken up: not at all, by --resume, or by the same command line.
enum class GoesOn { kNot, kWithResume, kAgain };

/// A verb: `add` declares its arguments on `command` and gives back what to run. A verb with actions has none of its
/// own: each action stands for itself, with its own arguments and --help.
struct Verb {
  std::string_view name;
  std::string_view help;
  Run (*add)(CLI::App& command) = nullptr;
  std::span<const Verb> (*actions)() = nullptr;
  GoesOn goes_on = GoesOn::kNot;
};

/// The one table of verbs, in the order of --help.
std::span<const Verb> verbs();

/// The actions of rift models, in the order of its --help.
std::span<const Verb> model_actions();

/// Verbs ("search"), actions ("models rank") and flags of the design that this version does not have: using one is an
/// error that says so.
std::span<const std::string_view> later_verbs();
std::span<const std::string_view> later_flags();

Run add_bench(CLI::App& command);
Run add_compare(CLI::App& command);
Run add_doctor(CLI::App& command);
Run add_embed(CLI::App& command);
Run add_evaluate(CLI::App& command);
Run add_export(CLI::App& command);
Run add_init(CLI::App& command);
Run add_learning_curve(CLI::App& command);
Run add_models_convert(CLI::App& command);
Run add_models_fetch(CLI::App& command);
Run add_models_inspect(CLI::App& command);
Run add_models_list(CLI::App& command);
Run add_models_rank(CLI::App& command);
Run add_models_support(CLI::App& command);
Run add_pretrain(CLI::App& command);
Run add_report(CLI::App& command);
Run add_schema(CLI::App& command);
Run add_score(CLI::App& command);
Run add_search(CLI::App& command);
Run add_tokenize(CLI::App& command);
Run add_train(CLI::App& command);
Run add_version(CLI::App& command);

}  // namespace rift::cli
