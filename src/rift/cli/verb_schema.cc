#include <memory>

#include "rift/base/options.h"
#include "rift/cli/output.h"
#include "rift/cli/verb.h"
#include "rift/study/run_options.h"

namespace rift::cli {

Run add_schema(CLI::App& command) {
  auto markdown = std::make_shared<bool>(false);
  command.add_flag("--markdown", *markdown, "The same as a document: docs/config.md");
  return [markdown](const CommonFlags&) {
    const OptionDoc doc = describe_options<study::RunOptions>();
    if (*markdown)
      print_result(markdown_reference(doc, "run.yaml"));
    else
      print_json(json_schema(doc, "rift run.yaml"));
    return 0;
  };
}

}  // namespace rift::cli
