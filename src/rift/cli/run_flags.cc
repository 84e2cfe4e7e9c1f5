#include "rift/cli/run_flags.h"

#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <string>

#include "rift/base/options.h"
#include "rift/study/run_options.h"

namespace rift::cli {

void add_run_flags(CLI::App& command, RunFlags& flags, const std::string& out_default) {
  flags.out = out_default;
  command.add_option("run.yaml", flags.run_file, "Configuration; rift init writes one")->required();
  command.add_option("--set", flags.sets, "One key of the configuration, such as optim.lr=1e-4 (repeatable)")
      ->allow_extra_args(false);
  command.add_option("--seed", flags.seed, "train.seed");
  command.add_option("--device", flags.device, "cpu or cuda")->capture_default_str();
  command.add_option("--out", flags.out, "Directory of the run")->capture_default_str();
  command.add_flag("--resume", flags.resume, "Go on with a run that was stopped");
  command.footer([] { return "Keys of run.yaml:\n" + help_text(describe_options<study::RunOptions>()); });
}

study::StudySpec study_spec(const RunFlags& flags) {
  std::vector<std::string> sets = flags.sets;
  if (flags.seed) sets.push_back("train.seed=" + std::to_string(*flags.seed));
  study::StudySpec spec;
  spec.options = study::read_run(flags.run_file, sets);
  spec.run_file = flags.run_file;
  spec.directory = flags.out;
  spec.device = flags.device;
  spec.resume = flags.resume;
  return spec;
}

}  // namespace rift::cli
