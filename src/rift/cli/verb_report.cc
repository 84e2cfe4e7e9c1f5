#include <fmt/format.h>

#include <memory>
#include <string>

#include "rift/base/sentences.h"
#include "rift/cli/output.h"
#include "rift/cli/verb.h"
#include "rift/study/compare.h"

namespace rift::cli {

Run add_report(CLI::App& command) {
  struct Arguments {
    std::string directory;
    std::string out = "report.html";
  };
  auto arguments = std::make_shared<Arguments>();
  command.add_option("DIR", arguments->directory, "Directory of a run, a comparison or a package")->required();
  command.add_option("--out", arguments->out, "HTML file")->type_name("FILE")->capture_default_str();
  return [arguments](const CommonFlags& flags) {
    study::write_report(arguments->directory, arguments->out);
    if (flags.json)
      print_json(Json{{"report", arguments->out}});
    else
      print_result(sentence("done.report", fmt::arg("path", arguments->out)));
    return 0;
  };
}

}  // namespace rift::cli
