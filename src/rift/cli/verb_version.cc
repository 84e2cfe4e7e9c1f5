#include <fmt/format.h>

#include <string>

#include "rift/base/sentences.h"
#include "rift/cli/output.h"
#include "rift/cli/verb.h"
#include "rift/package/execution.h"
#include "rift/package/format/package.h"

namespace rift::cli {

Run add_version(CLI::App&) {
  return [](const CommonFlags& flags) {
    Json environment = package::describe_environment();
    environment["model_execution"] = package::describe_execution("cpu");
    if (flags.json) {
      print_json(environment);
      return 0;
    }
    const auto text = [&](std::string_view key) { return environment.at(key).as_string(); };
    print_result(fmt::format("rift {}\n{}\nDuckDB {}\nLightGBM {}\n{}", text("rift"), text("model_execution"),
                             text("duckdb"), text("lightgbm"),
                             sentence("version.compiler", fmt::arg("compiler", text("compiler")))));
    return 0;
  };
}

}  // namespace rift::cli
