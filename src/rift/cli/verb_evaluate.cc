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
    score::Precision precision = score::Precision::kF32;
  };
  auto arguments = std::make_shared<Arguments>();
  command.add_option("PACKAGE", arguments->package, "Package directory")->required();
  command.add_option("DATA", arguments->data, "Labelled rows: a file, a glob or 'sql: SELECT ...'")->required();
  add_device_flag(command, arguments->device);
  add_precision_flag(command, arguments->precision, "are compared with f32 on these rows");
  return [arguments](const CommonFlags& flags) {
    const Json metrics = study::run_evaluate({.package = arguments->package,
                                              .source = arguments->data,
                                              .device = arguments->device,
                                              .precision = arguments->precision});
    if (flags.json)
      print_json(metrics);
    else
      print_result(study::metrics_text(metrics));
    return 0;
  };
}

}  // namespace rift::cli
