#include <fmt/format.h>

#include <memory>
#include <string>

#include "rift/base/error.h"
#include "rift/checkpoint/inspect.h"
#include "rift/cli/output.h"
#include "rift/cli/verb.h"
#include "rift/package/backbone.h"

namespace rift::cli {
namespace {

std::string inspection_text(const checkpoint::ModelInspection& model) {
  std::string text = fmt::format("{}\n", model.directory);
  const auto line = [&text](std::string_view what, std::string_view value) {
    if (!value.empty()) text += fmt::format("  {:<14} {}\n", what, value);
  };
  line("architecture", model.architecture.empty() ? model.model_type : model.architecture);
  line("parameters",
       fmt::format("{:.1f} million ({}), {:.1f} MB of weights", 1e-6 * static_cast<double>(model.parameters),
                   model.parameters, 1e-6 * static_cast<double>(model.file_bytes)));
  for (const auto& dtype : model.dtypes)
    line("tensors", fmt::format("{} {} with {} elements", dtype.tensors, dtype.dtype, dtype.elements));
  if (model.shape)
    line("shape", fmt::format("{} layers x {}, vocabulary {}, {} positions", model.shape->layers,
                              model.shape->hidden_size, model.shape->vocab_size, model.shape->positions));
  line("tokenizer", model.tokenizer.empty() ? "none found" : model.tokenizer);
  line("pooling", model.pooling);
  if (model.max_tokens) line("max tokens", std::to_string(*model.max_tokens));
  for (const std::string& module : model.other_modules) line("also", module);
  line("licence",
       model.licence_of_card.empty() ? "the model card states none" : model.licence_of_card + " (model card)");
  for (const auto& licence : model.licences) line("licence file", licence.file);
  if (model.names) {
    for (const auto& dropped : model.names->dropped)
      line("dropped", fmt::format("{}: {}", dropped.file_name, dropped.why));
    for (const auto& head : model.names->new_head) line("new", fmt::format("{}: {}", head.name, head.why));
  }
  line("problem", model.problem);
  return text;
}

}  // namespace

Run add_models(CLI::App& command) {
  struct Arguments {
    std::string action;
    std::string directory;
  };
  auto arguments = std::make_shared<Arguments>();
  command.add_option("ACTION", arguments->action, "inspect: architecture, size, tokenizer, licence")->required();
  command.add_option("DIR", arguments->directory, "Model directory or package; left out: the packaged model");
  return [arguments](const CommonFlags& flags) {
    const std::string& action = arguments->action;
    for (const std::string_view later : {"list", "fetch", "convert", "rank"})
      RIFT_REQUIRE(action != later, Code::kUnsupported, "rift models {}: this version of rift does not have it yet",
                   action);
    RIFT_REQUIRE(action == "inspect", Code::kConfig, "rift models: unknown action '{}'; did you mean 'inspect'?",
                 shorten(action));
    const checkpoint::ModelInspection model =
        checkpoint::inspect_model(package::resolve_backbone(arguments->directory, {}));
    if (flags.json)
      print_json(checkpoint::to_json(model));
    else
      print_result(inspection_text(model));
    RIFT_REQUIRE(model.problem.empty(), Code::kArtefact, "{}: rift cannot load this model: {}", model.directory,
                 model.problem);
    return 0;
  };
}

}  // namespace rift::cli
