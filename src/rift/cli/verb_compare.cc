#include <fmt/format.h>

#include <memory>
#include <string>

#include "rift/base/sentences.h"
#include "rift/base/shell.h"
#include "rift/cli/output.h"
#include "rift/cli/run_flags.h"
#include "rift/cli/verb.h"
#include "rift/study/compare.h"

namespace rift::cli {

namespace {

void print_best(const std::string& model, const std::string& run) {
  const std::string package = run + "/models/" + model + "/package";
  print_result(sentence("done.best", fmt::arg("best", model), fmt::arg("path", package),
                        fmt::arg("command", "rift score " + shell_word(package) + " NEW.csv --out scores.parquet")));
}

}  // namespace

Run add_compare(CLI::App& command) {
  auto run_flags = std::make_shared<RunFlags>();
  add_run_flags(command, *run_flags, "runs/compare");
  return [run_flags](const CommonFlags& flags) {
    const Json compare = study::run_compare(study_spec(*run_flags));
    if (flags.json) {
      print_json(compare);
    } else {
      print_result(study::comparison_text(compare));
      if (const Json& best = compare.at("best"); !best.is_null()) print_best(best.as_string(), run_flags->out);
      print_result(sentence("done.report", fmt::arg("path", run_flags->out + "/report.html")));
    }
    return 0;
  };
}

}  // namespace rift::cli
