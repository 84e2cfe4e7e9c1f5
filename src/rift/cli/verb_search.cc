#include <fmt/format.h>

#include <memory>
#include <string>

#include "rift/base/sentences.h"
#include "rift/cli/output.h"
#include "rift/cli/run_flags.h"
#include "rift/cli/verb.h"
#include "rift/study/search/search.h"

namespace rift::cli {

Run add_search(CLI::App& command) {
  struct Arguments {
    RunFlags run;
    int64_t trials = 0;
    std::string storage;
    std::string study = "rift";
  };
  auto arguments = std::make_shared<Arguments>();
  add_run_flags(command, arguments->run, "runs/search");
  command.remove_option(command.get_option("--resume"));  // a study that is there always goes on
  command
      .add_option("--trials", arguments->trials, "Trials that the study has in the end, those of other processes too")
      ->type_name("N")
      ->required()
      ->check(CLI::Range(int64_t{1}, int64_t{1'000'000}));
  command
      .add_option("--storage", arguments->storage,
                  "Database of the study, also of one that Optuna began; default: sqlite:///OUT/study.db")
      ->type_name("sqlite:///FILE");
  command.add_option("--study", arguments->study, "Name of the study in the database")
      ->type_name("NAME")
      ->capture_default_str();
  return [arguments](const CommonFlags& flags) {
    const RunFlags& run = arguments->run;
    const Json search = study::run_search({.run = study_spec(run),
                                           .configuration = study::read_run_yaml(run.run_file, sets_of(run)),
                                           .trials = arguments->trials,
                                           .storage = arguments->storage,
                                           .name = arguments->study});
    if (flags.json) {
      print_json(search);
      return 0;
    }
    print_result(study::search_text(search));
    if (search.contains("test")) {
      print_result(sentence("done.package", fmt::arg("path", run.out + "/package")));
      print_result(sentence("done.report", fmt::arg("path", run.out + "/report.html")));
    }
    return 0;
  };
}

}  // namespace rift::cli
