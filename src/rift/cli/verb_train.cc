#include <fmt/format.h>

#include <memory>
#include <string>

#include "rift/base/sentences.h"
#include "rift/cli/output.h"
#include "rift/cli/run_flags.h"
#include "rift/cli/verb.h"
#include "rift/study/compare.h"

namespace rift::cli {

Run add_train(CLI::App& command) {
  struct Arguments {
    RunFlags run;
    std::string init_from;
  };
  auto arguments = std::make_shared<Arguments>();
  add_run_flags(command, arguments->run, "runs/train");
  command
      .add_option("--init-from", arguments->init_from,
                  "Package, or adapter of PEFT, whose weights are the start, with a fresh optimizer")
      ->type_name("DIR");
  return [arguments](const CommonFlags& flags) {
    study::StudySpec spec = study_spec(arguments->run);
    spec.init_from = arguments->init_from;
    const Json metrics = study::run_train(spec);
    if (flags.json) {
      print_json(metrics);
    } else {
      print_result(study::metrics_text(metrics));
      print_result(sentence("done.package", fmt::arg("path", arguments->run.out + "/package")));
      print_result(sentence("done.report", fmt::arg("path", arguments->run.out + "/report.html")));
    }
    return 0;
  };
}

}  // namespace rift::cli
