#include <fmt/format.h>
#include <fmt/ranges.h>

#include <filesystem>
#include <memory>
#include <string>

#include "rift/base/error.h"
#include "rift/base/options.h"
#include "rift/base/sentences.h"
#include "rift/cli/output.h"
#include "rift/cli/verb.h"
#include "rift/package/backbone.h"
#include "rift/package/export.h"
#include "rift/package/gguf_export.h"

namespace rift::cli {
namespace {

package::ExportFormat parse_format(const std::string& name) {
  auto format = package::ExportFormat::kHf;
  read_value(Json(name), "rift export", "--format", {}, format);
  return format;
}

checkpoint::FloatType parse_dtype(const std::string& name) {
  auto type = checkpoint::FloatType::kF16;
  if (!name.empty()) read_value(Json(name), "rift export", "--dtype", {}, type);
  return type;
}

/// A package's directory as it is named; of a model also its name on this machine.
std::string source_of(const std::string& name, package::ExportFormat format) {
  std::error_code ignored;
  if (format != package::ExportFormat::kOnnx || std::filesystem::exists(name, ignored)) return name;
  return package::resolve_model(name).string();
}

}  // namespace

Run add_export(CLI::App& command) {
  struct Arguments {
    std::string package;
    std::string format;
    std::string out;
    std::string dtype;
  };
  auto arguments = std::make_shared<Arguments>();
  command
      .add_option("PACKAGE", arguments->package,
                  "Package directory; with onnx also an image model that classifies: a directory or the name of a "
                  "model on this machine")
      ->required();
  command
      .add_option("--format", arguments->format,
                  "hf (transformers), peft (its adapter), onnx (onnxruntime) or gguf (of a decoder; of one that was "
                  "never tuned: rift models convert)")
      ->type_name("FORMAT")
      ->required();
  command.add_option("--out", arguments->out, "Directory to be written; with gguf the file")
      ->type_name("DIR")
      ->required();
  command.add_option("--dtype", arguments->dtype, "gguf: numbers of matrices, f32, f16 (as usual), bf16 or q8_0")
      ->type_name("TYPE");
  return [arguments](const CommonFlags& flags) {
    const package::ExportFormat format = parse_format(arguments->format);
    const bool gguf = format == package::ExportFormat::kGguf;
    RIFT_REQUIRE(gguf || arguments->dtype.empty(), Code::kConfig,
                 "rift export --dtype: only --format gguf has types of numbers");
    const std::string source = source_of(arguments->package, format);
    if (gguf) {
      package::export_gguf(source, arguments->out, parse_dtype(arguments->dtype));
    } else {
      package::export_package(source, format, arguments->out);
    }
    if (flags.json)
      print_json(Json{{"out", arguments->out}});
    else
      print_result(sentence("done.export", fmt::arg("path", arguments->out)));
    return 0;
  };
}

}  // namespace rift::cli
