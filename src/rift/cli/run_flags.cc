#include "rift/cli/run_flags.h"

#include <fmt/format.h>

#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <CLI/Validators.hpp>
#include <string>

#include "rift/base/error.h"
#include "rift/base/options.h"
#include "rift/cli/choice_flag.h"
#include "rift/package/execution.h"
#include "rift/study/run/options.h"

namespace rift::cli {

void add_device_flag(CLI::App& command, std::string& device) {
  const auto check = [](const std::string& name) {
    const bool is_gpu =
        name.starts_with("cuda:") && name.size() > 5 && name.find_first_not_of("0123456789", 5) == std::string::npos;
    const bool known = name == "cpu" || name == "cuda" || is_gpu;
    return known ? std::string() : fmt::format("expected cpu, cuda or cuda:<number>, got '{}'", shorten(name));
  };
  command.add_option("--device", device, "cpu, cuda or cuda:<number>; language models alone use a GPU")
      ->type_name("DEVICE")
      ->check(CLI::Validator(check, ""))
      ->capture_default_str();
}

void add_precision_flag(CLI::App& command, score::Precision& precision, const std::string& others) {
  add_choice_flag(command, "--precision", precision,
                  "f32, bf16 or int8: what a language model multiplies; others than f32 " + others)
      ->type_name("PRECISION");
}

void add_run_flags(CLI::App& command, RunFlags& flags, const std::string& out_default, OptionDoc (*options)(),
                   const std::string& comes_from) {
  flags.out = out_default;
  command.add_option("run.yaml", flags.run_file, "Configuration; " + comes_from)->required();
  command.add_option("--set", flags.sets, "One key of the configuration, such as optim.lr=1e-4 (repeatable)")
      ->type_name("KEY=VALUE")
      ->allow_extra_args(false);
  command.add_option("--seed", flags.seed, "The same as --set train.seed=N")->type_name("N");
  add_device_flag(command, flags.device);
  command
      .add_option("--out", flags.out, "Directory of the run; a finished run in it is kept unless --overwrite is given")
      ->type_name("DIR")
      ->capture_default_str();
  command.add_flag("--resume", flags.resume, "Go on with a run that was stopped; a finished one is shown again");
  command.add_flag("--overwrite", flags.overwrite, "Replace a finished run that lies in --out");
  command.footer([options] { return "Keys of run.yaml:\n" + help_text(options()); });
}

std::vector<std::string> sets_of(const RunFlags& flags) {
  std::vector<std::string> sets = flags.sets;
  if (flags.seed) sets.push_back("train.seed=" + std::to_string(*flags.seed));
  return sets;
}

study::StudySpec study_spec(const RunFlags& flags) {
  if (flags.device != "cpu") package::describe_execution(flags.device);  // a GPU that is not there, before the work
  study::StudySpec spec;
  spec.options = study::read_run(flags.run_file, sets_of(flags));
  spec.run_file = flags.run_file;
  spec.directory = flags.out;
  spec.device = flags.device;
  spec.resume = flags.resume;
  spec.overwrite = flags.overwrite;
  return spec;
}

}  // namespace rift::cli
