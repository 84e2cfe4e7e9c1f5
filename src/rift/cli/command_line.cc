#include "rift/cli/command_line.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <string>
#include <system_error>
#include <vector>

#include "rift/base/error.h"
#include "rift/base/interrupt.h"
#include "rift/base/log.h"
#include "rift/base/progress.h"
#include "rift/base/sentences.h"
#include "rift/base/shell.h"
#include "rift/base/threads.h"
#include "rift/cli/output.h"
#include "rift/cli/verb.h"
#include "rift/package/format/package.h"

namespace rift::cli {
namespace {

constexpr int kUsage = 2;

void add_common_flags(CLI::App& command, CommonFlags& flags) {
  command.add_option("--threads", flags.threads, "0 to 1024; 0 = the CPUs this process may run on")
      ->type_name("N")
      ->check(CLI::Range(0, 1024).description(""));
  command.add_flag("--json", flags.json, "Result as JSON on stdout; log as JSON lines on a stderr that is no terminal");
  command.add_flag("--quiet", flags.quiet, "No progress, no log below errors");
  command.add_option("--lang", flags.lang, "en or zh: language of results and reports; log and errors stay English")
      ->type_name("LANG")
      ->check(CLI::IsMember({"en", "zh"}).description(""));
}

void apply(const CommonFlags& flags) {
  set_threads(flags.threads);
  set_language(flags.lang == "zh" ? Language::kChinese : Language::kEnglish);
  if (flags.quiet) set_progress_style(ProgressStyle::kSilent);
  // Who asks for JSON reads stderr by a program too, unless a person watches the bars there.
  const bool is_read_by_program = flags.json && progress_style() != ProgressStyle::kBar;
  set_log(flags.quiet ? LogLevel::kError : LogLevel::kInfo,
          is_read_by_program ? LogStyle::kJsonLines : LogStyle::kText);
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

/// The verb, or the action of a verb that has some, which the command line asks for; nullptr when it asks for none.
const CLI::App* asked_command(const CLI::App& program) {
  const CLI::App* command = nullptr;
  for (auto asked = program.get_subcommands(); !asked.empty(); asked = command->get_subcommands())
    command = asked.front();
  return command;
}

/// "models list"
std::string spoken_name(const CLI::App& command) {
  const CLI::App* verb = command.get_parent();
  const bool is_action = verb != nullptr && verb->get_parent() != nullptr;
  return is_action ? verb->get_name() + " " + command.get_name() : command.get_name();
}

[[noreturn]] void refuse_argument(const CLI::App& command, const std::string& argument) {
  const std::string name = spoken_name(command);
  const std::string flag = argument.substr(0, argument.find('='));
  RIFT_REQUIRE(!contains(later_flags(), flag), Code::kUnsupported,
               "rift {} {}: this version of rift does not have it yet", name, flag);
  if (!argument.starts_with("-"))
    RIFT_FAIL(Code::kConfig, "rift {}: one argument too many: '{}'; see rift {} --help", name, shorten(argument), name);
  const auto verb = std::ranges::find(verbs(), name, &Verb::name);
  RIFT_REQUIRE(flag != "--resume" || verb == verbs().end() || verb->goes_on != GoesOn::kAgain, Code::kConfig,
               "rift {}: there is no --resume: the same command goes on with what lies in --out", name);
  RIFT_FAIL(
      Code::kConfig, "rift {}: unknown option '{}'{} See rift {} --help", name, shorten(flag),
      nearest_name(flag, flag_names(command)).empty() ? "." : did_you_mean(nearest_name(flag, flag_names(command))),
      name);
}

std::vector<std::string> names_of(std::span<const Verb> verbs) {
  std::vector<std::string> names;
  for (const Verb& known : verbs) names.emplace_back(known.name);
  return names;
}

/// The action comes right behind a verb that has actions.
void refuse_unknown_action(const Verb& verb, int argc, char** argv) {
  const std::vector<std::string> actions = names_of(verb.actions());
  const std::string action = argc > 2 ? argv[2] : "";
  if (action == "-h" || action == "--help" || contains(actions, action)) return;
  RIFT_REQUIRE(!action.empty() && !action.starts_with("-"), Code::kConfig,
               "rift {0}: an action comes first: {1}; such as rift {0} {2}. See rift {0} --help", verb.name,
               fmt::join(actions, ", "), actions.front());
  RIFT_REQUIRE(!contains(later_verbs(), fmt::format("{} {}", verb.name, action)), Code::kUnsupported,
               "rift {} {}: this version of rift does not have it yet", verb.name, action);
  const std::string nearest = nearest_name(action, actions);
  RIFT_FAIL(Code::kConfig, "rift {}: unknown action '{}'{} See rift {} --help", verb.name, shorten(action),
            nearest.empty() ? "." : did_you_mean(nearest), verb.name);
}

void refuse_unknown_verb(int argc, char** argv) {
  const std::string_view word = argv[1];
  RIFT_REQUIRE(!word.starts_with("-") || word == "-h" || word == "--help" || word == "--version", Code::kConfig,
               "rift: '{}' stands before the verb; the verb comes first, such as rift compare run.yaml {}",
               shorten(word), shorten(word));
  const auto* first = std::find_if(argv + 1, argv + argc, [](const char* word) { return word[0] != '-'; });
  if (first == argv + argc) return;
  const std::string verb = *first;
  const auto found = std::ranges::find(verbs(), std::string_view(verb), &Verb::name);
  if (found != verbs().end()) {
    if (found->actions != nullptr) refuse_unknown_action(*found, argc, argv);
    return;
  }
  const std::vector<std::string> names = names_of(verbs());
  RIFT_REQUIRE(!contains(later_verbs(), verb), Code::kUnsupported, "rift {}: this version of rift does not have it yet",
               verb);
  RIFT_FAIL(Code::kConfig, "rift: unknown verb '{}'{} See rift --help", shorten(verb),
            nearest_name(verb, names).empty() ? "." : did_you_mean(nearest_name(verb, names)));
}

/// An unknown flag shifts what follows it, so it is named first, whatever else the reader complains about.
void refuse_unknown_flags(const CLI::App& program) {
  const CLI::App* command = asked_command(program);
  if (command == nullptr) return;
  const std::vector<std::string> left = command->remaining();
  const auto flag =
      std::find_if(left.begin(), left.end(), [](const std::string& word) { return word.starts_with("-"); });
  if (flag != left.end()) refuse_argument(*command, *flag);
  if (!left.empty()) refuse_argument(*command, left.front());
}

class Help final : public CLI::Formatter {
  std::string make_usage(const CLI::App* command, std::string name) const override {
    return command->get_parent() != nullptr ? CLI::Formatter::make_usage(command, std::move(name))
                                            : "Usage: rift VERB [ARGUMENTS]\n";
  }
};

void declare_arguments(CLI::App& command, const Verb& verb, CommonFlags& flags, Run& chosen) {
  command.allow_extras();
  Run run = verb.add(command);
  add_common_flags(command, flags);
  for (CLI::Option* option : command.get_options()) {
    if (option->get_positional()) option->type_name("");
  }
  command.parse_complete_callback([&chosen, run = std::move(run)] { chosen = run; });
}

void declare_actions(CLI::App& command, const Verb& verb, CommonFlags& flags, Run& chosen) {
  for (const Verb& action : verb.actions()) {
    CLI::App* added = command.add_subcommand(std::string(action.name), std::string(action.help));
    added->group("Actions");
    declare_arguments(*added, action, flags, chosen);
  }
  command.require_subcommand(1);
  command.footer(fmt::format("rift {} ACTION --help tells more.", verb.name));
}

void declare_verbs(CLI::App& program, CommonFlags& flags, Run& chosen) {
  const auto formatter = std::make_shared<Help>();
  formatter->label("REQUIRED", "(required)");
  formatter->label("SUBCOMMAND", "ACTION");
  program.formatter(formatter);
  program.set_version_flag("--version", "rift " + package::describe_environment().at("rift").as_string(),
                           "Print the version and exit");
  for (const Verb& verb : verbs()) {
    CLI::App* command = program.add_subcommand(std::string(verb.name), std::string(verb.help));
    command->group("Verbs");
    if (verb.actions != nullptr)
      declare_actions(*command, verb, flags, chosen);
    else
      declare_arguments(*command, verb, flags, chosen);
  }
  program.footer("rift VERB --help tells more; rift init is where to begin.");
}

/// What the command line's reader found wrong, in our words where its own name a type of C++.
[[noreturn]] void refuse_command_line(const CLI::App& program, const CLI::ParseError& error) {
  refuse_unknown_flags(program);
  const CLI::App* asked = asked_command(program);
  RIFT_REQUIRE(asked != nullptr, Code::kConfig, "rift: the verb is missing, such as rift compare; see rift --help");
  const std::string verb = spoken_name(*asked);
  std::string what = error.what();
  constexpr std::string_view kNoNumber = "Could not convert: ";
  if (what.starts_with(kNoNumber)) what = what.substr(kNoNumber.size()) + " is no whole number";
  RIFT_FAIL(Code::kConfig, "rift {}: {}; see rift {} --help", verb, what, verb);
}

/// The verb's work, nullptr when the command line was answered already (--help, --version).
Run read_command_line(CLI::App& program, CommonFlags& flags, int argc, char** argv) {
  refuse_unknown_verb(argc, argv);
  Run chosen;
  declare_verbs(program, flags, chosen);
  program.require_subcommand(1);
  try {
    program.parse(argc, argv);
  } catch (const CLI::CallForHelp&) {
    print_result(program.help());
    return nullptr;
  } catch (const CLI::CallForVersion& version) {
    print_result(version.what());
    return nullptr;
  } catch (const CLI::ParseError& error) {
    refuse_command_line(program, error);
  }
  refuse_unknown_flags(program);
  return chosen;
}

int run_checked(int argc, char** argv) {
  CLI::App program(
      "rift: fine-tune pretrained models for risk, compare them with what they would replace, score with the winner",
      "rift");
  CommonFlags flags;
  if (argc < 2) {
    Run none;
    declare_verbs(program, flags, none);
    std::fputs(program.help().c_str(), stderr);
    return kUsage;
  }
  const Run run = read_command_line(program, flags, argc, argv);
  if (!run) return 0;
  apply(flags);
  return run(flags);
}

GoesOn goes_on(int argc, char** argv) {
  std::span<const Verb> known = verbs();
  for (int i = 1; i < argc; ++i) {
    const auto verb = std::ranges::find(known, std::string_view(argv[i]), &Verb::name);
    if (verb == known.end()) break;
    if (verb->actions == nullptr) return verb->goes_on;
    known = verb->actions();
  }
  return GoesOn::kNot;
}

/// After Ctrl-C: how to go on, for verbs that can.
void say_how_to_go_on(int argc, char** argv) {
  const GoesOn how = goes_on(argc, argv);
  if (how == GoesOn::kNot) return;
  std::string command = "rift";
  bool resumes = false;
  for (int i = 1; i < argc; ++i) {
    const std::string word = argv[i];
    command += " " + shell_word(word);
    resumes = resumes || word == "--resume";
  }
  if (!resumes && how == GoesOn::kWithResume) command += " --resume";
  std::fputs((sentence("done.interrupted", fmt::arg("command", command)) + "\n").c_str(), stderr);
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
  } catch (const std::filesystem::filesystem_error& error) {  // such as a folder that cannot be made
    const bool has_path = !error.path1().empty();
    log_event(LogLevel::kError, has_path ? fmt::format("{}: {}; look at its permissions and at the disk",
                                                       error.path1().string(), error.code().message())
                                         : error.what());
    return code_info(Code::kEnvironment).exit_status;
  } catch (const std::system_error& error) {  // such as a thread that cannot be started
    log_event(LogLevel::kError, error.what());
    return code_info(Code::kEnvironment).exit_status;
  } catch (const std::exception& error) {
    log_event(LogLevel::kError, fmt::format("this is a fault of rift; please report it: {}", error.what()));
    return code_info(Code::kBug).exit_status;
  }
}

}  // namespace rift::cli
