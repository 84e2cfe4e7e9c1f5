#include <fmt/format.h>

#include <memory>
#include <string>

#include "rift/base/sentences.h"
#include "rift/cli/output.h"
#include "rift/cli/run_flags.h"
#include "rift/cli/verb.h"
#include "rift/study/curve/learning_curve.h"

namespace rift::cli {

Run add_learning_curve(CLI::App& command) {
  struct Arguments {
    RunFlags run;
    std::string sizes;
  };
  auto arguments = std::make_shared<Arguments>();
  add_run_flags(command, arguments->run, "runs/learning-curve");
  command
      .add_option("--sizes", arguments->sizes,
                  "Numbers of labels, such as 50,100,200; the same as --set learning_curve.sizes=[...]")
      ->type_name("N,N,...");
  return [arguments](const CommonFlags& flags) {
    RunFlags run = arguments->run;
    if (!arguments->sizes.empty()) run.sets.push_back("learning_curve.sizes=[" + arguments->sizes + "]");
    const Json curve = study::run_learning_curve(study_spec(run));
    if (flags.json) {
      print_json(curve);
      return 0;
    }
    print_result(study::learning_curve_text(curve));
    print_result(sentence("done.report", fmt::arg("path", run.out + "/report.html")));
    return 0;
  };
}

}  // namespace rift::cli
