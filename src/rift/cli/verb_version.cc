#include <fmt/format.h>

#include "rift/cli/output.h"
#include "rift/cli/verb.h"
#include "rift/package/format/package.h"

namespace rift::cli {

Run add_version(CLI::App&) {
  return [](const CommonFlags& flags) {
    const Json environment = package::describe_environment();
    if (flags.json)
      print_json(environment);
    else
      print_result(fmt::format("rift {}", environment.at("rift").as_string()));
    return 0;
  };
}

}  // namespace rift::cli
