#include <memory>
#include <string>

#include "rift/cli/output.h"
#include "rift/cli/run_flags.h"
#include "rift/cli/verb.h"
#include "rift/study/compare.h"

namespace rift::cli {

Run add_evaluate(CLI::App& command) {
  struct Arguments {
    std::string package;
    std::string data;
    std::string device = "cpu";
  };
  auto arguments = std::make_shared<Arguments>();
  command.add_option("PACKAGE", arguments->package, "Package directory")->required();
  command.add_option("DATA", arguments->data, "Labelled rows: a file, a glob or 'sql: SELECT ...'")->required();
  add_device_flag(command, arguments->device);
  return [arguments](const CommonFlags& flags) {
    const Json metrics = study::run_evaluate(arguments->package, arguments->data, arguments->device);
    if (flags.json)
      print_json(metrics);
    else
      print_result(study::metrics_text(metrics));
    return 0;
  };
}

}  // namespace rift::cli
