#include <fmt/format.h>

#include "rift/cli/output.h"
#include "rift/cli/verb.h"
#include "rift/package/format/package.h"

namespace rift::cli {
namespace {

std::string version_text(const Json& environment) {
  std::string text = fmt::format("rift {}\n", environment.at("rift").as_string());
  for (const Json::Member& library : environment.at("libraries").as_object())
    text += fmt::format("{} {}\n", library.key, library.value.as_string());
  return text;
}

}  // namespace

Run add_version(CLI::App&) {
  return [](const CommonFlags& flags) {
    const Json environment = package::describe_environment();
    if (flags.json)
      print_json(environment);
    else
      print_result(version_text(environment));
    return 0;
  };
}

}  // namespace rift::cli
