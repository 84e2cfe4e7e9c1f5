#include <fmt/format.h>

#include <memory>
#include <sstream>
#include <string>

#include "rift/base/error.h"
#include "rift/base/sentences.h"
#include "rift/base/utf8.h"
#include "rift/cli/output.h"
#include "rift/cli/run_flags.h"
#include "rift/cli/verb.h"
#include "rift/package/backbone.h"
#include "rift/package/inspect.h"

namespace rift::cli {
namespace {

/// The first words of a licence, which name it, in one line.
std::string beginning_of(std::string_view text) {
  constexpr size_t kMostWords = 16;
  std::istringstream words{std::string(text.substr(0, 1000))};
  std::string beginning;
  std::string word;
  for (size_t i = 0; i < kMostWords && words >> word; ++i) beginning += (i == 0 ? "" : " ") + word;
  return words >> word ? beginning + " ..." : beginning;
}

std::string inspection_text(const package::ModelInspection& model) {
  std::string text = fmt::format("{}\n", model.directory);
  const auto line = [&text](std::string_view what, const std::string& value) {
    if (!value.empty()) text += "  " + padded(sentence("inspect." + std::string(what)), 15) + one_line(value) + "\n";
  };
  const auto millions = [](int64_t count) { return fmt::format("{:.1f}", 1e-6 * static_cast<double>(count)); };
  line("architecture", model.architecture.empty() ? model.model_type : model.architecture);
  if (!model.dtypes.empty())
    line("parameters",
         sentence("inspect.size", fmt::arg("millions", millions(model.parameters)), fmt::arg("count", model.parameters),
                  fmt::arg("megabytes", millions(model.file_bytes))));
  for (const auto& dtype : model.dtypes) {
    line("tensors", sentence("inspect.dtype", fmt::arg("tensors", dtype.tensors), fmt::arg("dtype", dtype.dtype),
                             fmt::arg("elements", dtype.elements)));
  }
  if (model.sizes) {
    line("shape", sentence("inspect.layers", fmt::arg("layers", model.sizes->layers),
                           fmt::arg("width", model.sizes->hidden_size), fmt::arg("vocabulary", model.sizes->vocab_size),
                           fmt::arg("positions", model.sizes->positions)));
  }
  if (const auto& sizes = model.image_sizes) {
    line("shape", sentence(sizes->image_size == 0 ? "inspect.images_from" : "inspect.images_of",
                           fmt::arg("layers", sizes->layers), fmt::arg("width", sizes->width),
                           fmt::arg("pixels", sizes->image_size == 0 ? sizes->least_size : sizes->image_size)));
  } else {
    line("tokenizer", model.tokenizer.empty() ? sentence("inspect.none_found") : model.tokenizer);
  }
  line("pooling", model.pooling);
  if (model.max_tokens) line("max_tokens", std::to_string(*model.max_tokens));
  for (const std::string& module : model.other_modules) line("also", module);
  for (const std::string& setting : model.other_settings) line("also", setting);
  line("licence", model.licence_of_card.empty()
                      ? sentence("inspect.no_licence")
                      : sentence(model.licence_stated_in == "README.md" ? "inspect.of_card" : "inspect.of_file",
                                 fmt::arg("licence", model.licence_of_card)));
  for (const auto& licence : model.licences) {
    line("licence_file", sentence("inspect.licence_text", fmt::arg("file", licence.file),
                                  fmt::arg("begin", beginning_of(licence.text))));
  }
  if (model.names) {
    for (const auto& dropped : model.names->dropped)
      line("dropped", fmt::format("{}: {}", dropped.file_name, dropped.why));
    for (const auto& head : model.names->new_head) line("new", fmt::format("{}: {}", head.name, head.why));
  }
  return text;
}

}  // namespace

Run add_models_inspect(CLI::App& command) {
  auto directory = std::make_shared<std::string>();
  command.add_option("DIR", *directory,
                     std::string(kModelHelp) + ", or file of an image model's weights; left out: the packaged model");
  return [directory](const CommonFlags& flags) {
    const package::ModelInspection model = package::inspect_model(package::resolve_model_or_file(*directory));
    if (flags.json)
      print_json(package::to_json(model));
    else if (model.problem.empty() || !model.model_type.empty() || !model.dtypes.empty())  // something is known
      print_result(inspection_text(model));
    // Most problems name their file, which lies in the directory or is it.
    const std::string place = model.problem.starts_with(model.directory) ? "" : model.directory + ": ";
    RIFT_REQUIRE(model.problem.empty(), model.problem_code, "{}{}; rift cannot load this model", place, model.problem);
    return 0;
  };
}

}  // namespace rift::cli
