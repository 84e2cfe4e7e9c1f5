#include "rift/cli/command_line.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <string>
#include <vector>

#include "rift/base/error.h"
#include "rift/base/interrupt.h"
#include "rift/base/log.h"
#include "rift/base/progress.h"
#include "rift/base/sentences.h"
#include "rift/base/threads.h"
#include "rift/cli/output.h"
#include "rift/cli/verb.h"

namespace rift::cli {
namespace {

constexpr int kUsage = 2;

void add_common_flags(CLI::App& command, CommonFlags& flags) {
  command.add_option("--threads", flags.threads, "Threads; 0 = the CPUs this process may run on")
      ->check(CLI::Range(0, 1024));
  command.add_flag("--json", flags.json, "Result as JSON on stdout");
  command.add_flag("--quiet", flags.quiet, "No progress, no log below errors");
  command.add_option("--lang", flags.lang, "Language of sentences: en or zh")->check(CLI::IsMember({"en", "zh"}));
}

void apply(const CommonFlags& flags) {
  set_threads(flags.threads);
  set_language(flags.lang == "zh" ? Language::kChinese : Language::kEnglish);
  set_log(flags.quiet ? LogLevel::kError : LogLevel::kInfo, LogStyle::kText);
  if (flags.quiet) set_progress_style(ProgressStyle::kSilent);
}

template <class Range>
bool contains(const Range& names, std::string_view name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

std::vector<std::string> flag_names(const CLI::App& command) {
  std::vector<std::string> names;
  for (const CLI::Option* option : command.get_options()) {
    for (const std::string& name : option->get_lnames()) names.push_back("--" + name);
  }
  return names;
}

std::string did_you_mean(const std::string& nearest) {
  return nearest.empty() ? std::string() : fmt::format("; did you mean '{}'?", nearest);
}

[[noreturn]] void refuse_argument(const CLI::App& command, const std::string& argument) {
  const std::string flag = argument.substr(0, argument.find('='));
  RIFT_REQUIRE(!contains(later_flags(), flag), Code::kUnsupported, "{} {}: this version of rift does not have it yet",
               command.get_name(), flag);
  if (!argument.starts_with("-"))
    RIFT_FAIL(Code::kConfig, "rift {}: one argument too many: '{}'; see rift {} --help", command.get_name(),
              shorten(argument), command.get_name());
  RIFT_FAIL(
      Code::kConfig, "rift {}: unknown option '{}'{} See rift {} --help", command.get_name(), shorten(flag),
      nearest_name(flag, flag_names(command)).empty() ? "." : did_you_mean(nearest_name(flag, flag_names(command))),
      command.get_name());
}

void refuse_unknown_verb(int argc, char** argv) {
  const auto* first = std::find_if(argv + 1, argv + argc, [](const char* word) { return word[0] != '-'; });
  if (first == argv + argc) return;
  const std::string verb = *first;
  std::vector<std::string> names;
  for (const Verb& known : verbs()) names.emplace_back(known.name);
  if (contains(names, verb)) return;
  RIFT_REQUIRE(!contains(later_verbs(), verb), Code::kUnsupported, "rift {}: this version of rift does not have it yet",
               verb);
  RIFT_FAIL(Code::kConfig, "rift: unknown verb '{}'{} See rift --help", shorten(verb),
            nearest_name(verb, names).empty() ? "." : did_you_mean(nearest_name(verb, names)));
}

/// An unknown flag shifts what follows it, so it is named first, whatever else the reader complains about.
void refuse_unknown_flags(const CLI::App& program) {
  for (const CLI::App* command : program.get_subcommands()) {
    const std::vector<std::string> left = command->remaining();
    const auto flag =
        std::find_if(left.begin(), left.end(), [](const std::string& word) { return word.starts_with("-"); });
    if (flag != left.end()) refuse_argument(*command, *flag);
    if (!left.empty()) refuse_argument(*command, left.front());
  }
}

/// The verb's work, nullptr when the command line was answered already (--help).
Run read_command_line(CLI::App& program, CommonFlags& flags, int argc, char** argv, int& status) {
  refuse_unknown_verb(argc, argv);
  Run chosen;
  for (const Verb& verb : verbs()) {
    CLI::App* command = program.add_subcommand(std::string(verb.name), std::string(verb.help));
    command->allow_extras();
    add_common_flags(*command, flags);
    Run run = verb.add(*command);
    command->parse_complete_callback([&chosen, run = std::move(run)] { chosen = run; });
  }
  program.require_subcommand(1);
  try {
    program.parse(argc, argv);
  } catch (const CLI::CallForHelp&) {
    const auto asked = program.get_subcommands();
    print_result(asked.empty() ? program.help() : asked.front()->help());
    status = 0;
    return nullptr;
  } catch (const CLI::ParseError& error) {
    refuse_unknown_flags(program);
    const auto asked = program.get_subcommands();
    RIFT_FAIL(Code::kConfig, "rift{}{}: {}; see rift{}{} --help", asked.empty() ? "" : " ",
              asked.empty() ? "" : asked.front()->get_name(), error.what(), asked.empty() ? "" : " ",
              asked.empty() ? "" : asked.front()->get_name());
  }
  refuse_unknown_flags(program);
  return chosen;
}

int run_checked(int argc, char** argv) {
  CLI::App program(
      "rift: fine-tune pretrained models for risk, compare them with what they would replace, score with the winner",
      "rift");
  if (argc < 2) {
    std::fputs(program.help().c_str(), stderr);
    std::fputs("Verbs:\n", stderr);
    for (const Verb& verb : verbs()) std::fputs(fmt::format("  {:<10} {}\n", verb.name, verb.help).c_str(), stderr);
    return kUsage;
  }
  CommonFlags flags;
  int status = 0;
  const Run run = read_command_line(program, flags, argc, argv, status);
  if (!run) return status;
  apply(flags);
  return run(flags);
}

/// After Ctrl-C: how to go on, for verbs that can.
void say_how_to_go_on(int argc, char** argv) {
  std::string command = "rift";
  bool resumes = false;
  for (int i = 1; i < argc; ++i) {
    const std::string word = argv[i];
    command += word.find_first_of(" '\"$&;*") == std::string::npos ? " " + word : fmt::format(" '{}'", word);
    resumes = resumes || word == "--resume";
  }
  const std::string_view verb = argv[1];
  if (verb != "train" && verb != "compare") return;
  if (!resumes) command += " --resume";
  log_event(LogLevel::kError,
            sentence("done.interrupted", fmt::arg("signal", interrupt_signal()), fmt::arg("command", command)));
}

}  // namespace

int run_command_line(int argc, char** argv) {
  try {
    return run_checked(argc, argv);
  } catch (const Error& error) {
    log_event(LogLevel::kError, error.message());
    if (error.code() == Code::kInterrupted) {
      say_how_to_go_on(argc, argv);
      return interrupt_exit_status();
    }
    if (error.code() == Code::kBug)
      log_event(LogLevel::kError, "this is a fault of rift; please report it", {{"where", error.where()}});
    return error.exit_status();
  } catch (const std::bad_alloc&) {
    log_event(LogLevel::kError, "out of memory; give the process more, or fewer rows a batch (optim.batch_rows)");
    return code_info(Code::kEnvironment).exit_status;
  } catch (const std::exception& error) {
    log_event(LogLevel::kError, fmt::format("this is a fault of rift; please report it: {}", error.what()));
    return code_info(Code::kBug).exit_status;
  }
}

}  // namespace rift::cli
