#include <fmt/ranges.h>

#include <memory>
#include <string>

#include "rift/cli/output.h"
#include "rift/cli/run_flags.h"
#include "rift/cli/verb.h"
#include "rift/study/bench.h"
#include "rift/tuning/options.h"

namespace rift::cli {

Run add_bench(CLI::App& command) {
  auto spec = std::make_shared<study::BenchSpec>();
  auto dropout = std::make_shared<std::string>("model");
  command.add_option("DATA", spec->source,
                     "Rows with a text: a file, a glob or 'sql: SELECT ...'; left out: sentences of its own");
  command.add_option("--model", spec->model, std::string(kModelHelp) + "; left out: the packaged model")
      ->type_name("MODEL");
  command.add_option("--column", spec->column, "Column of the texts; left out: 'text', or the only one")
      ->type_name("COLUMN");
  command.add_option("--label", spec->label, "Column of 0 and 1 that training learns; left out: made up")
      ->type_name("COLUMN");
  command.add_option("--rows", spec->rows, "Rows, spread evenly over those of DATA that have a text; 0 = every row")
      ->type_name("N")
      ->check(CLI::NonNegativeNumber.description(""))
      ->capture_default_str();
  command.add_option("--parts", spec->parts, "What is timed, some of roof,tokenize,score,latency,train")
      ->type_name("LIST")
      ->delimiter(',');
  command
      .add_option("--methods", spec->methods,
                  fmt::format("Tuning methods that train, some of {}", fmt::join(tuning::kMethodNames, ",")))
      ->type_name("LIST")
      ->delimiter(',')
      ->capture_default_str();
  command.add_option("--dropout", *dropout, "model: as its config.json says; off: none, when training")
      ->type_name("model|off")
      ->check(CLI::IsMember({"model", "off"}).description(""))
      ->capture_default_str();
  command
      .add_option("--set", spec->sets,
                  "One key of run.yaml's model.text, tuning, objective, optim or train, such as optim.clip_norm=0 "
                  "(repeatable)")
      ->type_name("KEY=VALUE")
      ->allow_extra_args(false);
  add_device_flag(command, spec->device);
  return [spec, dropout](const CommonFlags& flags) {
    spec->dropout = *dropout == "model";
    const Json result = study::run_bench(*spec);
    if (flags.json)
      print_json(result);
    else
      print_result(study::bench_text(result));
    return 0;
  };
}

}  // namespace rift::cli
