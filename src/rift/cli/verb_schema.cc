#include <memory>
#include <string>

#include "rift/base/error.h"
#include "rift/base/options.h"
#include "rift/cli/output.h"
#include "rift/cli/verb.h"
#include "rift/study/pretrain_run.h"
#include "rift/study/run/options.h"

namespace rift::cli {

Run add_schema(CLI::App& command) {
  struct Arguments {
    bool markdown = false;
    std::string of = "train";
  };
  auto arguments = std::make_shared<Arguments>();
  command.add_flag("--markdown", arguments->markdown, "All of them as a document: docs/config.md");
  command.add_option("verb", arguments->of, "Whose run.yaml: train (compare reads the same) or pretrain")
      ->capture_default_str();
  return [arguments](const CommonFlags&) {
    RIFT_REQUIRE(arguments->of == "train" || arguments->of == "pretrain", Code::kConfig,
                 "schema: expected train or pretrain, got '{}'", shorten(arguments->of));
    const OptionDoc train = describe_options<study::RunOptions>();
    const OptionDoc pretrain = study::describe_pretrain_options();
    if (arguments->markdown) {
      print_result(markdown_reference(train, "run.yaml") + "\n" +
                   markdown_reference(pretrain, "run.yaml of rift pretrain"));
    } else if (arguments->of == "pretrain") {
      print_json(json_schema(pretrain, "rift pretrain run.yaml"));
    } else {
      print_json(json_schema(train, "rift run.yaml"));
    }
    return 0;
  };
}

}  // namespace rift::cli
