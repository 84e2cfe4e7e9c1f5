#include <fmt/format.h>

#include <memory>

#include "rift/base/sentences.h"
#include "rift/cli/output.h"
#include "rift/cli/run_flags.h"
#include "rift/cli/verb.h"
#include "rift/study/compare.h"

namespace rift::cli {

Run add_compare(CLI::App& command) {
  auto run_flags = std::make_shared<RunFlags>();
  add_run_flags(command, *run_flags, "runs/compare");
  return [run_flags](const CommonFlags& flags) {
    const Json compare = study::run_compare(study_spec(*run_flags));
    if (flags.json) {
      print_json(compare);
    } else {
      print_result(study::comparison_text(compare));
      print_result(sentence("done.report", fmt::arg("path", run_flags->out + "/report.html")));
    }
    return 0;
  };
}

}  // namespace rift::cli
