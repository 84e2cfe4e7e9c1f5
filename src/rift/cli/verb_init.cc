#include <fmt/format.h>

#include <filesystem>
#include <memory>
#include <string>

#include "rift/base/error.h"
#include "rift/base/files.h"
#include "rift/base/sentences.h"
#include "rift/base/shell.h"
#include "rift/cli/output.h"
#include "rift/cli/verb.h"
#include "rift/data/propose.h"
#include "rift/study/run/template.h"

namespace rift::cli {

Run add_init(CLI::App& command) {
  struct Arguments {
    std::string data;
    std::string label;
    std::string out = "run.yaml";
    bool force = false;
  };
  auto arguments = std::make_shared<Arguments>();
  command.add_option("DATA", arguments->data, "Records: a file, a glob or 'sql: SELECT ...'")->required();
  command.add_option("--label", arguments->label, "Column to be predicted")->type_name("COLUMN")->required();
  command.add_option("--out", arguments->out, "Configuration to be written")->type_name("FILE")->capture_default_str();
  command.add_flag("--force", arguments->force, "Replace a configuration that is there");
  return [arguments](const CommonFlags& flags) {
    RIFT_REQUIRE(arguments->force || !std::filesystem::exists(arguments->out), Code::kConfig,
                 "{} is there already; give --force to replace it, or another --out", arguments->out);
    data::Proposal proposal = data::propose({.source = arguments->data, .label = arguments->label});
    const std::string yaml = study::run_template(proposal, arguments->out);
    write_file_atomic(arguments->out, yaml);
    if (flags.json)
      print_json(study::proposal_json(proposal));
    else
      print_result(study::proposal_text(proposal) +
                   sentence("done.init", fmt::arg("path", arguments->out),
                            fmt::arg("command", "rift compare " + shell_word(arguments->out))));
    return 0;
  };
}

}  // namespace rift::cli
