#include <fmt/format.h>

#include <memory>
#include <string>

#include "rift/base/sentences.h"
#include "rift/cli/output.h"
#include "rift/cli/run_flags.h"
#include "rift/cli/verb.h"
#include "rift/package/execution.h"
#include "rift/study/pretrain_run.h"

namespace rift::cli {

Run add_pretrain(CLI::App& command) {
  struct Arguments {
    RunFlags run;
    std::string init_from;
  };
  auto arguments = std::make_shared<Arguments>();
  add_run_flags(command, arguments->run, "runs/pretrain", study::describe_pretrain_options,
                "the shortest is 'data: {source: notes.csv, text: [note]}'");
  command
      .add_option("--init-from", arguments->init_from,
                  "Model directory, or a pretraining's, whose weights are the start, with a fresh optimizer")
      ->type_name("DIR");
  return [arguments](const CommonFlags& flags) {
    const RunFlags& run = arguments->run;
    if (run.device != "cpu") package::describe_execution(run.device);  // a GPU that is not there, before the work
    const Json metrics = study::run_pretrain({.options = study::read_pretrain_run(run.run_file, sets_of(run)),
                                              .run_file = run.run_file,
                                              .directory = run.out,
                                              .device = run.device,
                                              .resume = run.resume,
                                              .overwrite = run.overwrite,
                                              .init_from = arguments->init_from});
    if (flags.json) {
      print_json(metrics);
    } else {
      print_result(study::pretrain_text(metrics));
      print_result(sentence("done.model", fmt::arg("path", run.out + "/model")));
    }
    return 0;
  };
}

}  // namespace rift::cli
