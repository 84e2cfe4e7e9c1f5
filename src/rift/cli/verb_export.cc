#include <fmt/format.h>
#include <fmt/ranges.h>

#include <memory>
#include <string>

#include "rift/base/options.h"
#include "rift/base/sentences.h"
#include "rift/cli/output.h"
#include "rift/cli/verb.h"
#include "rift/package/export.h"

namespace rift::cli {
namespace {

package::ExportFormat parse_format(const std::string& name) {
  auto format = package::ExportFormat::kHf;
  read_value(Json(name), "rift export", "--format", {}, format);
  return format;
}

}  // namespace

Run add_export(CLI::App& command) {
  struct Arguments {
    std::string package;
    std::string format;
    std::string out;
  };
  auto arguments = std::make_shared<Arguments>();
  command.add_option("PACKAGE", arguments->package, "Package directory")->required();
  command.add_option("--format", arguments->format, "hf (transformers), peft (its adapter) or onnx (onnxruntime)")
      ->type_name("FORMAT")
      ->required();
  command.add_option("--out", arguments->out, "Directory to be written")->type_name("DIR")->required();
  return [arguments](const CommonFlags& flags) {
    package::export_package(arguments->package, parse_format(arguments->format), arguments->out);
    if (flags.json)
      print_json(Json{{"out", arguments->out}});
    else
      print_result(sentence("done.export", fmt::arg("path", arguments->out)));
    return 0;
  };
}

}  // namespace rift::cli
